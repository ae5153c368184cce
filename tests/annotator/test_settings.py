"""What the site refuses to start without, and that its documentation names every setting."""

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotator import checks
from annotator.settings import BASE_DIR, trial_secret

REQUIRED = {
    "SECRET_KEY": "x" * 50,
    "DATABASE_URL": "sqlite:///:memory:",
    "BROKER_URL": "memory://",
    "MEDIA_ROOT": "media",
    "ALLOWED_HOSTS": "localhost",
}


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import annotator.settings"]
    return subprocess.run(
        command, env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=False
    )


def test_the_site_starts_with_what_is_required() -> None:
    assert start(REQUIRED).returncode == 0


@pytest.mark.parametrize("missing", REQUIRED)
def test_the_site_refuses_to_start_without(missing: str) -> None:
    without = {name: value for name, value in REQUIRED.items() if name != missing}

    refused = start(without)

    assert refused.returncode == 1
    assert f"{missing} is not set." in refused.stderr


def test_a_switch_that_is_neither_true_nor_false_is_refused() -> None:
    assert "HTTPS must be true or false" in start(REQUIRED | {"HTTPS": "perhaps"}).stderr


def test_a_trials_secret_is_its_own_and_for_its_owner_alone(tmp_path: Path) -> None:
    one, other = trial_secret(tmp_path / "one"), trial_secret(tmp_path / "other")

    assert one == trial_secret(tmp_path / "one")
    assert one != other
    assert stat.S_IMODE((tmp_path / "one" / "secret-key").stat().st_mode) == 0o600


def test_every_setting_is_documented() -> None:
    text = (BASE_DIR / "annotator" / "settings.py").read_text()
    read = re.findall(r'(?:env|env_bool|env_list|environ\.get)\(\s*"([A-Z_]+)"', text)
    documented = re.findall(r"^\| `([A-Z_]+)`", (BASE_DIR / "docs/running.md").read_text(), re.M)

    assert sorted(set(read)) == sorted(documented)


def test_plain_http_outside_a_trial_is_warned_of(settings: Any) -> None:
    settings.HTTPS = False
    assert [message.id for message in checks.https_is_on()] == ["annotator.W001"]
    settings.HTTPS = True
    assert checks.https_is_on() == []


def test_a_media_folder_below_a_file_is_warned_of(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    assert [message.id for message in checks.pictures_can_be_kept()] == ["annotator.W002"]
    settings.MEDIA_ROOT = tmp_path / "not-yet" / "media"
    assert checks.pictures_can_be_kept() == []
