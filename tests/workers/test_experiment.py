"""`manage.py experiment`, in this process and in as few steps as it takes."""

from __future__ import annotations

import json
import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from PIL import Image


def test_tables_and_files_are_written(tmp_path):
    out = StringIO()
    quick = {"limit": 2, "steps": 1, "stdout": out}
    call_command("experiment", "cohyponyms", out=tmp_path / "found", **quick)
    assert "both things in the picture" in out.getvalue()
    assert (tmp_path / "found" / "cohyponyms.csv").is_file()
    assert (tmp_path / "found" / "sheet.png").is_file()
    for place, arm in enumerate(("cohyponyms", "others"), start=1):  # to be uploaded to a study
        header, prompt = (tmp_path / "found" / f"prompts-{arm}.csv").read_text().splitlines()
        assert header == "external_id,prompt,seed"
        assert re.fullmatch(rf"000{place},an? \w+ and an? \w+,{place}", prompt)


def test_pictures_to_draw_masks_on_are_those_that_are_segmented(tmp_path):
    chosen = {"limit": 2, "steps": 1, "seed": 4, "stdout": StringIO()}
    call_command("experiment", "pictures", out=tmp_path, **chosen)
    listed = (tmp_path / "pictures.csv").read_text().splitlines()
    assert listed[0] == "external_id,prompt,seed,nouns to find"
    assert [row[:4] for row in listed[1:]] == ["0001", "0002"]
    for number in ("0001", "0002"):
        (tmp_path / number).mkdir()
        with Image.open(tmp_path / f"{number}.png") as picture:
            drawn = Image.new("RGBA", picture.size, "white")
        noun = listed[int(number)].split(",")[-1].strip(' "')
        drawn.save(tmp_path / number / f"{noun}.gt.png")
    out = StringIO()
    call_command("experiment", "segmentation", masks=tmp_path, **chosen | {"stdout": out})
    assert "2 nouns in 2 pictures" in out.getvalue()


def test_json_is_one_object_and_nothing_else():
    out = StringIO()
    call_command("experiment", "cohyponyms", limit=2, steps=1, json=True, stdout=out)
    assert json.loads(out.getvalue())["experiment"] == "cohyponyms"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"tau": 1.5}, "τ lies between 0 and 1"),
        ({"limit": 0}, "at least one picture"),
        ({"model": "/nowhere"}, "nowhere"),
        ({"steps": 0}, "Steps are a whole number"),
        ({"segmenter": ["/nowhere"]}, "“/nowhere” is neither a folder with a config.json"),
    ],
)
def test_bad_input_is_one_sentence(options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("experiment", "segmentation", **{"limit": 1, **options})


@pytest.mark.parametrize(
    ("kind", "options", "sentence"),
    [
        ("syntax", {"segmenter": ["x"]}, "--segmenter is for segmentation; leave it out for syn"),
        ("adjectives", {"unreal": "nouns"}, "--unreal is for segmentation, syntax, ablation"),
        ("syntax", {"ontology": "x"}, "--ontology is for cohyponyms; leave it out for syntax"),
        ("pictures", {"masks": "x"}, "--masks is for segmentation, ablation"),
    ],
)
def test_what_an_experiment_would_not_read_is_refused(kind, options, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("experiment", kind, **options)


@pytest.mark.parametrize(
    ("said", "prompts"),
    [
        (["--unreal"], {"a red bus", "a blue bus and a car"}),
        (["--unreal", "nouns"], {"a red bus", "a blue bus and a car"}),
        (["--unreal", "adjectives"], {"a blue car", "a red car and a bus"}),
        (["--unreal", "both"], {"a blue bus", "a red bus and a car"}),
        ([], {"a red car", "a blue car and a bus"}),
    ],
)
def test_words_are_swapped_as_said(tmp_path, said, prompts):
    file = tmp_path / "prompts.txt"
    file.write_text("a red car\na blue car and a bus\n")
    out = StringIO()
    quick = ["--prompts", str(file), "--steps", "1", "--json"]
    call_command("experiment", "pictures", *quick, *said, stdout=out)
    (table,) = json.loads(out.getvalue())["tables"]
    assert {row[1] for row in table["rows"]} == prompts


def test_a_folder_that_cannot_be_made_is_said_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="choose another folder"):
        call_command("experiment", "syntax", out=tmp_path / "file")
