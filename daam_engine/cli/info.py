"""`info`: what would be traced in a model."""

from __future__ import annotations

import argparse
import inspect
from collections import Counter
from typing import Any

from daam_engine.cli import arguments
from daam_engine.locate import Layer, denoiser_of, family_of, locate
from daam_engine.models import LoadedPipeline

_BYTES_PER_VALUE = 4  # sums are float32
_DESCRIPTION = """\
What would be traced in a model: its layers, the resolutions of their maps, the longest prompt.

MODEL is “bundled” (default), a diffusers folder, a .safetensors file, or a hub id."""


def add_to(commands: Any) -> None:
    command = arguments.add_command(
        commands,
        "info",
        run,
        describe,
        help="what would be traced in a model",
        usage="python -m daam_engine info [MODEL] [option ...]",
        description=_DESCRIPTION,
    )
    arguments.add_model_by_position(command)
    arguments.add_size(command)


def run(options: argparse.Namespace) -> dict[str, Any]:
    return facts(arguments.load(options), options.height, options.width)


def facts(
    loaded: LoadedPipeline, height: int | None = None, width: int | None = None
) -> dict[str, Any]:
    """What `--json` prints, for images of that size in pixels, by default the model's own."""
    pipeline: Any = loaded.pipeline
    denoiser: Any = denoiser_of(pipeline)
    layers = locate(denoiser)
    latent = _latent(pipeline, denoiser, height, width)
    encoders = _encoders(pipeline, denoiser)
    n_tokens = sum(encoder["token_limit"] for encoder in encoders)
    resolutions = {layer.resolution(latent) for layer in layers}
    return {
        **_identity(loaded, denoiser),
        "image_size": [side * pipeline.vae_scale_factor for side in latent],
        "encoders": encoders,
        "held_bytes_per_image": sum(h * w for h, w in resolutions) * n_tokens * _BYTES_PER_VALUE,
        "layers": [_layer(layer, latent) for layer in layers],
    }


def describe(result: dict[str, Any]) -> str:
    height, width = result["image_size"]
    limits = ", ".join(f"{each['token_limit']} ({each['name']})" for each in result["encoders"])
    rows = {
        "model": f"{result['model']} ({result['revision']})",
        "pipeline": f"{result['pipeline']}, denoiser {result['denoiser']}",
        "scheduler": result["scheduler"],
        "computes in": f"{result['dtype']} on {result['device']}",
        "guidance": f"{result['guidance']} unless asked otherwise",
        "image": f"{width} × {height} pixels",
        "prompt": f"at most so many tokens, start and end among them: {limits}",
        "held": f"at most {result['held_bytes_per_image'] / 2**20:.2f} MiB of maps per image, "
        "after any number of steps",
        "layers": f"{len(result['layers'])}:",
    }
    lines = [f"{name:12} {value}" for name, value in rows.items()]
    groups = Counter(
        (layer["block"], *layer["resolution"], layer["heads"]) for layer in result["layers"]
    )
    lines += [
        f"{n:15} × {block}, maps of {w} × {h}, {heads} heads"
        for (block, h, w, heads), n in groups.items()
    ]
    return "\n".join(lines)


def _identity(loaded: LoadedPipeline, denoiser: object) -> dict[str, Any]:
    return {
        "model": loaded.model,
        "revision": loaded.revision,
        "pipeline": type(loaded.pipeline).__name__,
        "denoiser": type(denoiser).__name__,
        "scheduler": loaded.scheduler,
        "dtype": loaded.dtype,
        "device": loaded.device,
        "guidance": loaded.default_guidance,
    }


def _latent(pipeline: Any, denoiser: Any, height: int | None, width: int | None) -> tuple[int, int]:
    """(height, width) of the latent image."""
    size = getattr(pipeline, "default_sample_size", None) or denoiser.config.sample_size
    own = (size, size) if isinstance(size, int) else size
    high, wide = (
        default if side is None else side // pipeline.vae_scale_factor
        for side, default in zip((height, width), own, strict=True)
    )
    return high, wide


def _encoders(pipeline: Any, denoiser: Any) -> list[dict[str, Any]]:
    """Those that read the prompt when the pipeline is called without further arguments."""
    parameters = inspect.signature(pipeline.encode_prompt).parameters
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    return [
        {"name": encoder.name, "token_limit": encoder.length}
        for encoder in family_of(denoiser).encoders(pipeline, defaults)
    ]


def _layer(layer: Layer, latent: tuple[int, int]) -> dict[str, Any]:
    return {
        "name": layer.name,
        "block": layer.block,
        "resolution": list(layer.resolution(latent)),
        "heads": layer.heads,
    }
