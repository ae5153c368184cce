from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline

from daam_engine import (
    InvalidRequestError,
    ModelLoadError,
    OutOfMemoryError,
    load_pipeline,
    load_tokenizer,
)
from daam_engine.models import BUNDLED


@pytest.fixture
def folder(pipeline: StableDiffusionPipeline, tmp_path: Path) -> Path:
    pipeline.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_a_folder_loads_with_its_weights_and_scheduler(folder, pipeline):
    loaded = load_pipeline(folder, scheduler="own")
    assert (loaded.model, loaded.scheduler) == (str(folder), "DDIMScheduler")
    assert (loaded.dtype, loaded.pipeline.unet.dtype) == ("float32", torch.float32)
    name, weight = next(pipeline.unet.named_parameters())
    assert torch.equal(loaded.pipeline.unet.get_parameter(name), weight)


def test_dtype_and_scheduler_are_taken_by_name(folder):
    loaded = load_pipeline(folder, dtype="bfloat16", scheduler="EulerDiscreteScheduler")
    assert loaded.pipeline.unet.dtype == loaded.pipeline.text_encoder.dtype == torch.bfloat16
    assert (loaded.dtype, loaded.scheduler) == ("bfloat16", "EulerDiscreteScheduler")


def test_the_revision_of_a_folder_follows_its_contents_not_its_place(folder, tmp_path):
    revision = load_pipeline(folder).revision
    copy = tmp_path / "elsewhere"
    shutil.copytree(folder, copy)
    assert load_pipeline(copy).revision == revision
    scheduler = copy / "scheduler" / "scheduler_config.json"
    scheduler.write_text(scheduler.read_text().replace('"beta_end": 0.02', '"beta_end": 0.03'))
    assert load_pipeline(copy).revision != revision


@pytest.mark.parametrize("model", ["no-such-folder", "nobody/no-such-model"])
def test_a_model_that_is_nowhere_is_refused(model):
    with pytest.raises(ModelLoadError, match=f"“{model}” is neither"):
        load_pipeline(model)


def test_a_folder_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(ModelLoadError, match=r"model_index\.json"):
        load_pipeline(tmp_path)


@pytest.mark.parametrize(
    ("weights", "pickle"),
    [
        ("unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.bin"),
        ("vae/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.bin"),
        ("text_encoder/model.safetensors", "text_encoder/pytorch_model.bin"),
    ],
)
def test_pickled_weights_are_refused_and_not_opened(folder, trap, weights, pickle):
    (folder / weights).unlink()
    torch.save(trap, folder / pickle)
    with pytest.raises(ModelLoadError, match="safetensors"):
        load_pipeline(folder)
    assert not trap.sprung


@pytest.mark.parametrize(
    ("part", "value"),
    [("unet", ["antigravity", "Mine"]), ("_class_name", ["mine", "Mine"]), ("_class_name", "Mine")],
)
def test_a_model_of_classes_from_elsewhere_is_refused(folder, part, value):
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps({**index, part: value}))
    with pytest.raises(ModelLoadError, match="not part of diffusers or transformers"):
        load_pipeline(folder)
    assert "antigravity" not in sys.modules


def test_an_index_that_cannot_be_read_is_named(folder):
    (folder / "model_index.json").write_text("{")
    with pytest.raises(ModelLoadError, match=r"model_index\.json .* cannot be read"):
        load_pipeline(folder)


def test_code_that_comes_with_a_model_is_not_run(folder, tmp_path):
    ran = tmp_path / "ran"
    (folder / "unet" / "mine.py").write_text(
        f"open({str(ran)!r}, 'w')\nfrom diffusers import UNet2DConditionModel as Mine\n"
    )
    index = json.loads((folder / "model_index.json").read_text())
    index["unet"] = ["mine", "Mine"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ModelLoadError, match="such code is never run"):
        load_pipeline(folder)
    assert not ran.exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"dtype": "int8"}, "Unknown dtype “int8”"),
        ({"dtype": torch.int8}, "Unknown dtype “int8”"),
        ({"device": "meta"}, "no device “meta” here; choose “auto” or one of cpu"),
        ({"device": "mps"}, "no device “mps”"),
        ({"revision": "main"}, "Only models on the hub have revisions"),
        ({"device": "nonsense"}, "no device “nonsense”"),
        ({"device": "cuda:99"}, "no device “cuda:99”"),
        ({"device": ""}, "no device “”"),
    ],
)
def test_unknown_options_are_refused(folder, options, reason):
    with pytest.raises(InvalidRequestError, match=reason):
        load_pipeline(folder, **options)


def test_a_model_that_does_not_fit_into_the_device_is_refused_with_the_way_out(monkeypatch):
    def move(*_: object) -> None:
        torch.empty(2**60)

    monkeypatch.setattr(StableDiffusionPipeline, "to", move)
    with pytest.raises(OutOfMemoryError, match="does not fit into the memory of “cpu”"):
        load_pipeline(device="cpu")


def test_the_tokenizer_loads_alone(folder):
    assert load_tokenizer(folder).model_max_length == 16
    with pytest.raises(ModelLoadError):
        load_tokenizer("no-such-folder")


def test_the_bundled_model_is_there_and_asks_for_little_guidance():
    loaded = load_pipeline()
    assert (loaded.model, loaded.default_guidance) == ("bundled", 3.0)
    assert (BUNDLED / "model_index.json").is_file()
    assert loaded.tokenizer.get_vocab() == load_tokenizer().get_vocab()
