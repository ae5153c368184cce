"""Everything the engine may refuse, each as one sentence that says what to do next."""

from __future__ import annotations


class EngineError(Exception):
    """The engine could not do what was asked."""


class ModelLoadError(EngineError):
    """The model could not be loaded."""


class OutOfMemoryError(EngineError):
    """The device has not enough memory, even for one picture at a time."""


class UnsupportedModelError(EngineError):
    """The model has no text-to-image attention that the engine knows how to find."""


class TracingError(EngineError):
    """The pipeline ran, or was called, in a way that tracing cannot follow."""


class ParserNotInstalledError(EngineError):
    """The language pipeline that finds words and their parts of speech is not installed."""


class UnsupportedTokenizerError(EngineError):
    """The tokenizer does not say which characters its tokens came from."""


class InvalidRequestError(EngineError):
    """The prompts, seeds or settings do not describe something that can be generated."""


class MapsFileError(EngineError):
    """The file does not hold heat maps in the format that the engine writes."""
