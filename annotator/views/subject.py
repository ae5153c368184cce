"""Whose results a page shows, and the words for them: a study's maps, or ratings made elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from annotator.domain.elsewhere import arrays
from annotator.domain.results.scale import Scale, scale_of
from annotator.enums import OptOut
from annotator.models import ImportedRatings, Study


@dataclass(frozen=True)
class Subject:
    """`key` begins the names of downloads; `address` gives that of a figure by its file type.

    `group` is what tasks are grouped by, as the file names it: empty without groups, and in a
    study, whose groups are parts of speech. `opt_outs` are the names of both kinds of answers
    without a score, in the order of `OptOut`; an empty one cannot occur.
    """

    key: str
    scale: Scale
    is_study: bool
    group: str
    opt_outs: tuple[str, ...]
    address: Callable[[str], str]

    def titled(self, what: str) -> str:
        """The title of a figure with a row per group."""
        if self.is_study:
            return _("%(what)s by part of speech") % {"what": what}
        return (
            _("%(what)s by “%(group)s”") % {"what": what, "group": self.group}
            if self.group
            else what
        )

    @property
    def has_opt_outs(self) -> bool:
        return any(self.opt_outs)

    @property
    def group_heading(self) -> str:
        return _("Part of speech") if self.is_study else self.group or _("Group")

    @property
    def medians_name(self) -> str:
        """The second mean of a study is the paper's; of other files it is a mean of medians."""
        if self.is_study:
            return _("the paper’s rule: mean of medians")
        return _("mean of the items’ medians")


def of_study(study: Study) -> Subject:
    return Subject(
        key=f"study-{study.pk}",
        scale=scale_of(study),
        is_study=True,
        group="",
        opt_outs=tuple(str(reason.label) for reason in OptOut),
        address=lambda extension: reverse("results-figure", args=[study.pk, extension]),
    )


def of_import(imported: ImportedRatings) -> Subject:
    chosen = arrays.choices_of(imported)
    own = imported.summary.get("reasons", True)
    named = ", ".join(chosen.opt_outs)
    return Subject(
        key=f"import-{imported.pk}",
        scale=arrays.scale_of(imported),
        is_study=False,
        group=chosen.group or "",
        opt_outs=tuple(str(reason.label) for reason in OptOut) if own else ("", named),
        address=lambda extension: reverse("import-figure", args=[imported.pk, extension]),
    )
