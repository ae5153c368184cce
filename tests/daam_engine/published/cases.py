"""The runs that are compared with the published package: the same weights, latents and prompts.

Weights and latents come from numpy's `RandomState`, whose stream is frozen, so that the recorded
numbers stay valid whatever torch's own initialisation becomes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor, nn

from tests.daam_engine.families import build_pipeline, build_text_encoder, build_tokenizer

MAX_TOKENS = 77  # the published package looks at no other context size
STEPS = 2
GUIDANCE = 5.0
EVERY = 3  # pixels kept of a map, each way: coprime to 2, 4 and 8, so all phases are met


@dataclass(frozen=True)
class Case:
    """`native` and `latent` are sides of the latent: the UNet's own, and the one generated.

    `grid` is the size of the package's maps: 64 × 64 where the native picture measures 512 pixels
    (here 128 × 4), else 96 × 96.
    """

    name: str
    prompt: str
    words: tuple[str, ...]
    native: int
    latent: int
    grid: tuple[int, int]

    @property
    def image_size(self) -> int:
        return self.latent * 4  # the tiny autoencoder's factor


REPEATED = "a dog and a red cat, dog"
PIECES = "red dogs, a cat"  # "dogs" is do + g + s
CASES = (
    Case("grid-64", REPEATED, ("dog", "red", "cat"), native=128, latent=32, grid=(64, 64)),
    Case(
        "grid-64-without-factor-8",
        PIECES,
        ("red", "dogs", "cat"),
        native=128,
        latent=16,
        grid=(64, 64),
    ),
    Case(
        "grid-64-without-factor-5",
        PIECES,
        ("red", "dogs", "cat"),
        native=128,
        latent=24,
        grid=(64, 64),
    ),
    Case("grid-96", PIECES, ("dogs", "cat"), native=48, latent=48, grid=(96, 96)),
)


def build(case: Case) -> StableDiffusionPipeline:
    """The tiny pipeline of the other tests, with CLIP's 77 tokens and the frozen weights.

    The deeper block has more heads, so that a mean over heads differs from a mean over layers.
    """
    pipeline = build_pipeline(sample_size=case.native, attention_head_dim=(2, 4))
    tokenizer = build_tokenizer(MAX_TOKENS)
    text_encoder = build_text_encoder(tokenizer, n_layers=1)
    pipeline.register_modules(tokenizer=tokenizer, text_encoder=text_encoder)
    for seed, part in enumerate((pipeline.unet, pipeline.vae, pipeline.text_encoder)):
        _draw_weights(part, np.random.RandomState(seed))
    return pipeline


def run(pipeline: StableDiffusionPipeline, case: Case) -> Tensor:
    """The picture (height, width, colour)."""
    noise = np.random.RandomState(7).standard_normal((1, 4, case.latent, case.latent))
    (image,) = pipeline(
        case.prompt,
        latents=torch.from_numpy(noise).float(),
        height=case.image_size,
        width=case.image_size,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        output_type="np",
    ).images
    return torch.from_numpy(image)


def thinned(maps: Tensor) -> np.ndarray:
    """Every third pixel, each way, of maps (…, height, width)."""
    return maps[..., ::EVERY, ::EVERY].contiguous().numpy()


def _draw_weights(network: nn.Module, random: np.random.RandomState) -> None:
    """Variance-preserving; the keys of cross-attention sharpened, or every map would be flat."""
    with torch.no_grad():
        for name, weight in sorted(network.named_parameters()):
            drawn = random.standard_normal(tuple(weight.shape))
            if weight.dim() > 1:
                drawn /= np.sqrt(np.prod(weight.shape[1:]))
                drawn *= 3 if name.endswith("attn2.to_k.weight") else 1
            else:
                drawn = 0.1 * drawn + name.endswith("weight")  # norms: about 1; biases: about 0
            weight.copy_(torch.from_numpy(drawn))
