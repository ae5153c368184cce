"""What a study found whose raters rated maps. Every number is one of the results page's."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.methods.findings import Findings, intervals_row
from annotator.domain.methods.rows import Row
from annotator.domain.results.summary import Results, Summary, describe, p_value

# What is computed, by the name it has in the results; the sources that a paper cites for it.
MEASURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "alpha_ordinal": ("Krippendorff's alpha, ordinal", ("krippendorff2011",)),
    "ac2_ordinal": ("Gwet's AC2, ordinal weights", ("gwet2014",)),
    "kappa_quadratic": ("Cohen's kappa of pairs of raters, quadratic weights", ()),
    "icc_agreement": ("Intraclass correlation ICC(A,1)", ()),
    "fleiss_kappa": ("Fleiss' kappa, points as names", ()),
    "exact": ("Two raters give the same score", ()),
    "within_one": ("Two raters differ by one point at most", ()),
}


def findings(results: Results, with_everybody: Results | None) -> Findings:
    return Findings(
        reached=f"{results.overall.k} (real maps)",
        main="the mean opinion score",
        value=results.overall.mos_text,
        with_everybody=with_everybody.overall.mos_text if with_everybody else "",
        rows=(
            _ratings(results.overall),
            *_opinions(results),
            *_agreement(results.overall),
            *_conditions(results),
            *_controls(results),
            intervals_row("items"),
        ),
    )


def _ratings(overall: Summary) -> Row:
    return Row(
        "Ratings",
        f"{overall.n_ratings}, of which {overall.n_opt_outs} opt-outs",
        f"{overall.n_ratings} ratings of {overall.n_items} items with real maps are analysed, "
        f"{overall.n_opt_outs} of them opt-outs.",
    )


def _opinions(results: Results) -> Iterator[Row]:
    overall = results.overall
    yield Row(
        "MOS, mean of all scores",
        _told(overall.mos_text, overall.mos_note),
        f"The mean opinion score is {overall.mos_text} (mean of all scores, n = {overall.mos.n}).",
    )
    yield Row(
        "MOS, the rule of Tang et al.",
        _told(overall.paper_text, overall.paper_note),
        f"As the mean of the items' medians, without items that anybody opted out of, it is "
        f"{overall.paper_text} (n = {overall.paper.n} items).",
    )
    parts = "; ".join(f"{summary.name} {summary.mos_text}" for summary in results.by_pos)
    yield Row("MOS per part of speech", parts, f"Per part of speech: {parts}." if parts else "")


def _agreement(summary: Summary) -> Iterator[Row]:
    for found in summary.agreement:
        name, cites = MEASURES[found.name]
        told = describe(found.estimate)
        # The rest is in the checklist: a paper reports one measure, or two.
        sentence = f"{name}, is {told} (n = {found.estimate.n} scores)." if cites else ""
        yield Row(name, _told(told, found.note), sentence, cites)


def _conditions(results: Results) -> Iterator[Row]:
    if results.conditions:
        scores = "; ".join(f"“{row.name}” {describe(row.mos)}" for row in results.conditions)
        yield Row("MOS per condition", scores, f"Per condition: {scores}.")
    for row in results.pairings:
        contrast = row.contrast
        difference, p = describe(contrast.difference), f"p {p_value(contrast.p_holm)}"
        yield Row(
            f"“{row.one}” minus “{row.other}”",
            f"{difference}, n = {contrast.difference.n} pairs, {p}; Cliff's delta within pairs "
            f"{describe(contrast.delta)}",
            f"On the same {contrast.difference.n} words, “{row.one}” scores {difference} points "
            f"more than “{row.other}” ({p}, signs of prompts flipped, Holm).",
        )


def _controls(results: Results) -> Iterator[Row]:
    for row in results.comparisons:
        difference = describe(row.contrast.difference)
        p = f"p {p_value(row.contrast.p_holm)}"
        yield Row(
            f"Real maps minus control: {row.name}",
            f"{difference}, {p}; the control's MOS {describe(row.mos)}",
            f"Real maps score {difference} points more than “{row.name}” "
            f"({p}, permutation test, Holm).",
        )


def _told(text: str, note: str) -> str:
    """A note that says why there is no number says it alone."""
    if note.startswith(text):
        return note
    return f"{text} ({note})" if note else text
