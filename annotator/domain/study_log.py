"""What was done to a study, by whom and when."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from annotator.models import LogEntry, Study


def log(*, study: Study, user: AbstractBaseUser | None, text: str, **detail: Any) -> LogEntry:
    return LogEntry.objects.create(study=study, user=user, text=text, detail=detail)  # type: ignore[misc]
