from django.apps import AppConfig


class WorkersConfig(AppConfig):
    """An app for its management commands alone: those that need the engine live here."""

    name = "workers"
