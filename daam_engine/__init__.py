"""Trace which word of a prompt painted what, in any diffusers pipeline with cross-attention.

    with trace(pipeline) as traced:
        images = pipeline(prompts).images
    maps = traced.heat_maps()          # one HeatMaps per image
    maps[0].words(parse(prompts[0]))   # one WordHeatMap per word occurrence

Or all in one: `generate(load_pipeline("bundled"), prompts, seeds)`.
"""

from daam_engine.errors import (
    EngineError,
    InvalidRequestError,
    MapsFileError,
    ModelLoadError,
    OutOfMemoryError,
    ParserNotInstalledError,
    TracingError,
    UnsupportedModelError,
    UnsupportedTokenizerError,
)
from daam_engine.existing import trace_image
from daam_engine.generate import Generated, generate
from daam_engine.heat_map import HeatMaps, WordHeatMap
from daam_engine.locate import Layer, register_locator
from daam_engine.models import LoadedPipeline, load_pipeline, load_tokenizer
from daam_engine.request import GenerationSettings
from daam_engine.trace import Traced, trace
from daam_engine.version import __version__
from daam_engine.words import Token, Word, align, count_tokens, parse, parse_all, token_limit

__all__ = [
    "EngineError",
    "Generated",
    "GenerationSettings",
    "HeatMaps",
    "InvalidRequestError",
    "Layer",
    "LoadedPipeline",
    "MapsFileError",
    "ModelLoadError",
    "OutOfMemoryError",
    "ParserNotInstalledError",
    "Token",
    "Traced",
    "TracingError",
    "UnsupportedModelError",
    "UnsupportedTokenizerError",
    "Word",
    "WordHeatMap",
    "__version__",
    "align",
    "count_tokens",
    "generate",
    "load_pipeline",
    "load_tokenizer",
    "parse",
    "parse_all",
    "register_locator",
    "token_limit",
    "trace",
    "trace_image",
]
