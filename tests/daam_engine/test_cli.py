from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from daam_engine import Word
from daam_engine.cli import file_name, main
from daam_engine.store import read_maps


@pytest.fixture
def folder(pipeline, tmp_path: Path) -> Path:
    pipeline.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "daam_engine", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_generate_writes_the_image_an_overlay_per_word_and_the_numbers(folder, tmp_path):
    out = tmp_path / "deep" / "out"
    ran = run(
        "generate", "a red dog, quickly", "--model", str(folder), "--steps", "2", "--width", "64",
        "--height", "32", "--out", str(out),
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, f"5 words in {out}\n")
    assert "2/2" in ran.stderr  # the progress bar, and nothing but it
    assert "Traceback" not in ran.stderr
    assert "Warning" not in ran.stderr
    assert {path.name for path in out.iterdir()} == {
        "image.png", "maps.safetensors", "meta.json", "word-00-a.png", "word-01-red.png",
        "word-02-dog.png", "word-03.png", "word-04-quickly.png",
    }  # fmt: skip
    assert Image.open(out / "word-02-dog.png").size == (64, 32)
    assert read_maps(out / "maps.safetensors").soft.shape == (5, 32, 64)
    meta = json.loads((out / "meta.json").read_text(encoding="utf-8"))
    assert meta["provenance"]["steps"] == 2
    assert meta["words"][4]["overlay"] == "word-04-quickly.png"


def test_truncated_words_have_no_overlay(folder, tmp_path):
    prompt = "dog " * 14 + "cat"
    arguments = ["generate", prompt, "--model", str(folder), "--steps", "1", "--out", str(tmp_path)]
    assert main(arguments) == 0
    words = json.loads((tmp_path / "meta.json").read_text(encoding="utf-8"))["words"]
    assert (words[14]["truncated"], words[14]["overlay"]) == (True, None)
    assert not list(tmp_path.glob("word-14*"))


def test_errors_are_one_sentence_and_status_2(tmp_path):
    ran = run("generate", "a dog", "--model", "no-such-model", "--out", str(tmp_path))
    assert ran.returncode == 2
    assert ran.stderr.startswith("daam_engine: “no-such-model” is neither")
    assert ran.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_an_error_not_a_traceback(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["generate", "a dog", "--out", str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Quickly", "word-03-quickly.png"),
        ("../../etc", "word-03-etc.png"),
        (",", "word-03.png"),
        ("\u200d", "word-03.png"),
        ("cafe\u0301", "word-03-café.png"),
        ("北京", "word-03-北京.png"),
        ("nul\0byte", "word-03-nul-byte.png"),
        ("x" * 300, f"word-03-{'x' * 40}.png"),
    ],
)
def test_file_names_are_safe(text, name):
    assert file_name(Word(3, text, 0, len(text), text, "X", "dep", 3)) == name
