"""A study of masks: every rater's to look at, and its maps held against them as they come."""

from __future__ import annotations

import csv
import io
import uuid
import xml.etree.ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from numpy.testing import assert_allclose

from annotator.domain import analyses, mask_comparisons
from annotator.domain.rating import assignments, masks
from annotator.domain.rating.assignments import Answer
from annotator.models import Study
from annotator.views.figures.experiments import figure_of
from annotator.views.figures.scatter import ScatterFigure
from tests import factories
from tests.factories import SIDE

SCATTER = {
    "type": "scatter",
    "name": "scores",
    "title": "Scores and overlap",
    "caption": "A dot per noun.",
    "measure": "IoU",
    "x_name": "mean score",
    "x_range": [1, 5],
    "y_range": [0, 1],
    "points": [
        {"label": "“circle” in: a circle", "x": 3.0, "y": 0.25},
        {"label": "“=sun” in: a =sun", "x": 5.0, "y": 1.0},
    ],
    "told": "Spearman's ρ = 1.00, n = 2",
}


@pytest.fixture
def study(alice: User) -> Study:
    """Its first noun has got a mask of four columns."""
    study = factories.make_open_study(
        alice, prompts=2, parts_of_speech=["NOUN"], task="segmentation"
    )
    rater = factories.make_rater(study)
    (held,) = assignments.draw(rater=rater, count=1)
    mask = masks.rle_of([0, 4 * SIDE, SIDE * (SIDE - 4)], SIDE, SIDE)
    assignments.submit_rating(assignment=held, answer=Answer(answer_id=uuid.uuid4(), mask=mask))
    return study


def finish(study: Study, rated: Study | None = None) -> None:
    """As a worker would, with another result."""
    mask_comparisons.state(study=study, rated=rated)
    asked = study.mask_comparisons.get(rated=rated)
    claimed = mask_comparisons.claim(asked.pk)
    assert claimed is not None
    result = {
        "tables": [{"name": "drawn", "title": "Found", "columns": ["a", "b"], "rows": [["x", 1]]}],
        "charts": [SCATTER],
        "remarks": [],
    }
    mask_comparisons.record(analysis=claimed[0], version=claimed[1], result=result)


def test_a_masks_page_shows_each_raters(client: Client, alice: User, study: Study) -> None:
    client.force_login(alice)
    rater = study.raters.get()
    drawn = masks.drawn_items(study=study)[0].item
    page = client.get(reverse("drawing", args=[study.pk, drawn.public_id])).content.decode()
    address = reverse("drawing-mask", args=[study.pk, drawn.public_id, rater.pseudonym])
    assert f'src="{address}"' in page
    assert f"{100 * 4 / SIDE:.1f} % of the picture" in page
    assert client.get(address).headers["Content-Type"] == "image/png"


def test_the_page_waits_for_a_worker_and_then_shows_what_it_found(
    client: Client, alice: User, study: Study
) -> None:
    client.force_login(alice)
    address = reverse("drawings", args=[study.pk])
    waiting = client.get(address).content.decode()
    assert "The numbers are being computed." in waiting
    assert 'data-every="2"' in waiting
    finish(study)
    found = client.get(address, {"fragment": 1}).content.decode()
    assert "Scores and overlap" in found
    assert "Spearman" in found
    assert "being computed" not in found


def test_masks_of_a_large_study_are_held_against_each_other_by_a_worker(
    client: Client, alice: User, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyses, "PAIRS_AT_ONCE", 0)
    client.force_login(alice)
    address = reverse("drawings", args=[study.pk])
    waiting = client.get(address).content.decode()
    assert "A worker holds the raters" in waiting
    assert "1 mask" in waiting
    claimed = analyses.claim(study.analyses.get(filter_key="masks").pk)
    assert claimed is not None
    analyses.run(claimed)
    assert "masks: not defined" in client.get(address).content.decode()


def test_nothing_is_asked_of_a_worker_where_no_mask_is_drawn(client: Client, alice: User) -> None:
    bare = factories.make_open_study(alice, task="segmentation", parts_of_speech=["NOUN"])
    client.force_login(alice)
    address = reverse("drawings", args=[bare.pk])
    assert client.get(address).status_code == 200
    assert client.get(address, {"fragment": 1}).status_code == 404
    chart = reverse("drawings-figure", args=[bare.pk, "csv"])
    assert client.get(chart, {"figure": "sweep"}).status_code == 404
    assert not bare.mask_comparisons.exists()


def test_ratings_are_chosen_among_those_one_may_see(
    client: Client, alice: User, bob: User, study: Study
) -> None:
    theirs = factories.make_open_study(bob, prompts=2, name="Bob's")
    own = factories.make_open_study(alice, prompts=2, name="Alice's own")
    other_prompts = factories.make_study(alice, name="Other prompts")
    client.force_login(alice)
    address = reverse("drawings", args=[study.pk])
    page = client.get(address).content.decode()
    assert "Alice&#x27;s own" in page
    assert "Bob&#x27;s" not in page
    assert other_prompts.name not in page
    refused = client.get(address, {"ratings": theirs.pk}).content.decode()
    assert "No study of yours with this number" in refused
    assert not study.mask_comparisons.filter(rated=theirs).exists()
    client.get(address, {"ratings": own.pk})
    assert study.mask_comparisons.filter(rated=own).exists()


def test_a_dot_lies_where_its_two_numbers_say() -> None:
    figure = figure_of(SCATTER)
    assert isinstance(figure, ScatterFigure)
    xs = [float(dot.x.removesuffix("%")) for dot in figure.dots]
    assert_allclose(xs, [50, 90])  # a tenth of the width is kept free on either side
    ys = [float(dot.y) for dot in figure.dots]
    assert_allclose(ys, [0.75 * figure.plot_height, 0])
    assert [tick.text for tick in figure.ticks] == ["1", "2", "3", "4", "5"]
    assert figure.description == "mean score, IoU: Spearman's ρ = 1.00, n = 2"


@pytest.mark.parametrize("extension", ["svg", "png", "csv"])
def test_the_chart_is_downloaded(client: Client, alice: User, study: Study, extension: str) -> None:
    finish(study)
    client.force_login(alice)
    address = reverse("drawings-figure", args=[study.pk, extension])
    content = client.get(address, {"figure": "scores"}).content
    if extension == "svg":
        assert ET.fromstring(content).tag.endswith("svg")  # noqa: S314
    elif extension == "png":
        assert content.startswith(b"\x89PNG")
    else:
        rows = list(csv.reader(io.StringIO(content.decode())))
        assert rows[:2] == [["what", "mean score", "IoU"], ["“circle” in: a circle", "3.0", "0.25"]]
    assert client.get(address, {"figure": "nothing"}).status_code == 404


def test_the_chart_is_as_wide_as_a_papers_column(client: Client, alice: User, study: Study) -> None:
    finish(study)
    client.force_login(alice)
    address = reverse("drawings-figure", args=[study.pk, "svg"])
    page, column = (
        ET.fromstring(client.get(address, {"figure": "scores", "width": width}).content)  # noqa: S314
        for width in ("page", "column")
    )
    assert (page.get("width"), column.get("width")) == ("6.900in", "3.300in")
