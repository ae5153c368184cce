"""On the bundled model, in as few steps as it takes: that each experiment measures what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from daam_engine import GenerationSettings, InvalidRequestError, load_pipeline
from daam_engine.analysis.intervals import Estimate
from daam_engine.experiments import EXPERIMENTS, Outcome, Plan
from daam_engine.experiments.adjectives import read_template
from daam_engine.experiments.cohyponyms import bundled_ontology
from daam_engine.experiments.plan import subjects_of
from daam_engine.experiments.syntax import permuted
from daam_engine.models import LoadedPipeline
from tests.daam_engine.analysis.test_syntax import SENTENCE
from tests.daam_engine.segmenters import tiny

PLAN = Plan(limit=6, seed=3, settings=GenerationSettings(steps=4))


@pytest.fixture(scope="module")
def bundled() -> LoadedPipeline:
    return load_pipeline("bundled")


def run(kind: str, loaded: LoadedPipeline, **changes) -> Outcome:
    told = []
    plan = replace(PLAN, **changes)
    outcome = EXPERIMENTS[kind](loaded, plan, lambda *progress: told.append(progress))
    assert told[-1] == (plan.limit, plan.limit)
    assert outcome.provenance["model"] == loaded.model
    return outcome


def rows(outcome: Outcome, table: int = 0) -> dict:
    return {row[0]: row[1:] for row in outcome.tables[table].rows}


@pytest.fixture(scope="module")
def segmenters(tmp_path_factory) -> tuple[str, str]:
    """One finds everything everywhere, the other suns alone."""
    anything, suns = (tmp_path_factory.mktemp(name) for name in ("clipseg", "mask2former"))
    tiny.save_clipseg_of_everything(anything)
    tiny.save_mask2former_of_everything(suns, "sun", "zebra")
    return str(anything), str(suns)


@pytest.fixture(scope="module")
def segmented(bundled, segmenters) -> Outcome:
    return run("segmentation", bundled, segmenters=(*segmenters, segmenters[0]))


def test_nouns_are_segmented_better_than_by_any_baseline_but_the_upper_bound(segmented):
    found = {name: row[0].value for name, row in rows(segmented).items()}
    best = found.pop("heat map, τ = 0.4, of max")
    by_chance = ("whole picture", "random box", "another")
    baselines = [found[name] for name in found if name.startswith(by_chance)]
    assert len(baselines) == 4
    assert best > 2 * max(baselines)
    assert [len(table.rows) for table in segmented.tables[1:]] == [7, 19]
    assert segmented.pictures["sheet"].width > 500


def test_every_method_is_drawn_beside_the_heat_map_and_the_papers_range(segmented):
    found = {name: row[0] for name, row in rows(segmented).items()}
    best = found.pop("heat map, τ = 0.4, of max")
    sweep, methods, differences = segmented.charts
    assert sweep.xs[7] == sweep.marked == 0.4
    assert sweep.curves[0][7] == best == methods.rows[0].marks[0]
    assert [row.marks[0] for row in methods.rows[1:]] == [
        value for name, value in found.items() if "heat map" not in name
    ]
    assert [row.label for row in differences.rows] == [row.label for row in methods.rows]
    compared = rows(segmented, 1)
    assert [row.marks[0] for row in differences.rows[1:]] == [
        compared[row.name][2] for row in methods.rows[1:]
    ]
    assert (methods.band.low, methods.band.high) == (0.588, 0.648)


def test_the_sweep_holds_the_threshold_that_was_asked_for(bundled):
    sweep, methods, _ = run("segmentation", bundled, limit=3, tau=0.37).charts
    assert sweep.marked in sweep.xs
    assert len(sweep.xs) == 20
    assert methods.rows[0].name == "heat map, τ = 0.37"


def test_segmenters_stand_in_the_tables_and_beside_the_heat_map_noun_by_noun(segmented, segmenters):
    found, beside = rows(segmented), rows(segmented, 1)
    anything, suns = f"CLIPSeg ({segmenters[0]})", f"Mask2Former ({segmenters[1]})"
    assert list(found)[-2:] == [anything, suns]
    whole = found["whole picture"][0]
    assert found[anything][0] == whole  # which is what it answers
    assert found[suns][0].n == whole.n
    assert 0 < found[suns][0].value < whole.value
    first, second, difference, p = beside[anything]
    assert (first, second) == (found["heat map, τ = 0.4, of max"][0], whole)
    assert np.isclose(difference.value, first.value - second.value)
    assert p == beside["whole picture"][3]
    pictures = int(segmented.tables[0].title.split()[-2])
    assert min(row[3] for row in beside.values()) == len(beside) * 2 / 2**pictures  # Holm's
    assert f"{suns} has no label for" in " ".join(segmented.remarks)
    assert [name.split("@")[0] for name in segmented.provenance["segmenters"]] == list(segmenters)


def test_labels_that_name_no_noun_are_refused_before_anything_is_painted(bundled, tmp_path):
    tiny.save_mask2former_of_everything(tmp_path, "zebra")
    plan = replace(PLAN, segmenters=(str(tmp_path),))
    with pytest.raises(InvalidRequestError, match="is a noun of these prompts"):
        EXPERIMENTS["segmentation"](bundled, plan, pytest.fail)


def test_syntax_is_exact_for_captions_and_the_control_has_the_same_pairs(bundled):
    outcome = run("syntax", bundled, limit=4)
    relative, absolute, shuffled = (rows(outcome, table) for table in range(3))
    assert {"det", "amod", "unrelated", "words of one thing"} <= relative.keys()
    counts = {name: row[0] for name, row in relative.items()}
    assert counts == {name: row[0] for name, row in absolute.items()}
    assert counts == {name: row[0] for name, row in shuffled.items()}
    assert relative["det"][1] != absolute["det"][1]
    assert relative["det"][1] != shuffled["det"][1]
    levels, dominance, beside = outcome.charts
    assert [row.name for row in levels.rows] == [row.name for row in dominance.rows]
    for row in dominance.rows:
        assert row.marks == (relative[row.name][4], shuffled[row.name][4])
    partners = rows(outcome, 3)
    assert "unrelated" not in partners
    n, own, others, difference, _, by_chance, _ = partners["head–dependent"]
    assert 0 < n < counts["head–dependent"]
    assert np.isclose(difference.value, own.value - others.value)
    assert difference.value > max(0, by_chance.value)
    assert {row.name: row.marks for row in beside.rows} == {
        name: (row[3], row[5]) for name, row in partners.items()
    }


def test_maps_are_permuted_among_the_words_that_have_one():
    mixed = permuted(SENTENCE, np.random.default_rng(2))
    assert [found.word for found in mixed] == [found.word for found in SENTENCE]
    assert mixed[4].soft is None
    before, after = ([found.soft.tolist() for found in words[:4]] for words in (SENTENCE, mixed))
    assert sorted(before) == sorted(after)
    assert before != after


def test_cohyponyms_are_counted_and_every_picture_is_listed(bundled):
    outcome = run("cohyponyms", bundled, limit=4)
    there = rows(outcome)["both things in the picture"]
    listed = outcome.tables[1].rows
    assert [row[2] for row in listed] == [True, False, True, False]
    assert there[0].value == np.mean([row[3] for row in listed if row[2]])
    assert all(len(nouns) == 2 for nouns in bundled_ontology().values())
    levels, differences = outcome.charts
    assert levels.rows[0].marks == there[:2]
    assert differences.rows[0].marks == there[2:3]
    assert [mark.value for mark in levels.rows[2].marks] == [0.52, 0.61]  # the paper's


def test_adjectives_are_painted_freely_and_frozen(bundled, tmp_path):
    templates = tmp_path / "templates.txt"
    templates.write_text("a {red,blue,green} square on a light background\n")
    outcome = run("adjectives", bundled, limit=1, prompts=templates)
    series = outcome.tables[1].rows
    assert [(row[1], row[3]) for row in series] == [
        ("blue", False), ("blue", True), ("green", False), ("green", True),
    ]  # fmt: skip
    frozen_spread = {row[4] for row in series if row[3]}
    assert len(frozen_spread) == 1  # frozen maps are the first adjective's
    assert len({row[4] for row in series if not row[3]}) == 2
    assert all(isinstance(row[1], Estimate) for row in outcome.tables[0].rows)
    levels, differences = outcome.charts
    for row, level, difference in zip(
        outcome.tables[0].rows, levels.rows, differences.rows, strict=True
    ):
        assert (*level.marks, *difference.marks) == row[1:4]


def test_adjectives_of_unequal_length_are_refused(bundled, tmp_path):
    templates = tmp_path / "templates.txt"
    templates.write_text("a {red,extraordinary} square\n")
    with pytest.raises(InvalidRequestError, match="as long as each other in tokens"):
        run("adjectives", bundled, prompts=templates)


@pytest.mark.parametrize("text", ["a red car", "a {red} car", "a {red,} car", "a {red,blue}"])
def test_what_is_no_template_is_refused(text):
    with pytest.raises(InvalidRequestError, match="is no template"):
        read_template(text)


def test_a_template_knows_its_noun():
    template = read_template("a {rusty, wooden} shovel, in a shed")
    assert template.adjectives == ("rusty", "wooden")
    assert template.noun == "shovel"
    assert template.prompt("rusty") == "a rusty shovel, in a shed"


def test_layers_heads_and_steps_are_taken_apart(bundled):
    outcome = run("ablation", bundled, limit=3)
    found = rows(outcome)
    assert sum("head" in name for name in found) == 4
    assert sum("steps" in name for name in found) == 3
    everything = found["everything (the paper's sum)"]
    assert everything[1] is None
    for _, row in list(found.items())[1:]:
        assert np.isclose(row[0].value - everything[0].value, row[1].value)
    levels, differences = outcome.charts
    assert [len(row.points) for row in levels.rows] == [0, 2, 2, 0, 0, 0, 0]
    assert levels.rows[1].label == "up 1, attention 0, block 0"
    assert (levels.band.low, levels.band.high) == (everything[0].low, everything[0].high)
    assert differences.rows[2].points[1].value == list(found.values())[6][1].value


def test_words_are_counted_by_part_of_speech_and_lemma(bundled, tmp_path):
    outcome = run("words", bundled, limit=3)
    parts, permuted = rows(outcome), rows(outcome, 1)
    assert {"NOUN", "DET", "ADJ"} <= parts.keys()
    assert {name: row[:2] for name, row in parts.items()} == {
        name: row[:2] for name, row in permuted.items()
    }
    assert parts["NOUN"][2] != permuted["NOUN"][2]
    listed = {table.name: table.rows for table in outcome.listings}
    assert sum(row[0] for row in parts.values()) == len(listed["occurrences"])
    assert sum(row[2] for row in listed["lemmas-all"]) == len(listed["occurrences"])
    nouns = [row[5] for row in listed["occurrences"] if row[4] == "NOUN"]
    assert np.isclose(parts["NOUN"][2].value, np.mean(nouns))
    assert [chart.name for chart in outcome.charts] == [
        "area", "effective-area", "word-spread", "head-overlap", "lemma-area",
    ]  # fmt: skip
    first = outcome.charts[0].rows[0]
    assert first.marks == (parts[first.label][2], permuted[first.label][2])


def test_drawn_masks_are_held_against_the_pictures_of_their_number(bundled, tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a red square\n")
    folder = tmp_path / "masks" / "0001"
    folder.mkdir(parents=True)
    everywhere = np.full((128, 128, 4), 255, dtype=np.uint8)
    Image.fromarray(everywhere).save(folder / "square.gt.png")
    outcome = run("segmentation", bundled, limit=1, prompts=prompts, masks=tmp_path / "masks")
    assert rows(outcome)["whole picture"][0].value == 1.0
    Image.fromarray(everywhere[:64]).save(folder / "square.gt.png")
    with pytest.raises(InvalidRequestError, match="128 × 64 pixels and its picture 128 × 128"):
        run("segmentation", bundled, limit=1, prompts=prompts, masks=tmp_path / "masks")


def test_prompts_without_masks_and_models_without_prompts_are_refused(bundled, tmp_path):
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a red square\n")
    with pytest.raises(InvalidRequestError, match="no masks to compare with"):
        run("segmentation", bundled, prompts=prompts)
    with pytest.raises(InvalidRequestError, match="Only the bundled model has prompts"):
        subjects_of(PLAN, replace(bundled, model="other"))
    with pytest.raises(InvalidRequestError, match="at least one picture"):
        subjects_of(replace(PLAN, limit=0), bundled)


def test_scenes_know_their_syntax_and_other_prompts_are_parsed(bundled, tmp_path):
    scenes = subjects_of(PLAN, bundled)
    assert all(subject.scene is not None for subject in scenes)
    assert [subject.seed for subject in scenes] == [4, 5, 6, 7, 8, 9]
    unreal = subjects_of(replace(PLAN, unreal=("NOUN",)), bundled)
    assert all(subject.scene is None for subject in unreal)
    assert [one.prompt for one in unreal] != [one.prompt for one in scenes]
    prompts = Path(tmp_path / "prompts.txt")
    prompts.write_text("a red car\na blue car and a bus\n")
    adjectives = subjects_of(replace(PLAN, prompts=prompts, unreal=("ADJ",)), bundled)
    assert {one.prompt for one in adjectives} == {"a blue car", "a red car and a bus"}
    prompts.write_text("a bunch of bananas\n")
    (parsed,) = subjects_of(replace(PLAN, prompts=prompts), bundled)
    assert parsed.words[3].dependency == "nmod:of"
