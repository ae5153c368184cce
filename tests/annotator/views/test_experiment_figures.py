"""Charts of experiments: where their marks lie, and the files they are downloaded as."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from numpy.testing import assert_allclose

from annotator.models import Experiment
from annotator.views.figures.curves import CurveFigure
from annotator.views.figures.experiments import figure_of, figures_of
from annotator.views.figures.intervals import IntervalFigure
from annotator.views.figures.layout import Ticks
from tests.factories import RESULT, make_finished_experiment

SWEEP, OVERLAPS, DIFFERENCE = RESULT["charts"]


@pytest.fixture
def done(alice: User) -> Experiment:
    return make_finished_experiment(alice)


def drawn_rows(chart: Any) -> IntervalFigure:
    figure = figure_of(chart)
    assert isinstance(figure, IntervalFigure)
    return figure


def drawn_curves() -> CurveFigure:
    figure = figure_of(SWEEP)
    assert isinstance(figure, CurveFigure)
    return figure


def part(length: str) -> float:
    return float(length.removesuffix("%"))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((0.1, 0.65), [0.0, 0.2, 0.4, 0.6, 0.8]),
        ((-0.28, 0.004), [-0.3, -0.2, -0.1, 0.0, 0.1]),
        ((0.0, 0.2), [0.0, 0.05, 0.1, 0.15, 0.2]),
        ((-3.0, 0.0), [-3.0, -2.0, -1.0, 0.0]),
        ((0.0, 1.0), [0.0, 0.5, 1.0]),
        ((0.0,), [0.0, 0.5]),
        ((), [0.0, 0.5]),
    ],
)
def test_ticks_are_round_hold_all_values_and_zero(
    values: tuple[float, ...], ticks: list[float]
) -> None:
    assert Ticks(values).places == ticks


def test_ticks_are_written_so_that_they_differ() -> None:
    assert (Ticks((0.2,)).digits, Ticks((0.8,)).digits, Ticks((30.0,)).digits) == (2, 1, 1)


def test_joined_marks_share_a_rail_and_have_no_intervals() -> None:
    (row,) = drawn_rows(OVERLAPS).rows
    dependent, head = row.marks
    assert dependent.y == head.y
    assert (dependent.low, head.low) == ("", "")
    assert part(head.x) - part(dependent.x) == pytest.approx(94 * 0.5 / 0.8)  # from 0 to 0.8
    assert row.numbers == "● 0.250 ◇ 0.750 · n = 7"
    assert row.title == "determiner: ● 0.250 ◇ 0.750 · n = 7"


def test_differences_are_held_against_zero_with_points_on_their_own_rail() -> None:
    figure = drawn_rows(DIFFERENCE)
    (row,) = figure.rows
    assert part(figure.reference_x) == pytest.approx(97.0)  # the axis ends at 0
    assert row.dots[0].y > row.marks[0].y
    assert row.dots[0].title == "head 1: −0.250"
    assert (row.numbers, [line.text for line in row.below]) == (
        "−0.500 (−0.600 to −0.400)", ["p = 0.016 (Holm)"]
    )  # fmt: skip


def test_long_labels_stand_above_their_numbers() -> None:
    long = {**DIFFERENCE["rows"][0], "label": "a label of many characters"}
    (row,) = drawn_rows({**DIFFERENCE, "rows": [long]}).rows
    assert row.numbers == ""
    assert row.below[0].text == "−0.500 (−0.600 to −0.400)"


def test_two_charts_of_the_same_groups_are_level() -> None:
    _, levels, differences = figures_of(RESULT["charts"])
    assert isinstance(levels, IntervalFigure)
    assert isinstance(differences, IntervalFigure)
    assert (levels.row_height, levels.rows_top) == (differences.row_height, differences.rows_top)
    assert drawn_rows(OVERLAPS).row_height < levels.row_height
    renamed = {**DIFFERENCE, "rows": [{**DIFFERENCE["rows"][0], "label": "amod"}]}
    _, apart, _ = figures_of([SWEEP, OVERLAPS, renamed])
    assert apart == drawn_rows(OVERLAPS)


def test_curves_leave_out_what_is_undefined() -> None:
    measured, stretched = drawn_curves().curves
    assert [len(measured.points), len(measured.segments)] == [2, 1]
    assert [point.marked for point in measured.points] == [False, True]
    assert measured.points[1].title == "τ = 0.4: 0.500 (0.400 to 0.600)"
    # 300 pixels from 0.8 to 0: the interval at 0.2 and at 0.4, there and back
    assert measured.area == "M10.000 187.5L50.000 75.0L50.000 150.0L10.000 225.0Z"
    assert_allclose(float(measured.points[1].y), 300 * (0.8 - 0.5) / 0.8, atol=0.06)
    assert stretched.area == ""


def test_curves_have_numbers_along_the_axis() -> None:
    assert [(tick.x, tick.text) for tick in drawn_curves().ticks] == [
        ("10.000%", "0.2"), ("30.000%", "0.3"), ("50.000%", "0.4"),
        ("70.000%", "0.5"), ("90.000%", "0.6"),
    ]  # fmt: skip


def test_curves_say_themselves_to_those_who_do_not_see_them() -> None:
    assert drawn_curves().description == (
        "of the maximum: τ = 0.4: 0.500 (0.400 to 0.600), highest at τ = 0.4: 0.500 (0.400 to "
        "0.600); stretched: τ = 0.4: 0.300, highest at τ = 0.2: 0.300"
    )


def test_charts_are_on_the_page_with_their_downloads(as_alice: Client, done: Experiment) -> None:
    page = as_alice.get(reverse("experiment", args=[done.pk])).content.decode()
    for chart in RESULT["charts"]:
        assert f'id="figure-{chart["name"]}"' in page
        for extension in ("svg", "pdf", "png", "csv"):
            address = reverse("experiment-figure", args=[done.pk, extension])
            assert f'href="{address}?figure={chart["name"]}"' in page


@pytest.mark.parametrize("name", ["sweep", "overlaps", "difference"])
def test_a_chart_is_downloaded_in_every_form(as_alice: Client, done: Experiment, name: str) -> None:
    def get(extension: str) -> Any:
        address = reverse("experiment-figure", args=[done.pk, extension])
        return as_alice.get(f"{address}?figure={name}")

    svg = get("svg")
    assert svg.headers["Content-Disposition"] == (
        f'attachment; filename="experiment-{done.pk}-{name}.svg"'
    )
    ET.fromstring(svg.content)  # noqa: S314  our own, and well formed
    assert get("pdf").content.startswith(b"%PDF")
    assert get("png").content.startswith(b"\x89PNG")
    assert get("doc").status_code == 404


def test_the_numbers_of_a_chart_are_a_tidy_table(as_alice: Client, done: Experiment) -> None:
    def table(name: str) -> list[list[str]]:
        address = reverse("experiment-figure", args=[done.pk, "csv"])
        text = as_alice.get(f"{address}?figure={name}").content.decode()
        return list(csv.reader(io.StringIO(text)))

    assert table("difference") == [
        ["row", "series", "mIoD − mIoH", "low", "high", "n"],
        ["det", "maps", "-0.5", "-0.6", "-0.4", "7"],
        ["det", "head 1", "-0.25", "", "", ""],
    ]
    header, first, *others = table("sweep")
    assert header == ["τ", "series", "mIoU", "low", "high", "n"]
    assert first == ["0.2", "of the maximum", "0.25", "0.2", "0.3", "3"]
    assert others[1] == ["0.6", "of the maximum", "", "", "", "0"]


def test_there_is_no_other_chart(as_alice: Client, done: Experiment) -> None:
    address = reverse("experiment-figure", args=[done.pk, "svg"])
    assert as_alice.get(address).status_code == 404
    assert as_alice.get(f"{address}?figure=mos").status_code == 404


def test_a_result_of_before_charts_is_still_shown(as_alice: Client, done: Experiment) -> None:
    Experiment.objects.update(result={name: RESULT[name] for name in ("tables", "remarks")})
    page = as_alice.get(reverse("experiment", args=[done.pk])).content.decode()
    assert "0.512 (0.410 to 0.600)" in page
    assert "<figure" not in page
