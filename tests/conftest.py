"""The cast: Alice owns the study, Bob researches something else, Carol is the admin."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SECURE_SSL_REDIRECT = False


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
