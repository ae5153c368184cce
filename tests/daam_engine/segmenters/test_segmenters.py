from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from daam_engine import ModelLoadError, Word
from daam_engine.overlap import iou
from daam_engine.segmenters import load_segmenter
from daam_engine.segmenters.mask2former import labels_by_name
from tests.daam_engine.segmenters import tiny


def noun(text: str, lemma: str | None = None) -> Word:
    return Word(0, text, 0, len(text), lemma or text, "NOUN", "root", 0)


@pytest.fixture(scope="module")
def clipseg(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clipseg")
    tiny.save_taught_clipseg(folder)
    return load_segmenter(str(folder), "cpu")


@pytest.fixture(scope="module")
def mask2former(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mask2former")
    tiny.save_taught_mask2former(folder, "dog", "cat-merged")
    return load_segmenter(str(folder), "cpu")


@pytest.mark.parametrize("kind", ["clipseg", "mask2former"])
@pytest.mark.parametrize("nouns", [["dog"], ["cat", "dog"]])
def test_things_are_found_by_their_nouns_at_the_pictures_size(request, kind, nouns):
    segmenter = request.getfixturevalue(kind)
    picture, truths = tiny.two_squares(seed=3)
    large = picture.resize((96, 64), Image.Resampling.NEAREST)
    masks = segmenter.masks(large, [noun(text) for text in nouns])
    for text, mask in zip(nouns, masks, strict=True):
        truth = np.asarray(Image.fromarray(truths[text]).resize((96, 64)))
        assert mask.shape == (64, 96)
        assert iou(mask, truth) > 0.8


def test_clipseg_takes_any_word_and_a_mask2former_its_labels_only(clipseg, mask2former):
    picture, _ = tiny.two_squares(seed=3)
    assert clipseg.knows(noun("windmill"))
    assert not mask2former.knows(noun("windmill"))
    (mask,) = mask2former.masks(picture, [noun("windmill")])
    assert mask.shape == (32, 32)
    assert not mask.any()


def test_nouns_name_labels_by_lemma_and_by_synonyms_of_cocos_classes(mask2former):
    assert mask2former.knows(noun("Dogs", "dog"))
    assert mask2former.knows(noun("puppy"))  # COCO's class is “dog”
    picture, _ = tiny.two_squares(seed=3)
    dog, puppy, kittens, cat = mask2former.masks(
        picture, [noun("dog"), noun("puppy"), noun("kittens", "kitten"), noun("cat")]
    )
    assert np.array_equal(dog, puppy)
    assert np.array_equal(cat, kittens)
    assert not np.array_equal(dog, cat)


def test_labels_are_called_by_the_first_part_of_their_names():
    labels = dict(enumerate(["Person", "tree-merged", "wall-brick", "wall-wood", "door; gate"]))
    assert labels_by_name(labels) == {
        "person": {0}, "tree": {1}, "wall": {2, 3}, "door": {4}, "gate": {4}
    }  # fmt: skip


def test_all_labels_of_a_noun_are_united(mask2former, tmp_path):
    folder = shutil.copytree(mask2former.source.path, tmp_path / "renamed")
    config = json.loads((folder / "config.json").read_text())
    config |= {"id2label": {"0": "wall-brick", "1": "wall-wood"}}
    (folder / "config.json").write_text(json.dumps(config))
    picture, truths = tiny.two_squares(seed=3)
    (wall,) = load_segmenter(str(folder), "cpu").masks(picture, [noun("walls", "wall")])
    assert iou(wall, truths["dog"] | truths["cat"]) > 0.8


def test_all_instances_of_a_label_are_united(mask2former, tmp_path):
    folder = shutil.copytree(mask2former.source.path, tmp_path / "dogs")
    weights = load_file(folder / "model.safetensors")
    weights["class_predictor.bias"] += torch.tensor([50.0, 0.0, 0.0])
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    picture, truths = tiny.two_squares(seed=3)
    dogs, cat = load_segmenter(str(folder), "cpu").masks(picture, [noun("dog"), noun("cat")])
    assert iou(dogs, truths["dog"] | truths["cat"]) > 0.8
    assert not cat.any()


def test_segmenters_say_which_files_they_are(clipseg):
    assert clipseg.source.revision.startswith("sha256:")
    assert clipseg.title == f"CLIPSeg ({clipseg.source.name})"


def wrong_architecture(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))


def no_architecture(folder: Path) -> None:
    (folder / "config.json").write_text("[]")


def no_weights(folder: Path) -> None:
    tiny.save_clipseg_of_everything(folder)
    (folder / "model.safetensors").unlink()


def pickled_weights(folder: Path) -> None:
    no_weights(folder)
    torch.save({}, folder / "pytorch_model.bin")


def no_processor(folder: Path) -> None:
    tiny.save_mask2former_of_everything(folder, "dog")
    (folder / "preprocessor_config.json").unlink()


def nothing(folder: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (nothing, "neither a folder with a config.json nor a model"),
        (no_architecture, "does not say what model it is"),
        (wrong_architecture, "is a model of type “bert”; name a CLIPSeg or a Mask2Former"),
        (no_weights, "is not complete"),
        (pickled_weights, "is not complete"),
        (no_processor, "is not complete"),
    ],
)
def test_what_is_no_segmenter_is_refused_with_a_sentence(tmp_path, broken, sentence):
    broken(tmp_path)
    with pytest.raises(ModelLoadError, match=sentence):
        load_segmenter(str(tmp_path), "cpu")
