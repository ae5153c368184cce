from __future__ import annotations

import json

import pytest

from daam_engine import InvalidRequestError, Word
from daam_engine.analysis.coco_classes import CLASSES, class_of
from daam_engine.analysis.prompt_sets import read_prompts, sample, unreal


def words(text: str, *pos: str) -> list[Word]:
    found, end = [], 0
    for index, (said, kind) in enumerate(zip(text.split(), pos, strict=True)):
        start = text.index(said, end)
        end = start + len(said)
        found.append(Word(index, said, start, end, said, kind, "", index))
    return found


PROMPTS = ["A dog  eats!", "the old owl"]
PARSED = [words("A dog  eats!", "DET", "NOUN", "VERB"), words("the old owl", "DET", "ADJ", "NOUN")]


def test_captions_are_read_one_per_picture(tmp_path):
    file = tmp_path / "captions.json"
    rows = [(7, "A  cat.\n"), (3, "A dog."), (7, "Another cat.")]
    annotations = [{"image_id": picture, "caption": text} for picture, text in rows]
    file.write_text(json.dumps({"annotations": annotations}))
    assert read_prompts(file) == ["A dog.", "A cat."]


def test_other_files_hold_a_prompt_per_line(tmp_path):
    file = tmp_path / "prompts.txt"
    file.write_text("a dog\n\n a cat \n")
    assert read_prompts(file) == ["a dog", "a cat"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", b"{", "is not JSON"),
        ("a.json", b"[1]", "not a COCO captions file"),
        ("a.json", b'{"annotations": [{"caption": "x"}]}', "not a COCO captions file"),
        ("a.txt", b"\n", "holds no prompt"),
        ("a.txt", b"\xff", "not text in UTF-8"),
        ("a.txt", None, "cannot be read"),
    ],
)
def test_files_that_are_none_are_refused_with_a_sentence(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidRequestError, match=sentence):
        read_prompts(tmp_path / name)


def test_samples_are_seeded_and_without_repetition():
    prompts = [str(number) for number in range(50)]
    drawn = sample(prompts, 20, seed=1)
    assert len(set(drawn)) == 20
    assert drawn == sample(prompts, 20, seed=1) != sample(prompts, 20, seed=2)
    assert sorted(sample(prompts, 99)) == sorted(prompts)


def test_nouns_are_swapped_and_all_other_words_and_spaces_stay():
    assert unreal(PROMPTS, PARSED) == ["An owl  eats!", "the old dog"]


def test_adjectives_are_swapped_on_request():
    more = [*PROMPTS, "an ugly cat"]
    parsed = [*PARSED, words("an ugly cat", "DET", "ADJ", "NOUN")]
    (last,) = {unreal(more, parsed, pos=("ADJ",), seed=seed)[2] for seed in range(5)}
    assert last == "an old cat"


def test_swaps_are_seeded():
    prompts = [f"a thing{number}" for number in range(9)]
    parsed = [words(prompt, "DET", "NOUN") for prompt in prompts]
    assert unreal(prompts, parsed, seed=1) == unreal(prompts, parsed, seed=1)
    assert unreal(prompts, parsed, seed=1) != unreal(prompts, parsed, seed=2)
    assert not set(zip(prompts, prompts, strict=True)) & set(
        zip(prompts, unreal(prompts, parsed), strict=True)
    )


def test_nouns_name_classes_themselves_or_by_a_synonym():
    assert len(CLASSES) == 80
    assert [class_of(word) for word in ("Zebra", "woman", "windmill")] == ["zebra", "person", None]
