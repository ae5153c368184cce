"""Beyond the paper: what the maps of a corpus's words are like, by lemma and by part of speech."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from daam_engine.analysis import word_statistics
from daam_engine.analysis.word_statistics import Occurrence, WordStatistics
from daam_engine.experiments import word_charts
from daam_engine.experiments.outcome import Cell, Outcome, Table, arranged
from daam_engine.experiments.plan import Plan, Progress, paint, subjects_of
from daam_engine.experiments.syntax import permuted
from daam_engine.models import LoadedPipeline
from daam_engine.render import Style

_MEASURES = ("area", "effective area", "spread", "IoU with its head")
_MOST_LEMMAS = 200  # more are a list to download, not a table to read
_EXAMPLES = 4


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """Raises `InvalidRequestError` and `ParserNotInstalledError`."""
    subjects = subjects_of(plan, loaded)
    found: list[Occurrence] = []
    mixed: list[Occurrence] = []
    sheets: list[Image.Image] = []
    provenance: Mapping[str, Any] = {}
    rng = np.random.default_rng(plan.seed)
    for subject, generated in paint(loaded, subjects, plan, progress):
        words = generated.words
        found += word_statistics.occurrences(words, plan.tau, picture=subject.number)
        mixed += word_statistics.occurrences(permuted(words, rng), plan.tau, picture=subject.number)
        if len(sheets) < _EXAMPLES:
            sheets.append(generated.sheet(Style(tau=plan.tau)))
        provenance = generated.provenance
    parts, control = (
        word_statistics.by(some, word_statistics.part_of_speech, seed=plan.seed)
        for some in (found, mixed)
    )
    lemmas = word_statistics.by(found, word_statistics.lemma, seed=plan.seed)
    return Outcome(
        "words",
        (
            _parts_table("parts-of-speech", "By part of speech", parts),
            _parts_table(
                "parts-of-speech-permuted",
                "Control: maps permuted among the words of their prompt",
                control,
            ),
            _lemmas_table("lemmas", "The most common lemmas", lemmas, _MOST_LEMMAS),
        ),
        _remarks(found, len(subjects), plan.tau),
        {"sheet": arranged(sheets, 2)},
        provenance,
        word_charts.of_words(parts, control, lemmas, plan.tau),
        (_lemmas_table("lemmas-all", "All lemmas", lemmas), _occurrences_table(found)),
    )


def _parts_table(name: str, title: str, rows: Mapping[str, WordStatistics]) -> Table:
    return Table(
        name,
        title,
        ("part of speech", "n", "pictures", *_MEASURES),
        tuple((part, *_cells(one)) for part, one in rows.items()),
    )


def _lemmas_table(
    name: str,
    title: str,
    rows: Mapping[tuple[str, str], WordStatistics],
    most: int | None = None,
) -> Table:
    return Table(
        name,
        title,
        ("lemma", "part of speech", "n", "pictures", *_MEASURES),
        tuple((*key, *_cells(one)) for key, one in list(rows.items())[:most]),
    )


def _cells(one: WordStatistics) -> tuple[Cell, ...]:
    return one.n, one.pictures, one.area, one.effective_area, one.spread, one.head_iou


def _occurrences_table(found: Sequence[Occurrence]) -> Table:
    return Table(
        "occurrences",
        "Every word of every picture",
        ("picture", "word index", "word", "lemma", "part of speech", *_MEASURES),
        tuple(
            (
                f"{one.picture:04d}", one.word.index, one.word.text, one.word.lemma, one.word.pos,
                one.area, one.effective_area, one.spread, one.head_iou,
            )
            for one in found
        ),
    )  # fmt: skip


def _remarks(found: Sequence[Occurrence], pictures: int, tau: float) -> tuple[str, ...]:
    return (
        f"{len(found)} words of {pictures} pictures; words that the text encoder did not read "
        "have no map and are not counted.",
        f"Area: share of the picture where the map reaches {tau} of its maximum. Effective area: "
        "the share that an even map of the same entropy covers, 1 everywhere alike. Spread: root "
        "mean squared distance of the attention from its centre, 1 as far as everywhere alike. IoU "
        "with its head: of hard maps; roots have none.",
        "Intervals: 95 %, pictures drawn again, so that words of one picture stay together.",
    )
