"""Trace a pipeline: `with trace(pipeline) as traced: pipeline(...)`, then `traced.heat_maps()`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet

import torch
from torch import Tensor, nn

from daam_engine.accumulate import Accumulator
from daam_engine.errors import TracingError
from daam_engine.heat_map import HeatMaps
from daam_engine.locate import Layer, denoiser_of, locate
from daam_engine.observe import attention_over_text, listen
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.words import Token, tokenize, tokens_within_limit

NORMALISATION = "sum over heads, layers and steps; bicubic once per resolution"
_being_traced: WeakSet[nn.Module] = WeakSet()


@dataclass(frozen=True)
class _Request:
    """What the pipeline was asked for, as it told its text encoder."""

    prompts: tuple[str, ...]
    images_per_prompt: int
    guided: bool
    n_tokens: int | None  # None: all that the encoder hands on

    @property
    def n_images(self) -> int:
        return len(self.prompts) * self.images_per_prompt

    @property
    def n_rows(self) -> int:
        return self.n_images * (2 if self.guided else 1)

    @property
    def conditional_rows(self) -> slice:
        """diffusers puts the negative prompts' rows first, then those of the prompts."""
        return slice(self.n_rows - self.n_images, self.n_rows)


class Traced:
    """The maps of the pipeline's latest call inside the `with`; a new call starts afresh."""

    def __init__(
        self, pipeline: TextToImagePipeline, layers: tuple[Layer, ...], all_tokens: bool
    ) -> None:
        self._pipeline = pipeline
        self._layers = layers
        self._all_tokens = all_tokens
        self._request: _Request | None = None
        self._latent = (0, 0)
        self._observed = 0
        self._accumulator = Accumulator()

    def heat_maps(self) -> list[HeatMaps]:
        """One `HeatMaps` per image, in the order of the pipeline's images."""
        if self._request is None or not self._accumulator.counts:
            raise TracingError(
                "Nothing was traced; call the pipeline inside `with trace(pipeline) as traced:`."
            )
        per_prompt = self._request.images_per_prompt
        return [
            self._heat_maps_of(self._request.prompts[image // per_prompt], image)
            for image in range(self._request.n_images)
        ]

    @property
    def held_bytes(self) -> int:
        """Memory that the maps occupy until they are read, the same after any number of steps."""
        return self._accumulator.held_bytes

    def _heat_maps_of(self, prompt: str, image: int) -> HeatMaps:
        sums = self._accumulator.sums_of(image)
        tokens = tokens_within_limit(self._pipeline.tokenizer, prompt)
        if self._all_tokens:
            n_rows = len(next(iter(sums.values())))
            padding = str(self._pipeline.tokenizer.pad_token)
            tokens += tuple(Token(index, padding, 0, 0) for index in range(len(tokens), n_rows))
        scale = self._pipeline.vae_scale_factor
        return HeatMaps(
            prompt=prompt,
            tokens=tokens,
            text_tokens=tokenize(self._pipeline.tokenizer, prompt),
            sums={resolution: maps[: len(tokens)] for resolution, maps in sums.items()},
            counts=self._accumulator.counts,
            image_size=(self._latent[0] * scale, self._latent[1] * scale),
            provenance={
                "layers": [layer.name for layer in self._layers],
                "normalisation": NORMALISATION,
            },
        )

    def _on_encode_prompt(self, arguments: Mapping[str, Any]) -> None:
        prompt = arguments.get("prompt")
        if prompt is None:
            raise TracingError(
                "The pipeline was given embeddings instead of a prompt, so its words are unknown; "
                "call it with `prompt=`."
            )
        prompts = (prompt,) if isinstance(prompt, str) else tuple(prompt)
        lengths = [len(tokens_within_limit(self._pipeline.tokenizer, text)) for text in prompts]
        self._request = _Request(
            prompts=prompts,
            images_per_prompt=arguments["num_images_per_prompt"],
            guided=arguments["do_classifier_free_guidance"],
            n_tokens=None if self._all_tokens else max(lengths),
        )
        self._accumulator = Accumulator()

    def _before_denoiser(
        self, _denoiser: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        if self._request is None:
            raise TracingError(
                "The denoiser ran before any prompt was encoded; call the pipeline itself."
            )
        if kwargs.get("encoder_attention_mask") is not None:
            raise TracingError(
                "The pipeline masks some of the text's tokens, which tracing does not follow; "
                "use a pipeline without an attention mask over the text."
            )
        sample: Tensor = args[0] if args else kwargs["sample"]
        rows, _channels, *latent = sample.shape
        if rows != self._request.n_rows:
            raise TracingError(
                f"The denoiser was given {rows} rows where {self._request.n_rows} were expected "
                f"for {self._request.n_images} images; turn off extensions that add rows of "
                "their own, such as perturbed-attention guidance."
            )
        self._latent = (latent[0], latent[1])
        self._observed = 0

    def _after_denoiser(self, *_: object) -> None:
        if self._observed != len(self._layers):
            raise TracingError(
                f"Only {self._observed} of {len(self._layers)} attention layers could be "
                "observed; undo `fuse_qkv_projections()`, and anything else that replaces or "
                "skips layers, before tracing."
            )

    def _listener(self, layer: Layer) -> Callable[[Tensor, Tensor], None]:
        @torch.no_grad()
        def observe(query: Tensor, key: Tensor) -> None:
            request = self._request
            if request is None:  # `_before_denoiser` has already refused
                return
            rows = request.conditional_rows
            n_tokens = request.n_tokens or key.shape[1]
            maps = attention_over_text(layer.module, query[rows], key[rows], n_tokens)
            self._accumulator.add(layer.resolution(self._latent), maps, layer.module.heads)
            self._observed += 1

        return observe


@contextmanager
def trace(
    pipeline: TextToImagePipeline, *, mid_block: bool = False, all_tokens: bool = False
) -> Iterator[Traced]:
    """Observe `pipeline`'s cross-attention; the pictures are the same, bit for bit, as without.

    Layers: those of down- and up-blocks, as in the paper, and the mid block's with `mid_block`.
    Tokens: those of the prompts with their start and end markers, and the padding with
    `all_tokens`. When the `with` ends, also by an exception, the pipeline is as it was before.
    Raises `UnsupportedModelError`, and `TracingError` where a call cannot be traced faithfully.
    """
    denoiser = denoiser_of(pipeline)
    layers = locate(denoiser, mid_block=mid_block)
    traced = Traced(pipeline, layers, all_tokens)
    with ExitStack() as attached:
        attached.enter_context(_claim(denoiser))
        attached.enter_context(_overhear(pipeline, traced._on_encode_prompt))
        for layer in layers:
            attached.enter_context(listen(layer.module, traced._listener(layer)))
        before = denoiser.register_forward_pre_hook(traced._before_denoiser, with_kwargs=True)
        attached.callback(before.remove)
        attached.callback(denoiser.register_forward_hook(traced._after_denoiser).remove)
        yield traced


@contextmanager
def _claim(denoiser: nn.Module) -> Iterator[None]:
    if denoiser in _being_traced:
        raise TracingError("This pipeline is being traced already; leave the outer `with` first.")
    _being_traced.add(denoiser)
    try:
        yield
    finally:
        _being_traced.discard(denoiser)


@contextmanager
def _overhear(
    pipeline: TextToImagePipeline, listener: Callable[[Mapping[str, Any]], None]
) -> Iterator[None]:
    """Pass the arguments of every `pipeline.encode_prompt(...)` to `listener`."""
    original = pipeline.encode_prompt
    overridden = vars(pipeline).get("encode_prompt")
    signature = inspect.signature(original)

    def encode_prompt(*args: Any, **kwargs: Any) -> Any:
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        listener(call.arguments)
        return original(*args, **kwargs)

    pipeline.encode_prompt = encode_prompt
    try:
        yield
    finally:
        if overridden is None:
            del pipeline.encode_prompt
        else:
            pipeline.encode_prompt = overridden
