import subprocess
import sys
from pathlib import Path

import pytest
import torch

from daam_engine import GenerationSettings, generate, load_pipeline
from daam_engine.bundled import train

PADDING = 9


def run_training(state: Path, out: Path, samples: int) -> None:
    """The real command, small enough to take seconds."""
    sizes = {"bank": 48, "batch": 16, "samples": samples, "decoder-steps": 2}
    options = [text for name, size in sizes.items() for text in (f"--{name}", str(size))]
    command = [sys.executable, "-m", train.__name__, "--state", state, "--out", out, *options]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def steps_done(state: Path) -> int:
    return int(torch.load(state / "denoiser.pt", weights_only=True)["step"])


def test_training_goes_on_where_it_stopped_and_writes_a_pipeline(tmp_path: Path) -> None:
    state, out = tmp_path / "state", tmp_path / "model"
    run_training(state, out, samples=32)
    assert steps_done(state) == 2
    first = torch.load(state / "denoiser.pt", weights_only=True)["model"]

    run_training(state, out, samples=64)

    assert steps_done(state) == 4
    second = torch.load(state / "denoiser.pt", weights_only=True)["model"]
    assert any(not torch.equal(first[name], second[name]) for name in first)
    (made,) = generate(load_pipeline(out), ["a red circle"], [0], GenerationSettings(steps=2))
    assert made.image.size == (128, 128)
    assert [word.word.text for word in made.words] == ["a", "red", "circle"]


def test_learning_slows_down_at_the_end_only() -> None:
    rates = [train._learning_rate(done, 100) for done in (0, 75, 87.5, 100)]

    assert rates == pytest.approx([1.0, 1.0, 0.5, 0.0])


def test_padding_that_says_the_same_of_every_caption_costs_nothing() -> None:
    ids = torch.tensor([[0, 1, PADDING, PADDING], [0, 2, 3, PADDING]])
    states = torch.randn(2, 4, 5)
    states[ids == PADDING] = 1.5

    assert train._padding_talk(states, ids) == 0
    states[0, 2] += 1
    assert train._padding_talk(states, ids) > 0
