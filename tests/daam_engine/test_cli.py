from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daam_engine import Word, load_pipeline, render, trace, trace_image
from daam_engine.cli import main
from daam_engine.cli.arguments import numbers
from daam_engine.cli.folder import file_name
from daam_engine.cli.info import facts
from daam_engine.models import LoadedPipeline
from daam_engine.render import Style
from daam_engine.store import read_maps
from tests.daam_engine.families import FAMILIES, INPUTS, build_pipeline


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("model")
    build_pipeline().save_pretrained(folder)
    return str(folder)


@pytest.fixture
def generate(model, tmp_path, capsys):
    """Run `generate … --json` in this process; what it printed, with status and complaints."""

    def run(*arguments: str, out: Path = tmp_path / "out"):
        status = main(
            ["generate", *arguments, "--model", model, "--steps", "1", "--out", str(out), "--json"]
        )
        printed = capsys.readouterr()
        return status, json.loads(printed.out) if printed.out else None, printed.err

    return run


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "daam_engine", *arguments]


def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, **options
    )


def test_generate_writes_the_image_an_overlay_per_word_and_the_numbers(model, tmp_path):
    out = tmp_path / "deep" / "out"
    ran = run(
        "generate", "a red dog, quickly", "--model", model, "--steps", "2", "--width", "64",
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


def test_json_is_all_that_goes_to_standard_output(model, tmp_path, monkeypatch, capfd):
    prompts = "a red dog\n\n北京 🚀\r\n".encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(prompts)))
    arguments = ["generate", "cat", "--prompts", "-", "--model", model, "--steps", "2", "--json"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    printed = capfd.readouterr()
    pictures = json.loads(printed.out)["pictures"]
    assert [picture["prompt"] for picture in pictures] == ["cat", "a red dog", "北京 🚀"]
    assert "6/6" in printed.err


def test_every_prompt_is_painted_with_every_seed_into_a_folder_of_its_own(generate):
    status, result, _ = generate("a red dog", "…", "--seed", "3,5", "--batch-size", "2")
    assert status == 0
    names = ["001-a-red-dog-seed-3", "001-a-red-dog-seed-5", "002-seed-3", "002-seed-5"]
    assert [Path(picture["folder"]).name for picture in result["pictures"]] == names
    assert [picture["provenance"]["seed"] for picture in result["pictures"]] == [3, 5, 3, 5]
    for picture in result["pictures"]:
        meta = Path(picture.pop("folder")) / "meta.json"
        assert json.loads(meta.read_text(encoding="utf-8")) == picture


def test_one_seed_leaves_no_trace_in_the_folders_names(generate):
    _, result, _ = generate("a red dog", "cat")
    folders = [Path(made["folder"]).name for made in result["pictures"]]
    assert folders == ["001-a-red-dog", "002-cat"]


def nearly_equal(one: Image.Image, other: Image.Image) -> bool:
    """But for what storing maps in float16 changes."""
    difference = np.abs(np.asarray(one, dtype=int) - np.asarray(other, dtype=int))
    return bool(difference.mean() < 1)


def test_overlays_are_drawn_in_the_style_asked_for(generate, tmp_path):
    out = tmp_path / "out"
    generate("dog", "--colour-map", "jet", "--opacity", "0.5", "--tau", "0.3", "--rule", "min-max")
    drawn = Image.open(out / "word-00-dog.png")
    stored = read_maps(out / "maps.safetensors")
    style = Style("jet", 0.5, 0.3, "min-max")
    expected = render.draw(Image.open(out / "image.png"), stored.soft[0], style)
    assert nearly_equal(drawn, expected)


def test_the_sheet_can_be_watched_growing_from_step_to_step(model, tmp_path):
    command = ["generate", "a dog", "--model", model, "--steps", "3", "--animate"]
    assert main([*command, "--out", str(tmp_path)]) == 0
    with Image.open(tmp_path / "animation.webp") as animation:
        assert animation.n_frames == 3


def test_webp_is_the_same_image_in_another_format(generate, tmp_path):
    generate("dog", out=tmp_path / "png")
    _, result, _ = generate("dog", "--format", "webp", "--sheet", out=tmp_path / "webp")
    (made,) = result["pictures"]
    assert (made["image"], made["sheet"]) == ("image.webp", "sheet.webp")
    assert made["words"][0]["overlay"] == "word-00-dog.webp"
    one, other = Image.open(tmp_path / "png/image.png"), Image.open(tmp_path / "webp/image.webp")
    assert np.array_equal(one, other.convert("RGB"))


def test_truncated_words_have_no_overlay(generate, tmp_path):
    status, result, _ = generate("dog " * 14 + "cat")
    assert status == 0
    word = result["pictures"][0]["words"][14]
    assert (word["truncated"], word["overlay"]) == (True, None)
    assert not list((tmp_path / "out").glob("word-14*"))


@pytest.mark.parametrize(
    "prompt", ["?!", "🚀 👩\u200d🚀", "שלום עולם", "مرحبا", "dog\tcat", "x" * 10_000, "dog " * 2500]
)
def test_unusual_prompts_are_painted(prompt, generate):
    status, result, _ = generate(prompt, "--sheet")
    assert status == 0
    assert result["pictures"][0]["prompt"] == prompt


def test_sheets_are_drawn_from_what_was_written(generate, tmp_path, capsys):
    generate("a red dog", "cat", "--sheet", "--tau", "0.4")
    folders = sorted((tmp_path / "out").iterdir())
    fresh = [Image.open(folder / "sheet.png").copy() for folder in folders]
    for folder in folders:
        (folder / "sheet.png").unlink()
    assert main(["sheet", str(tmp_path / "out"), "--tau", "0.4", "--json"]) == 0
    sheets = json.loads(capsys.readouterr().out)["sheets"]
    assert sheets == [str(folder / "sheet.png") for folder in folders]
    assert all(
        nearly_equal(Image.open(path), before) for path, before in zip(sheets, fresh, strict=True)
    )


def test_sheets_have_the_columns_asked_for(generate, tmp_path, capsys):
    generate("a red dog")
    assert main(["sheet", str(tmp_path / "out"), "--columns", "1", "--format", "webp"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out' / 'sheet.webp'}\n"
    page = Image.open(tmp_path / "out" / "sheet.webp")
    assert page.height > 4 * 256 > page.width


def test_info_tells_what_would_be_traced(model, capsys):
    assert main(["info", model, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pipeline"], told["denoiser"]) == (
        "StableDiffusionPipeline",
        "UNet2DConditionModel",
    )
    assert told["encoders"] == [{"name": "clip", "token_limit": 16}]
    assert told["image_size"] == [32, 32]
    assert {(layer["block"], *layer["resolution"], layer["heads"]) for layer in told["layers"]} == {
        ("down", 8, 8, 2), ("down", 4, 4, 2), ("up", 4, 4, 2), ("up", 8, 8, 2),
    }  # fmt: skip


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux", "pixart"])
def test_info_knows_what_a_trace_of_the_longest_prompt_holds(family):
    pipeline = FAMILIES[family]()
    loaded = LoadedPipeline(pipeline, model="tiny", revision="1", device="cpu", dtype="float32")
    inputs = {**INPUTS.get(family, {}), "height": 32, "width": 64}
    inputs.pop("max_sequence_length", None)
    with trace(pipeline) as traced:
        pipeline("dog" + " a red dog" * 300, num_inference_steps=1, output_type="latent", **inputs)
    assert facts(loaded, height=32, width=64)["held_bytes_per_image"] == traced.held_bytes
    assert facts(loaded)["image_size"][0] == facts(loaded)["image_size"][1]


def test_info_is_a_table_for_people(model, capsys):
    assert main(["info", model]) == 0
    told = capsys.readouterr().out
    assert "DPMSolverMultistepScheduler" in told
    assert "1 × down, maps of 8 × 8, 2 heads" in told


@pytest.fixture
def photograph(tmp_path) -> str:
    gradient = np.linspace(0, 255, 32 * 64 * 3).reshape(32, 64, 3).astype(np.uint8)
    Image.fromarray(gradient).save(tmp_path / "photograph.png")
    return str(tmp_path / "photograph.png")


def test_trace_writes_the_maps_of_a_picture_that_exists(model, photograph, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["trace", photograph, "a red dog", "--model", model, "--steps", "4", "--at", "1-2"]
    assert main([*arguments, "--seed", "7", "--sheet", "--out", str(out), "--json"]) == 0
    printed = capsys.readouterr()
    assert "2/2" in printed.err
    told = json.loads(printed.out)
    assert [word["overlay"] for word in told["words"]] == [
        "word-00-a.png", "word-01-red.png", "word-02-dog.png",
    ]  # fmt: skip
    assert told["provenance"]["seed"] == 7
    loaded = load_pipeline(model)
    traced = trace_image(
        loaded, render.open_image(photograph), "a red dog", seed=7, steps=4, at=[1, 2]
    )
    assert np.array_equal(Image.open(out / "image.png"), traced.image)
    assert np.allclose(read_maps(out / "maps.safetensors").soft, traced.stack(), atol=1e-3)
    assert Image.open(out / told["sheet"]).width > 256


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--at", "30"], "steps 0 to 29"),
        (["--at", "early"], "not like 7, 0,1,2 or 0-9"),
        (["--seed", "-1"], "A seed is"),
    ],
)
def test_what_trace_cannot_do_is_said_in_one_sentence(
    arguments, said, model, photograph, tmp_path, capsys
):
    try:
        status = main(["trace", photograph, "dog", "--model", model, "--out", str(tmp_path / "out"),
                       *arguments])  # fmt: skip
    except SystemExit as exit_:
        status = exit_.code
    assert said in complaint(status, capsys.readouterr().err)


@pytest.mark.parametrize("name", ["text.png", "nowhere.png", "."])
def test_files_that_are_no_pictures_are_not_traced(name, model, tmp_path, capsys):
    (tmp_path / "text.png").write_text("no picture")
    arguments = ["trace", str(tmp_path / name), "dog", "--model", model]
    status = main([*arguments, "--out", str(tmp_path / "out")])
    assert "cannot be opened" in complaint(status, capsys.readouterr().err)
    assert not (tmp_path / "out").exists()


def complaint(status: int, printed: str) -> str:
    """The sentence that a failed command ends with, perhaps after its progress."""
    assert status == 2
    *progress, sentence = printed.splitlines()
    assert all("ing: " in line or not line for line in progress), printed
    assert sentence.startswith("daam_engine: ")
    return sentence


def test_complaints_are_one_sentence_and_status_2(tmp_path, capfd):
    status = main(["generate", "a dog", "--model", "no-such-model", "--out", str(tmp_path)])
    printed = capfd.readouterr()
    assert "“no-such-model” is neither" in complaint(status, printed.err)
    assert printed.err.count("\n") == 1
    assert printed.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to paint"),
        (["dog", "--seed", "-1"], "--seed"),
        (["dog", "--seed", "5-1"], "holds no number"),
        (["dog", "--seed", "0-999999999"], "too many"),
        (["dog", "--seed", str(2**64)], "A seed is a whole number"),
        (["dog", "--tau", "2"], "from 0 to 1"),
        (["dog", "--opacity", "hot"], "from 0 to 1"),
        (["dog", "--batch-size", "0"], "from 1 upwards"),
        (["dog", "--colour-map", "rainbow"], "invalid choice"),
        (["dog", "--steps", "0"], "0 "),
        (["dog", "--height", "30"], "30 is not"),
        (["dog", "--device", "cuda:99"], "no device “cuda:99”"),
        (["dog", "--dtype", "float8"], "Unknown dtype"),
        (["dog", "--scheduler", "MagicScheduler"], "“MagicScheduler” cannot take the place"),
        (["dog", "--parser", "no_such_parser"], "no_such_parser"),
        (["--prompts", "/nowhere/prompts.txt"], "“/nowhere/prompts.txt” cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
def test_what_generate_cannot_do_is_said_in_one_sentence(arguments, said, model, tmp_path, capsys):
    try:
        status = main(["generate", "--model", model, "--out", str(tmp_path / "out"), *arguments])
    except SystemExit as exit_:
        status = exit_.code
    printed = capsys.readouterr()
    assert said in complaint(status, printed.err)
    assert printed.out == ""


@pytest.mark.parametrize(
    ("prompt", "said"), [("", "empty"), (" ", "empty"), ("a\0b", "U+0000"), ("\udcff", "U+DCFF")]
)
def test_prompts_that_are_no_text_are_refused(prompt, said, generate):
    status, result, printed = generate(prompt)
    assert said in complaint(status, printed)
    assert result is None


def test_prompts_in_another_encoding_are_refused(generate, tmp_path):
    (tmp_path / "prompts.txt").write_bytes("große Katze".encode("latin-1"))
    status, result, printed = generate("--prompts", str(tmp_path / "prompts.txt"))
    assert "not text in UTF-8 (byte 3)" in complaint(status, printed)
    assert result is None


def test_files_of_blank_lines_are_refused(generate, tmp_path):
    (tmp_path / "prompts.txt").write_text("\n \n")
    status, _, printed = generate("--prompts", str(tmp_path / "prompts.txt"))
    assert "nothing to paint" in complaint(status, printed)


def test_a_folder_that_cannot_be_made_is_noticed_before_anything_is_painted(generate, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, printed = generate("dog", out=tmp_path / "file")
    assert "cannot be made (File exists)" in complaint(status, printed)


def test_folders_without_pictures_have_no_sheet(tmp_path, capsys):
    status = main(["sheet", str(tmp_path)])
    assert "holds no maps.safetensors" in complaint(status, capsys.readouterr().err)


def test_maps_without_their_image_have_no_sheet(generate, tmp_path, capsys):
    generate("dog")
    (tmp_path / "out" / "image.png").unlink()
    status = main(["sheet", str(tmp_path / "out")])
    assert "holds no image" in complaint(status, capsys.readouterr().err)


def test_damaged_images_have_no_sheet(generate, tmp_path, capsys):
    generate("dog")
    (tmp_path / "out" / "image.png").write_bytes(b"no picture")
    status = main(["sheet", str(tmp_path / "out")])
    assert "no picture that can be read" in complaint(status, capsys.readouterr().err)


def test_a_folder_that_is_no_model_is_refused(tmp_path, capsys):
    status = main(["info", str(tmp_path)])
    assert "model_index.json" in complaint(status, capsys.readouterr().err)


def test_a_model_that_reads_no_text_is_refused(tmp_path, capsys):
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    unet = UNet2DModel(8, block_out_channels=(32,), down_block_types=("DownBlock2D",),
                       up_block_types=("UpBlock2D",))  # fmt: skip
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(tmp_path)
    for arguments in (["info", str(tmp_path)], ["generate", "dog", "--model", str(tmp_path)]):
        out = ["--out", str(tmp_path / "out")] if arguments[0] == "generate" else []
        sentence = complaint(main([*arguments, *out]), capsys.readouterr().err)
        assert "UNet2DModel" in sentence or "DDPMPipeline" in sentence


def test_ctrl_c_ends_it_with_a_sentence_and_keeps_what_is_complete(model, tmp_path):
    arguments = ["generate", "dog", "--seed", "0-9999", "--model", model, "--steps", "1"]
    with subprocess.Popen(
        command(*arguments, "--out", str(tmp_path)),
        stderr=subprocess.PIPE,
        text=True,
        # Who starts the tests in the background may have told their children to ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stderr is not None
        while "0/10000" not in process.stderr.readline(100):
            assert process.poll() is None
        process.stderr.read(2000)  # some pictures later
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "stopped" in rest
    assert "Traceback" not in rest
    assert (tmp_path / "001-dog-seed-0" / "meta.json").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [("7", [7]), ("0,1,2", [0, 1, 2]), ("0-3", [0, 1, 2, 3]), ("5, 1-2,5", [5, 1, 2])],
)
def test_numbers_are_given_one_by_one_and_as_ranges(text, found):
    assert numbers(text) == found


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
