"""The results in words. Every number is one of `domain.results.summary`: none is made here."""

from __future__ import annotations

from collections.abc import Iterator

from annotator.domain.methods.facts import Facts
from annotator.domain.results.summary import Results, Summary, describe

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


def opinion_rows(results: Results) -> Iterator[tuple[str, str, str]]:
    overall = results.overall
    yield (
        "MOS, mean of all scores",
        _told(overall.mos_text, overall.mos_note),
        f"The mean opinion score is {overall.mos_text} (mean of all scores, n = {overall.mos.n}).",
    )
    yield (
        "MOS, the rule of Tang et al.",
        _told(overall.paper_text, overall.paper_note),
        f"As the mean of the items' medians, without items that anybody opted out of, it is "
        f"{overall.paper_text} (n = {overall.paper.n} items).",
    )
    parts = "; ".join(f"{summary.name} {summary.mos_text}" for summary in results.by_pos)
    yield "MOS per part of speech", parts, f"Per part of speech: {parts}." if parts else ""


def agreement_rows(summary: Summary) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    for found in summary.agreement:
        name, cites = MEASURES[found.name]
        told = describe(found.estimate)
        # The rest is in the checklist: a paper reports one measure, or two.
        sentence = f"{name}, is {told} (n = {found.estimate.n} scores)." if cites else ""
        yield name, _told(told, found.note), sentence, cites


def control_rows(results: Results) -> Iterator[tuple[str, str, str]]:
    for row in results.comparisons:
        mos = describe(row.mos)
        above = describe(row.contrast.difference)
        yield (
            f"Real maps above control: {row.name}",
            f"{above}; the control's MOS {mos}",
            f"Real maps are rated higher than “{row.name}” by {above}.",
        )


def without_exclusions(facts: Facts) -> str:
    """What the exclusions change, for who wants to know."""
    if facts.with_everybody is None:
        return "the numbers are without them."
    before, after = facts.with_everybody.overall.mos_text, facts.results.overall.mos_text
    return f"with them the mean opinion score is {before}, without them {after}."


def _told(text: str, note: str) -> str:
    return f"{text} ({note})" if note else text
