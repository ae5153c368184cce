"""Follow a pipeline through one call: what it encodes, and what its denoiser then attends to."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from daam_engine.accumulate import Accumulator, Axis
from daam_engine.errors import TracingError
from daam_engine.locate import Family, Layer
from daam_engine.observe import Call, Observer, Probe
from daam_engine.pipeline import TextToImagePipeline
from daam_engine.probes import Probes, Probing, encode_probes
from daam_engine.reading import Reading, read


@dataclass(frozen=True)
class Wishes:
    """What is to be traced. `prompts` are the words of embeddings given instead of a prompt;
    `probes` are texts to ask every picture about, per prompt or the same for all."""

    by: Collection[Axis] = ()
    all_tokens: bool = False
    prompts: Sequence[str] | None = None
    probes: Probes = ()
    fused: bool = False


class Watch:
    """What the pipeline's latest call encoded, and the sums of what was attended to."""

    def __init__(
        self,
        pipeline: TextToImagePipeline,
        family: Family,
        layers: Sequence[Layer],
        wishes: Wishes,
    ) -> None:
        self._pipeline = pipeline
        self._family = family
        self._wishes = wishes
        self.observers = tuple(Observer(layer) for layer in layers)
        self.start()

    def start(self) -> None:
        """Forget the call before."""
        self.reading: Reading | None = None
        self.probing: Probing | None = None
        self.latent = (0, 0)
        self.sums = Accumulator(self._wishes.by)
        self.probe_sums = Accumulator()
        self._times: list[float] = []
        self._denoising = False
        self._encoded: list[Reading] = []

    # -- encoding --------------------------------------------------------------------------------

    @contextmanager
    def overhearing(self) -> Iterator[None]:
        """Note every `pipeline.encode_prompt(...)`."""
        original = self._pipeline.encode_prompt
        overridden = vars(self._pipeline).get("encode_prompt")
        signature = inspect.signature(original)

        def encode_prompt(*args: Any, **kwargs: Any) -> Any:
            call = signature.bind(*args, **kwargs)
            call.apply_defaults()
            encoded = original(*args, **kwargs)
            self._on_encoded(call.arguments, encoded[0], original)
            return encoded

        self._pipeline.encode_prompt = encode_prompt
        try:
            yield
        finally:
            if overridden is None:
                del self._pipeline.encode_prompt
            else:
                self._pipeline.encode_prompt = overridden

    def _on_encoded(
        self, arguments: Mapping[str, Any], embeddings: Tensor, encode: Callable[..., Any]
    ) -> None:
        if self._denoising:
            self.start()
        found = read(
            self._pipeline,
            arguments,
            self._family.encoders(self._pipeline, arguments),
            prompts=self._wishes.prompts,
            all_tokens=self._wishes.all_tokens,
        )
        self._encoded.append(dataclasses.replace(found, embeddings=embeddings))
        if self._wishes.probes:
            self.probing = encode_probes(
                self._pipeline, self._family, self._wishes.probes, found, arguments, encode
            )

    # -- denoising -------------------------------------------------------------------------------

    def before(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Tell every observer what to look at in the denoiser call that follows."""
        self._denoising = True
        sample: Tensor = args[0] if args else kwargs.get("sample", kwargs.get("hidden_states"))
        text: Tensor = kwargs["encoder_hidden_states"] if len(args) < 3 else args[2]
        reading = self._reading_of(text)
        if self.reading is not None and reading is not self.reading:
            for observer in self.observers:  # the negative prompt, in a call of its own
                observer.expect(None)
            return
        self.reading = reading
        if len(sample) != reading.n_rows:
            raise TracingError(
                f"The denoiser was given {len(sample)} rows where {reading.n_rows} were expected "
                f"for {reading.n_images} images; turn off extensions that add rows of their own, "
                "such as perturbed-attention guidance."
            )
        if self.latent == (0, 0):
            self.latent = _latent(sample, kwargs)
        step = self._step(args, kwargs) if "step" in self._wishes.by else 0
        bias = _bias(kwargs.get("encoder_attention_mask"))
        for observer in self.observers:
            observer.expect(self._call(observer.layer, reading, text, sample.device, step, bias))

    def after(self) -> None:
        """Raises `TracingError` where a layer was not seen."""
        missed = [
            observer.layer.name
            for observer in self.observers
            if observer.call is not None and not observer.seen
        ]
        for observer in self.observers:
            observer.expect(None)
        if missed:
            raise TracingError(
                f"Only {len(self.observers) - len(missed)} of {len(self.observers)} attention "
                f"layers could be observed (not {missed[0]}); undo `fuse_qkv_projections()`, "
                "attention backends other than the native one, and anything else that replaces "
                "or skips layers, before tracing."
            )

    def _reading_of(self, text: Tensor) -> Reading:
        """Which of the encoded prompts this denoiser call is about."""
        if not self._encoded:
            raise TracingError(
                "The denoiser ran before any prompt was encoded; call the pipeline itself."
            )
        latest = self._encoded[-1]
        if latest.guided is not None:  # prompts and negative prompts share a call
            return latest
        for found in self._encoded:
            if found.embeddings is text:
                return found
        if len(self._encoded) == 1:
            return latest
        raise TracingError(
            "The pipeline changed what it encoded, so it is unclear which denoiser calls are the "
            "prompt's; turn off guidance (`true_cfg_scale=1`)."
        )

    def _call(
        self,
        layer: Layer,
        reading: Reading,
        text: Tensor,
        device: torch.device,
        step: int,
        bias: Tensor | None,
    ) -> Call:
        def sums(accumulator: Accumulator, n_images: int, n_tokens: int) -> Tensor:
            return accumulator.buffer(
                resolution=layer.resolution(self.latent),
                layer=layer,
                step=step,
                n_images=n_images,
                n_tokens=n_tokens,
                device=device,
            )

        probe = None
        if self.probing is not None:
            embeddings, asked = self.probing.embeddings, self.probing.reading
            asked_sums = sums(self.probe_sums, len(embeddings), asked.n_tokens)
            probe = Probe(embeddings, asked.columns, asked_sums)
        return Call(
            rows=reading.conditional_rows,
            columns=reading.columns,
            n_text=text.shape[1],
            sums=sums(self.sums, reading.n_images, reading.n_tokens),
            bias=bias,
            probe=probe,
            fused=self._wishes.fused,
        )

    def _step(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> int:
        """Time steps are counted, not calls: some schedulers call the denoiser twice for one."""
        time = args[1] if len(args) > 1 else kwargs["timestep"]
        value = float(torch.as_tensor(time).flatten()[0])
        if not self._times or self._times[-1] != value:
            self._times.append(value)
        return len(self._times) - 1


def _latent(sample: Tensor, kwargs: Mapping[str, Any]) -> tuple[int, int]:
    """(height, width) of the latent image."""
    if sample.ndim == 4:
        return sample.shape[2], sample.shape[3]
    # FLUX: a row of packed pixels, each of which is 2 × 2 of the latent's; the last has the largest
    # place. Read once a call, since it makes the host wait for the device.
    _, row, column = kwargs["img_ids"].reshape(-1, 3)[-1].tolist()
    height, width = int(row) + 1, int(column) + 1
    if height * width != sample.shape[1]:
        raise TracingError(
            f"The denoiser was given {sample.shape[1]} image tokens where {height} × {width} were "
            "expected; trace a pipeline that paints without a reference picture."
        )
    return 2 * height, 2 * width


def _bias(mask: Tensor | None) -> Tensor | None:
    """What diffusers makes of a mask (row, token), 1 where it keeps: a bias on the scores."""
    return None if mask is None else (1 - mask.float()) * -10_000.0
