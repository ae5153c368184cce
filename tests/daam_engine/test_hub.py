"""Models from a hub: the libraries' real requests, answered on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file

from tests.daam_engine.hub_server import COMMIT, HubServer
from tests.daam_engine.original_layout import original_layout
from tests.services import free_port

ANSWERED = "-- answered --"
LISTEN = f"""
import json, sys
from daam_engine import *
for asked in sys.stdin:
    exec(json.loads(asked))
    print({ANSWERED!r}, flush=True)
"""


class Session:
    """Python that runs what it is asked and says what that prints. A process of its own, because
    the libraries read their addresses when they are imported; one for all, because most of its
    time goes into importing them."""

    def __init__(self, endpoint: str, home: Path, *, offline: bool) -> None:
        environment = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_OFFLINE": str(int(offline)),
            "NO_PROXY": "127.0.0.1",
        }
        home.mkdir(exist_ok=True)
        self._log = home / f"errors-{offline}.txt"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", LISTEN],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def __call__(self, *lines: str) -> list[str]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps("\n".join(lines)) + "\n")
        self._process.stdin.flush()
        said: list[str] = []
        for line in self._process.stdout:
            if line.rstrip() == ANSWERED:
                return said
            said.append(line.rstrip())
        raise AssertionError(self._log.read_text()[-2000:])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    with HubServer(tmp_path_factory.mktemp("hub")) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def hub(server: HubServer, pipeline: StableDiffusionPipeline, tmp_path: Path) -> HubServer:
    """It serves this test's own model, whatever name it is asked for; each test asks by another,
    since what was fetched is kept."""
    pipeline.save_pretrained(tmp_path / "model")
    server.folder = tmp_path / "model"
    server.fetched.clear()
    return server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what was fetched is kept."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def session(server: HubServer, home: Path) -> Iterator[Session]:
    with Session(f"http://127.0.0.1:{server.server_port}", home, offline=False) as session:
        yield session


@pytest.fixture
def ask(hub: HubServer, session: Session) -> Session:
    return session


def refused(line: str) -> str:
    return f"try: {line}\nexcept ModelLoadError as error: print(error)"


def test_a_hub_model_is_named_with_its_commit_and_needs_no_network_again(hub, ask, home):
    torch.save({}, hub.folder / "unet" / "diffusion_pytorch_model.bin")
    lines = [
        "print(load_pipeline('someone/tiny').revision)",
        "print(load_tokenizer('someone/tiny', revision='main').model_max_length)",
    ]
    assert ask(*lines) == [COMMIT, "16"]
    assert "unet/diffusion_pytorch_model.safetensors" in hub.fetched
    assert not any(name.endswith(".bin") for name in hub.fetched)
    nobody = f"http://127.0.0.1:{free_port()}"
    with Session(nobody, home, offline=True) as ask_offline:
        assert ask_offline(*lines) == [COMMIT, "16"]


def test_a_revision_is_fetched_or_named_as_missing(ask):
    found, missing = ask(
        f"print(load_pipeline('someone/old', revision='{COMMIT}').revision)",
        refused("load_pipeline('someone/old', revision='v9')"),
    )
    assert found == COMMIT
    assert missing.startswith("“someone/old” could not be fetched from the hub at revision “v9”")


def test_a_hub_model_of_pickles_is_refused_before_they_are_fetched(hub, ask):
    (hub.folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({}, hub.folder / "unet" / "diffusion_pytorch_model.bin")
    (sentence,) = ask(refused("load_pipeline('someone/pickled')"))
    assert sentence.startswith("“someone/pickled” has pickled weights on the hub")
    assert not any(name.endswith((".bin", ".safetensors")) for name in hub.fetched)


def test_a_single_files_architecture_is_guessed_and_fetched_without_weights(
    hub, ask, pipeline, tmp_path
):
    file = tmp_path / "tiny.safetensors"
    save_file(original_layout(pipeline), file)
    guessed, named = ask(
        f"print(load_pipeline({str(file)!r}).config)",
        f"print(load_pipeline({str(file)!r}, config='someone/converted').config)",
    )
    assert named == f"someone/converted@{COMMIT}"
    assert guessed.endswith(f"stable-diffusion-v1-5@{COMMIT}")
    assert "unet/config.json" in hub.fetched
    assert not any(name.endswith(".safetensors") for name in hub.fetched)
