"""Models from a hub: the libraries' real requests, answered on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file

from tests.daam_engine.hub_server import COMMIT, HubServer
from tests.daam_engine.original_layout import original_layout

Ask = Callable[..., list[str]]


@pytest.fixture
def hub(pipeline: StableDiffusionPipeline, tmp_path: Path) -> Iterator[HubServer]:
    pipeline.save_pretrained(tmp_path / "model")
    with HubServer(tmp_path / "model") as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def ask(hub: HubServer, tmp_path: Path) -> Ask:
    """Run lines of Python; what they print. In a process of its own, because the libraries read
    their addresses when they are imported."""

    def run(*lines: str, offline: bool = False) -> list[str]:
        environment = {
            **os.environ,
            "HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}",
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_OFFLINE": str(int(offline)),
            "NO_PROXY": "127.0.0.1",
        }
        code = "\n".join(["from daam_engine import *", *lines])
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.splitlines()

    return run


def refused(line: str) -> str:
    return f"try: {line}\nexcept ModelLoadError as error: print(error)"


def test_a_hub_model_is_named_with_its_commit_and_needs_no_network_again(hub, ask):
    torch.save({}, hub.folder / "unet" / "diffusion_pytorch_model.bin")
    lines = [
        "print(load_pipeline('someone/tiny').revision)",
        "print(load_tokenizer('someone/tiny', revision='main').model_max_length)",
    ]
    assert ask(*lines) == [COMMIT, "16"]
    assert "unet/diffusion_pytorch_model.safetensors" in hub.fetched
    assert not any(name.endswith(".bin") for name in hub.fetched)
    hub.shutdown()
    assert ask(*lines, offline=True) == [COMMIT, "16"]


def test_a_revision_is_fetched_or_named_as_missing(ask):
    found, missing = ask(
        f"print(load_pipeline('someone/tiny', revision='{COMMIT}').revision)",
        refused("load_pipeline('someone/tiny', revision='v9')"),
    )
    assert found == COMMIT
    assert missing.startswith("“someone/tiny” could not be fetched from the hub at revision “v9”")


def test_a_hub_model_of_pickles_is_refused_before_they_are_fetched(hub, ask):
    (hub.folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, hub.folder / "unet" / "diffusion_pytorch_model.bin")
    (sentence,) = ask(refused("load_pipeline('someone/tiny')"))
    assert sentence.startswith("“someone/tiny” has pickled weights on the hub")
    assert not any(name.endswith((".bin", ".safetensors")) for name in hub.fetched)


def test_a_single_files_architecture_is_guessed_and_fetched_without_weights(
    hub, ask, pipeline, tmp_path
):
    file = tmp_path / "tiny.safetensors"
    save_file(original_layout(pipeline), file)
    guessed, named = ask(
        f"print(load_pipeline({str(file)!r}).config)",
        f"print(load_pipeline({str(file)!r}, config='someone/tiny').config)",
    )
    assert named == f"someone/tiny@{COMMIT}"
    assert guessed.endswith(f"stable-diffusion-v1-5@{COMMIT}")
    assert "unet/config.json" in hub.fetched
    assert not any(name.endswith(".safetensors") for name in hub.fetched)
