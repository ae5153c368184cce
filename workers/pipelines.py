"""The one model that a worker process holds."""

from __future__ import annotations

from django.conf import settings

from daam_engine import LoadedPipeline, load_pipeline
from daam_engine.devices import free_memory

_held: LoadedPipeline | None = None


def pipeline_of(model: str) -> LoadedPipeline:
    """The pipeline of `model`, loaded when it is not the one held. Raises `ModelLoadError`."""
    global _held
    if _held is None or _held.model != model:
        # The old one goes first: two need not fit on the device.
        _held = None
        free_memory()
        _held = load_pipeline(model, device=settings.DEVICE)
    return _held
