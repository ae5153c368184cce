"""What the commands have in common."""

from __future__ import annotations

from django.core.management.base import CommandError

from annotator.models import Study


def find_study(text: str) -> Study:
    """The study with this number, or with this name where exactly one has it."""
    if text.isascii() and text.isdigit():
        study = Study.objects.filter(pk=int(text)).first()
        if study is not None:
            return study
    named = list(Study.objects.filter(name=text)[:2])
    if not named:
        raise CommandError(f"There is no study {text!r}. Give its number or its exact name.")
    if len(named) > 1:
        raise CommandError(f"Several studies are called {text!r}. Give the number of one.")
    return named[0]
