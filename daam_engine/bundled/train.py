"""Train the bundled model from nothing: `python -m daam_engine.bundled.train --state A --out B`.

Resumable: state is kept in folder A and picked up again by the same command; B is written at the
end, a diffusers folder.
Nothing here looks at an attention map: maps that follow words are found, not taught.
"""

from __future__ import annotations

import argparse
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor, nn
from transformers import CLIPTextModel, CLIPTokenizer

from daam_engine.bundled import build, check, scenes

_EMPTY_CAPTION_SHARE = 0.1  # for classifier-free guidance
_TEXT_LEARNING_RATE_SHARE = 0.25
_EMA_DECAY = 0.999
_WARM_UP_STEPS = 300


@dataclass(frozen=True)
class Bank:
    """Scenes made once. `images` are (scene, 3, 128, 128) uint8, `ids` are (scene, token)."""

    images: Tensor
    ids: Tensor
    empty: Tensor
    tokenizer: CLIPTokenizer

    @classmethod
    def draw(cls, size: int, seed: int, directory: Path) -> Bank:
        drawn = scenes.draw_scenes(np.random.default_rng(seed), size, held_out=False)
        captions = [scene.caption for scene in drawn]
        tokenizer = _tokenizer(captions, directory / "tokenizer")
        images = torch.stack([torch.from_numpy(scene.image.copy()) for scene in drawn])
        return cls(
            images.permute(0, 3, 1, 2).contiguous(),
            _token_ids(tokenizer, captions),
            _token_ids(tokenizer, [""])[0],
            tokenizer,
        )

    def pictures(self, rows: Tensor) -> Tensor:
        return self.images[rows].float() / 127.5 - 1


def _tokenizer(captions: list[str], directory: Path) -> CLIPTokenizer:
    """Made once: token numbers depend on the captions, and a resumed encoder on the numbers."""
    if not directory.exists():
        build.build_tokenizer(captions).save_pretrained(directory)
    return CLIPTokenizer.from_pretrained(directory)


def _token_ids(tokenizer: CLIPTokenizer, captions: list[str]) -> Tensor:
    return tokenizer(
        captions, padding="max_length", max_length=build.MAX_TOKENS, truncation=True,
        return_tensors="pt",
    ).input_ids  # fmt: skip


def _batches(size: int, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
    while True:
        yield from torch.randperm(size, generator=generator).split(batch)


# -- denoiser and text encoder -------------------------------------------------------------------


class Denoiser(nn.Module):
    """What is trained together; one state dict, one exponential average."""

    def __init__(self, unet: UNet2DConditionModel, text: CLIPTextModel) -> None:
        super().__init__()
        self.unet = unet
        self.text = text

    def forward(self, noisy: Tensor, steps: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        """The predicted velocity, and what the text encoder says: (caption, token, channel)."""
        states = self.text(ids)[0]
        return self.unet(noisy, steps, states).sample, states


def velocity_loss(model: nn.Module, clean: Tensor, ids: Tensor, alphas: Tensor) -> Tensor:
    """Mean squared error of v = √ᾱ·ε − √(1−ᾱ)·x at uniform time steps (Salimans & Ho 2022)."""
    steps = torch.randint(0, len(alphas), (len(clean),))
    alpha = alphas[steps].view(-1, 1, 1, 1)
    noise = torch.randn_like(clean)
    noisy = alpha.sqrt() * clean + (1 - alpha).sqrt() * noise
    target = alpha.sqrt() * noise - (1 - alpha).sqrt() * clean
    with torch.autocast("cpu", dtype=torch.bfloat16):
        predicted, states = model(noisy, steps, ids)
    return nn.functional.mse_loss(predicted.float(), target) + _padding_talk(states.float(), ids)


def _padding_talk(states: Tensor, ids: Tensor) -> Tensor:
    """How much the padding's states differ between captions.

    A causal encoder's padding has read the whole caption, and a denoiser that may read everything
    there reads little from the words themselves. Padding that says nothing leaves words to be read.
    """
    padding = states[ids == ids[0, -1]]
    return padding.var(dim=0).mean()


def _learning_rate(done: int, total: int) -> float:
    """Full until three quarters of the samples are seen, then a cosine to nothing."""
    tail = max(0.0, (done / total - 0.75) / 0.25)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, tail)))


class DenoiserTraining:
    """The loop, with all that must survive an interruption in `state`."""

    def __init__(
        self, bank: Bank, directory: Path, *, samples: int, batch: int, rate: float
    ) -> None:
        self.bank, self.path = bank, directory / "denoiser.pt"
        self.samples, self.batch, self.rate = samples, batch, rate
        self.vae = build.build_vae()
        self.scheduler = build.build_scheduler()
        self.model = Denoiser(build.build_unet(), build.build_text_encoder(bank.tokenizer))
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        text = {"params": self.model.text.parameters(), "share": _TEXT_LEARNING_RATE_SHARE}
        unet = {"params": self.model.unet.parameters(), "share": 1.0}
        self.optimizer = torch.optim.AdamW(
            [unet, text], lr=rate, betas=(0.9, 0.99), weight_decay=1e-3
        )
        self.step = 0
        if self.path.exists():
            self._load()

    def _load(self) -> None:
        state = torch.load(self.path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        torch.save(state, self.path.with_suffix(".new"))
        self.path.with_suffix(".new").replace(self.path)

    def run(self, report_every: float) -> None:
        generator = torch.Generator().manual_seed(self.step)
        torch.manual_seed(self.step)
        alphas = self.scheduler.alphas_cumprod
        start, first, losses = time.monotonic(), self.step, []
        for rows in _batches(len(self.bank.ids), self.batch, generator):
            if self.step * self.batch >= self.samples:
                break
            losses.append(self._advance(rows, alphas))
            if time.monotonic() - start > report_every:
                pace = (self.step - first) * self.batch / (time.monotonic() - start)
                self.save()
                colour, shape = self.glance()
                print(
                    f"{self.step * self.batch:>9,} samples  {pace:5.0f}/s  "
                    f"loss {np.mean(losses):.4f}  colour {colour:.2f}  shape {shape:.2f}",
                    flush=True,
                )
                start, first, losses = time.monotonic(), self.step, []
        self.save()

    def _advance(self, rows: Tensor, alphas: Tensor) -> float:
        ids = self.bank.ids[rows].clone()
        ids[torch.rand(len(ids)) < _EMPTY_CAPTION_SHARE] = self.bank.empty
        with torch.no_grad():
            clean = self.vae.encode(self.bank.pictures(rows)).latents
        rate = self.rate * min(1.0, (self.step + 1) / _WARM_UP_STEPS)
        rate *= _learning_rate(self.step * self.batch, self.samples)
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["share"]
        loss = velocity_loss(self.model, clean, ids, alphas)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        decay = min(_EMA_DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - decay)
        return loss.item()

    def averaged(self) -> Denoiser:
        model = Denoiser(build.build_unet(), build.build_text_encoder(self.bank.tokenizer))
        model.load_state_dict(self.average)
        return model.eval()

    def glance(self, count: int = 48) -> tuple[float, float]:
        """Shares of held-out single-object captions drawn in the right colour and shape."""
        pipeline = assemble(self.averaged(), self.vae, self.bank.tokenizer, self.scheduler)
        drawn = scenes.draw_scenes(np.random.default_rng(7), count, held_out=True, kind="single")
        latents = pipeline(
            [scene.caption for scene in drawn], num_inference_steps=16, guidance_scale=3.0,
            output_type="latent", generator=torch.Generator().manual_seed(0),
        ).images  # fmt: skip
        return _shares(drawn, _quarter_pictures(latents))


def _quarter_pictures(latents: Tensor) -> np.ndarray:
    """(image, 32, 32, 3) uint8 without a decoder: the encoder is linear, so it can be undone."""
    quarter = nn.functional.pixel_shuffle(latents * build.LATENT_STD + build.LATENT_MEAN, 2)
    pixels = (quarter.clamp(-1, 1) + 1) * 127.5
    return pixels.round().byte().permute(0, 2, 3, 1).numpy()


def _shares(drawn: list[scenes.Scene], pictures: np.ndarray) -> tuple[float, float]:
    colours = shapes = 0
    for scene, picture in zip(drawn, pictures, strict=True):
        found = check.find_things(picture)
        colours += bool(found) and found[0].colour in scene.possible_colours
        shapes += bool(found) and found[0].shape == scene.things[0].shape
    return colours / len(drawn), shapes / len(drawn)


# -- decoder -------------------------------------------------------------------------------------


def train_decoder(bank: Bank, directory: Path, *, steps: int) -> nn.Module:
    """Fit the picture decoder alone, on latents with a little noise as the denoiser leaves it."""
    vae, path = build.build_vae(), directory / "decoder.pt"
    if path.exists():
        vae.load_state_dict(torch.load(path, weights_only=True))
        return vae
    vae.to(memory_format=torch.channels_last)  # a third faster at these sizes
    optimizer = torch.optim.Adam(vae.decoder.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    batches = _batches(len(bank.ids), 8, torch.Generator().manual_seed(1))
    for step, rows in enumerate(itertools.islice(batches, steps)):
        pictures = bank.pictures(rows)
        with torch.no_grad():
            latents = vae.encode(pictures).latents
        latents = latents + 0.03 * torch.randn_like(latents)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            decoded = vae.decode(latents).sample
        loss = nn.functional.l1_loss(decoded.float(), pictures)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 200 == 0:
            print(f"decoder {step:>6} / {steps}  L1 {loss.item():.4f}", flush=True)
    torch.save(vae.state_dict(), path)
    return vae


# -- the folder ----------------------------------------------------------------------------------


def assemble(
    model: Denoiser,
    vae: nn.Module,
    tokenizer: CLIPTokenizer,
    scheduler: DPMSolverMultistepScheduler,
) -> StableDiffusionPipeline:
    pipeline = StableDiffusionPipeline(
        vae=vae, text_encoder=model.text, tokenizer=tokenizer, unet=model.unet,
        scheduler=scheduler, safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for what a restart needs")
    parser.add_argument("--out", type=Path, help="diffusers folder to write at the end")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--bank", type=int, default=40_000, help="scenes drawn beforehand")
    parser.add_argument("--decoder-steps", type=int, default=6000)
    parser.add_argument("--report-every", type=float, default=240, help="seconds between reports")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.state.mkdir(parents=True, exist_ok=True)
    torch.set_flush_denormal(True)

    bank = Bank.draw(arguments.bank, arguments.seed, arguments.state)
    print(f"{len(bank.ids):,} scenes, {len(bank.tokenizer)} tokens", flush=True)
    torch.manual_seed(arguments.seed)
    training = DenoiserTraining(
        bank, arguments.state,
        samples=arguments.samples, batch=arguments.batch, rate=arguments.rate,
    )  # fmt: skip
    training.run(arguments.report_every)
    if arguments.out:
        vae = train_decoder(bank, arguments.state, steps=arguments.decoder_steps)
        pipeline = assemble(training.averaged(), vae, bank.tokenizer, training.scheduler)
        pipeline.to(torch.float16).save_pretrained(arguments.out, safe_serialization=True)
        print(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
