"""The cast: Alice owns the study, Bob researches something else, Carol is the admin."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

# Minutes in one process; begun last, the other processes would be idle until they end.
LONGEST = ("test_demo.py", "test_worker_process.py", "test_variants.py", "test_train.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first, whatever order the others are in."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SECURE_SSL_REDIRECT = False
    # Static files from where they lie: nothing has collected them.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    # Slow on purpose, and not what is tested.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """A file, not memory: a live server's threads each need a connection of their own.

    On SQLite the tables come straight from the models, which is faster for each of the processes;
    migrations are run by the tests on PostgreSQL and by the one of the demo."""
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        name = str(settings.TRIAL_DIR / "test.sqlite3")
        database["TEST"] = database.get("TEST", {}) | {"NAME": name, "MIGRATE": False}


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="a-long-password-1")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="a-long-password-2")


@pytest.fixture
def carol(db: None) -> User:
    return User.objects.create_superuser("carol", password="a-long-password-3")


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client
