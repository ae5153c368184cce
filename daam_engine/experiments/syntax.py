"""Paper §4: how do the maps of syntactically related words overlap?"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from daam_engine.analysis import syntax
from daam_engine.analysis.syntax import OTHER, SAME, HardRule, PairOverlap, RelationOverlap
from daam_engine.bundled.grammar import words_of_one_thing
from daam_engine.experiments import published
from daam_engine.experiments.outcome import Cell, Outcome, Table, arranged
from daam_engine.experiments.plan import (
    Plan,
    Progress,
    Subject,
    mean_shares,
    paint,
    subjects_of,
)
from daam_engine.experiments.syntax_charts import of_syntax
from daam_engine.generate import Generated
from daam_engine.heat_map import WordHeatMap
from daam_engine.models import LoadedPipeline
from daam_engine.render import Style
from daam_engine.sheet import sheet

_COLUMNS = ("relation", "n", "mIoU", "mIoD", "mIoH", "mIoD − mIoH", "p (Holm)", "dominates")


@dataclass
class Measured:
    """Pairs of words under one rule for hard maps: by relation, and in groups beside them."""

    rule: HardRule
    related: list[PairOverlap] = field(default_factory=list)
    beside: list[PairOverlap] = field(default_factory=list)

    def add(self, subject: Subject, words: Sequence[WordHeatMap]) -> None:
        found = list(syntax.head_dependent_pairs(words, rule=self.rule, prompt=subject.number))
        self.related += found
        self.beside += syntax.relabelled(found, syntax.ALL)
        self.beside += syntax.unrelated_pairs(words, rule=self.rule, prompt=subject.number)
        if subject.scene is not None:
            self.beside += self._of_things(subject, words)

    def _of_things(self, subject: Subject, words: Sequence[WordHeatMap]) -> list[PairOverlap]:
        """What only a scene knows: which words speak of one thing, and which of two."""
        assert subject.scene is not None  # noqa: S101
        things = words_of_one_thing(subject.scene)
        others = [(a, b) for k, one in enumerate(things) for more in things[k + 1 :]
                  for a in one for b in more]  # fmt: skip
        among = syntax.pairs_among
        return [
            *among(words, things, SAME, rule=self.rule, prompt=subject.number),
            *among(words, others, OTHER, rule=self.rule, prompt=subject.number),
        ]

    def rows(self, seed: int) -> list[RelationOverlap]:
        """The ten most common relations, then the groups; each set with its own Holm."""
        return [
            *syntax.by_relation(self.related, most=syntax.MOST_COMMON, seed=seed),
            *syntax.by_relation(self.beside, seed=seed),
        ]


def run(loaded: LoadedPipeline, plan: Plan, progress: Progress) -> Outcome:
    """Raises `InvalidRequestError` and `ParserNotInstalledError`."""
    subjects = subjects_of(plan, loaded)
    relative = Measured(syntax.relative(plan.tau))
    absolute = Measured(syntax.absolute())
    shuffled = Measured(syntax.relative(plan.tau))
    examples: dict[str, Image.Image] = {}
    provenance = {}
    rng = np.random.default_rng(plan.seed)
    for subject, generated in paint(loaded, subjects, plan, progress):
        words = mean_shares(generated)
        relative.add(subject, words)
        absolute.add(subject, words)
        shuffled.add(subject, permuted(words, rng))
        _keep_examples(examples, generated, words)
        provenance = generated.provenance
    rows, permuted_rows = relative.rows(plan.seed), shuffled.rows(plan.seed)
    common = [examples[row.relation] for row in rows if row.relation in examples]
    return Outcome(
        "syntax",
        (
            _table("syntax", f"Hard maps at {plan.tau} of their maximum (the paper's rule)", rows),
            _table(
                "syntax-absolute",
                f"Hard maps where the mean share exceeds {syntax.NOTEBOOKS_SHARE} (the notebook's)",
                absolute.rows(plan.seed),
            ),
            _table(
                "syntax-shuffled",
                "Control: maps permuted among the words of their prompt",
                permuted_rows,
            ),
            _partners_table(rows, permuted_rows),
            _paper_table(rows),
        ),
        _remarks(subjects),
        {"examples": arranged(common, 2)} if common else {},
        provenance,
        of_syntax(rows, permuted_rows, plan.tau),
    )


def permuted(words: Sequence[WordHeatMap], rng: np.random.Generator) -> list[WordHeatMap]:
    """The same words, each with the map of a word of the prompt drawn at random."""
    read = [place for place, found in enumerate(words) if found.soft is not None]
    given = dict(zip(read, rng.permutation(read).tolist(), strict=True))
    return [
        dataclasses.replace(found, soft=words[given[place]].soft) if place in given else found
        for place, found in enumerate(words)
    ]


def _table(name: str, title: str, rows: Sequence[RelationOverlap]) -> Table:
    return Table(
        name,
        title,
        _COLUMNS,
        tuple(
            (row.relation, row.n, row.miou, row.miod, row.mioh, row.difference, row.p, row.dominant)
            for row in rows
        ),
    )


def _partners_table(
    rows: Sequence[RelationOverlap], permuted_rows: Sequence[RelationOverlap]
) -> Table:
    """Rows without a single pair that has other words of its kind beside it are left out."""
    by_chance = {row.relation: row.exchanged for row in permuted_rows}
    return Table(
        "syntax-partners",
        "Do words overlap more with their partner than with others of its part of speech?",
        ("relation", "n", "mIoU", "with others", "difference", "p (Holm)",
         "difference, permuted", "p (Holm), permuted"),
        tuple(
            (row.relation, row.exchanged.first.n, row.exchanged.first, row.exchanged.second,
             row.exchanged.difference, row.exchanged.p, by_chance[row.relation].difference,
             by_chance[row.relation].p)
            for row in rows
            if row.exchanged.first.n
        ),
    )  # fmt: skip


def _paper_table(rows: Sequence[RelationOverlap]) -> Table:
    def beside(row: RelationOverlap) -> tuple[Cell, ...]:
        paper = published.SYNTAX.get(row.relation, (None, None))
        notebook = published.NOTEBOOKS_SYNTAX.get(row.relation, (None, None))
        said = published.DOMINANT.get(row.relation)
        return (
            row.relation, row.miod.value, row.mioh.value, row.dominant, *paper, said, *notebook,
        )  # fmt: skip

    known = published.SYNTAX.keys() | published.NOTEBOOKS_SYNTAX.keys()
    return Table(
        "beside-the-paper",
        f"Beside the paper ({published.MODEL})",
        ("relation", "ours mIoD", "mIoH", "dominates", "paper mIoD", "mIoH", "dominates",
         "notebook mIoD", "mIoH"),
        tuple(beside(row) for row in rows if row.relation in known),
    )  # fmt: skip


def _remarks(subjects: Sequence[Subject]) -> tuple[str, ...]:
    known = subjects[0].scene is not None
    syntax_of = (
        "Syntax: the captions' own, known exactly. " if known else "Syntax: found by a parser. "
    )
    coreferent = (
        "The captions mention everything once, so there are no coreferent pairs; words of one "
        "thing take their place."
        if known
        else "Coreferent pairs need an annotation of coreference, which a parser does not give."
    )
    return (
        f"{syntax_of}Relations: enhanced Universal Dependencies.",
        coreferent,
        "Permuted maps are of other sizes than those of the words, so their mIoU is no measure of "
        "chance. What a pair would overlap if it were none, other words of its partner's part of "
        "speech say, in the same prompt. Permuted, that difference and mIoD − mIoH should be 0.",
        "mIoD > mIoH: the head's map contains the dependent's, the head dominates. Intervals: "
        "95 %, prompts drawn again; p: signs flipped prompt by prompt, adjusted by Holm.",
        f"Paper's figures: {published.SOURCES['lecture']}. Notebook's: "
        f"{published.SOURCES['notebook']}.",
    )


def _keep_examples(
    examples: dict[str, Image.Image], generated: Generated, words: Sequence[WordHeatMap]
) -> None:
    """The first picture of every relation: the maps of the dependent and of its head."""
    for found in words:
        relation, head = found.word.dependency, words[found.word.head]
        if relation not in examples and head is not found and None not in (found.soft, head.soft):
            examples[relation] = sheet(
                generated.image,
                f"{relation}: {generated.prompt}",
                [found.word, head.word],
                [found.soft, head.soft],
                style=Style(tau=0.4),
                columns=3,
            )
