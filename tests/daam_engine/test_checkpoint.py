from __future__ import annotations

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import save_file

from daam_engine import (
    GenerationSettings,
    InvalidRequestError,
    ModelLoadError,
    generate,
    load_pipeline,
    load_tokenizer,
)
from tests.daam_engine.original_layout import original_layout


@pytest.fixture
def folder(pipeline: StableDiffusionPipeline, tmp_path: Path) -> Path:
    """The architecture; its weights are other than the checkpoint's."""
    pipeline.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def checkpoint(pipeline: StableDiffusionPipeline, folder: Path) -> Path:
    with torch.no_grad():
        for weight in weights_of(pipeline):
            weight.add_(torch.randn_like(weight) * 0.01)
    save_file(original_layout(pipeline), folder.parent / "tiny.safetensors")
    return folder.parent / "tiny.safetensors"


def weights_of(pipeline: StableDiffusionPipeline) -> Iterator[torch.Tensor]:
    for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
        yield from part.parameters()


def test_a_single_file_has_the_weights_it_holds(checkpoint, folder, pipeline):
    loaded = load_pipeline(checkpoint, config=folder)
    pairs = list(zip(weights_of(loaded.pipeline), weights_of(pipeline), strict=True))
    assert len(pairs) > 100
    assert all(torch.equal(found, expected) for found, expected in pairs)


def test_a_single_file_paints_and_names_its_origin(checkpoint, folder):
    loaded = load_pipeline(checkpoint, config=folder)
    (generated,) = generate(loaded, ["a red dog"], [0], GenerationSettings(steps=2))
    digest = sha256(checkpoint.read_bytes()).hexdigest()
    assert generated.provenance["model"] == str(checkpoint)
    assert generated.provenance["model_revision"] == f"sha256:{digest}"
    name, _, revision = generated.provenance["model_config"].rpartition("@")
    assert name == str(folder)
    assert revision.startswith("sha256:")
    assert len(generated.words) == 3


def test_the_revision_of_an_architecture_does_not_hang_on_its_weights(checkpoint, folder):
    recorded = load_pipeline(checkpoint, config=folder).config
    for weights in folder.rglob("*.safetensors"):
        weights.unlink()
    assert load_pipeline(checkpoint, config=folder).config == recorded
    scheduler = folder / "scheduler" / "scheduler_config.json"
    scheduler.write_text(scheduler.read_text().replace('"beta_end": 0.02', '"beta_end": 0.03'))
    assert load_pipeline(checkpoint, config=folder).config != recorded


def test_the_tokenizer_of_a_single_file_is_that_of_its_architecture(checkpoint, folder):
    assert load_tokenizer(checkpoint, config=folder).model_max_length == 16


@pytest.mark.parametrize(
    "lost",
    [
        "cond_stage_model.",
        "cond_stage_model.transformer.text_model.final_layer_norm.",
        "first_stage_model.",
        "model.diffusion_model.middle_block.1.",
        "model.",
    ],
)
def test_weights_that_a_file_lacks_are_not_taken_from_elsewhere(pipeline, folder, lost):
    weights = original_layout(pipeline)
    kept = {name: weight for name, weight in weights.items() if not name.startswith(lost)}
    save_file(kept, folder.parent / "part.safetensors")
    # By this name diffusers decides that a text encoder lies beside the configuration.
    (folder / "text_encoder" / "diffusion_pytorch_model.safetensors").touch()
    with pytest.raises(ModelLoadError, match="does not hold all weights"):
        load_pipeline(folder.parent / "part.safetensors", config=folder)


def test_another_architecture_is_refused(checkpoint, folder):
    config = folder / "unet" / "config.json"
    config.write_text(
        config.read_text().replace('"cross_attention_dim": 16', '"cross_attention_dim": 24')
    )
    with pytest.raises(ModelLoadError, match="name its architecture with `config=`"):
        load_pipeline(checkpoint, config=folder)


def test_without_a_configuration_the_architecture_is_fetched_or_asked_for(checkpoint):
    with pytest.raises(ModelLoadError, match=r"name a folder that holds it with `config=`"):
        load_pipeline(checkpoint)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\x08" + bytes(7) + b'{"a": 1}'])
def test_a_file_that_is_no_checkpoint_is_refused(folder, content):
    file = folder.parent / "nonsense.safetensors"
    file.write_bytes(content)
    with pytest.raises(ModelLoadError, match="not a safetensors file"):
        load_pipeline(file, config=folder)


def test_other_tensors_are_refused(folder):
    save_file({"a": torch.ones(2)}, folder.parent / "other.safetensors")
    with pytest.raises(ModelLoadError, match="does not hold all weights"):
        load_pipeline(folder.parent / "other.safetensors", config=folder)


@pytest.mark.parametrize("name", ["model.ckpt", "model.bin", "model.pt", "model.CKPT"])
def test_a_pickled_checkpoint_is_refused_with_the_way_out(tmp_path, folder, trap, name):
    torch.save(trap, tmp_path / name)
    with pytest.raises(ModelLoadError, match=r"can run any code .* weights_only=True"):
        load_pipeline(tmp_path / name, config=folder)
    assert not trap.sprung


def test_a_pickle_under_another_name_is_not_opened(tmp_path, folder, trap):
    torch.save(trap, tmp_path / "model.safetensors")
    with pytest.raises(ModelLoadError, match="not a safetensors file"):
        load_pipeline(tmp_path / "model.safetensors", config=folder)
    assert not trap.sprung


def test_pickled_weights_beside_the_configuration_are_not_opened(pipeline, folder, trap):
    weights = original_layout(pipeline)
    save_file(
        {name: weight for name, weight in weights.items() if not name.startswith("cond_stage")},
        folder.parent / "part.safetensors",
    )
    torch.save(trap, folder / "text_encoder" / "pytorch_model.bin")
    (folder / "text_encoder" / "model.safetensors").unlink()
    with pytest.raises(ModelLoadError):
        load_pipeline(folder.parent / "part.safetensors", config=folder)
    assert not trap.sprung


@pytest.mark.parametrize(
    ("options", "kind", "reason"),
    [
        ({"config": "no-such-folder"}, ModelLoadError, r"has no model_index\.json"),
        ({"revision": "main"}, InvalidRequestError, "Only models on the hub have revisions"),
    ],
)
def test_options_that_a_file_cannot_have_are_refused(checkpoint, options, kind, reason):
    with pytest.raises(kind, match=reason):
        load_pipeline(checkpoint, **options)


def test_only_a_single_file_takes_a_configuration(folder):
    with pytest.raises(InvalidRequestError, match="Only a single"):
        load_pipeline(folder, config=folder)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelLoadError, match="is neither"):
        load_pipeline(tmp_path / "missing.safetensors")


def test_a_configuration_alone_is_enough(checkpoint, folder, tmp_path):
    bare = tmp_path / "bare"
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns("*.safetensors"))
    assert load_pipeline(checkpoint, config=bare).config.startswith(f"{bare}@")
