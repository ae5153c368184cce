"""What a study has found: a page that follows the raters, and its figures to take away."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotator.access import get_study_for_researcher, researcher_required
from annotator.domain import results as domain
from annotator.domain.comparison import Comparison
from annotator.domain.export import csv_pieces
from annotator.enums import OptOut, PartOfSpeech
from annotator.models import Study
from annotator.views.figures import FIGURES, numbers_of
from annotator.views.headlines import headlines

_STANDALONE = "researcher/figures/standalone.svg"


@require_safe
@researcher_required
def results(request: HttpRequest, study_id: int) -> HttpResponse:
    """The page; with `?fragment=1` its numbers alone, and only where they are news to the asker."""
    study = get_study_for_researcher(request, study_id)
    version = domain.data_version(study=study)
    if "fragment" not in request.GET:
        return render(request, "researcher/results.html", _context(request, study, version))
    etag = quote_etag(f"{version}-{_everybody(request):d}")
    response = get_conditional_response(request, etag=etag) or render(
        request, "researcher/_results.html", _context(request, study, version)
    )
    response["ETag"] = etag
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_safe
@researcher_required
def figure(request: HttpRequest, study_id: int, extension: str) -> HttpResponse:
    """`figure.svg?figure=mos` and `figure.csv?figure=mos`, of the parts of speech in `pos`."""
    study = get_study_for_researcher(request, study_id)
    name = request.GET.get("figure", "")
    if name not in FIGURES or extension not in ("svg", "csv"):
        raise Http404("There is no such figure.")
    version = domain.data_version(study=study)
    found = domain.results(
        study=study,
        parts_of_speech=_chosen(request),
        version=version,
        everybody=_everybody(request),
    )
    if extension == "csv":
        response = HttpResponse(
            csv_pieces(numbers_of(name, found)), content_type="text/csv; charset=utf-8"
        )
    else:
        drawn = FIGURES[name](study, found)
        response = render(
            request, _STANDALONE, {"figure": drawn}, content_type="image/svg+xml; charset=utf-8"
        )
    file_name = f"study-{study.pk}-{name}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{file_name}"'
    return response


def _context(request: HttpRequest, study: Study, version: domain.DataVersion) -> dict[str, Any]:
    chosen, everybody = _chosen(request), _everybody(request)
    found = domain.results(
        study=study, parts_of_speech=chosen, version=version, everybody=everybody
    )
    return {
        "study": study,
        "results": found,
        "rows": (found.overall, *found.by_pos),
        "notes": _notes(found),
        "headlines": headlines(study, found),
        "comparison_rows": [_comparison_row(comparison) for comparison in found.comparisons],
        "figures": [draw(study, found) for draw in FIGURES.values()],
        "opt_out_labels": [reason.label for reason in OptOut],
        "parts": [PartOfSpeech(pos) for pos in study.parts_of_speech],
        "chosen": chosen,
        "everybody": everybody,
        "query": "".join(f"&pos={pos}" for pos in chosen) + ("&everybody=1" if everybody else ""),
        "pos_query": "".join(f"&pos={pos}" for pos in chosen),
        "confidence": round(100 * domain.CONFIDENCE),
        "resamples": domain.RESAMPLES,
        "seed": domain.BOOTSTRAP_SEED,
    }


def _comparison_row(comparison: Comparison) -> dict[str, Any]:
    meanings = {
        "above": _("Real maps are rated higher."),
        "below": _("Real maps are rated lower."),
        "open": _("Not told apart so far."),
        "": _("Too few items to tell."),
    }
    return {
        "name": comparison.name,
        "n_items": comparison.n_items,
        "n_scores": comparison.mos.n,
        "n_opt_outs": comparison.n_opt_outs,
        "mos": domain.describe(comparison.mos),
        "difference": domain.describe(comparison.difference),
        "meaning": meanings[comparison.verdict],
    }


def _chosen(request: HttpRequest) -> tuple[str, ...]:
    asked = request.GET.getlist("pos")
    return tuple(pos for pos in PartOfSpeech.values if pos in asked)


def _everybody(request: HttpRequest) -> bool:
    """Excluded raters too."""
    return request.GET.get("everybody") == "1"


def _notes(found: domain.Results) -> list[str]:
    """One line per number that is not there, saying why."""
    return [
        f"{summary.name}, {what}: {note}."
        for summary in (found.overall, *found.by_pos)
        for what, note in (("MOS", summary.mos_note), ("alpha", summary.alpha_note))
        if note
    ]
