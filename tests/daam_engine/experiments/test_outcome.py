from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PIL import Image

from daam_engine import InvalidRequestError
from daam_engine.analysis.intervals import Estimate
from daam_engine.experiments.chart import Row, RowsChart
from daam_engine.experiments.outcome import Outcome, Table, arranged

NAN = float("nan")
TABLE = Table(
    "found",
    "What was found",
    ("word", "score", "there"),
    (
        ("dog", Estimate(0.5, 0.25, 0.75, 8), True),
        ("a cat", Estimate(1.0, NAN, NAN, 1), None),
        ("none", NAN, False),
    ),
)
CHART = RowsChart(
    "drawn", "Drawn", "How.", "score", ("it",), (Row("a cat", (Estimate(1.0, NAN, NAN, 1),)),)
)
OUTCOME = Outcome(
    "test",
    (TABLE,),
    ("A remark.",),
    {"page": Image.new("RGB", (4, 3))},
    charts=(CHART,),
    listings=(replace(TABLE, name="long"),),
)


def test_a_table_as_text_has_intervals_and_dashes():
    assert TABLE.as_text().splitlines() == [
        "What was found",
        "word                    score  there",
        "------------------------------------",
        "dog    0.500 (0.250 to 0.750)    yes",
        "a cat                   1.000      –",
        "none                        –     no",
    ]


def test_a_table_as_csv_has_a_column_for_each_number():
    assert TABLE.as_csv().splitlines() == [
        "word,score,score low,score high,score n,there",
        "dog,0.5,0.25,0.75,8,True",
        "a cat,1.0,,,1,",
        "none,,,,,False",
    ]


def test_an_outcome_is_written_as_strict_json_csv_and_pictures(tmp_path):
    written = OUTCOME.write(tmp_path / "new" / "folder")
    assert [path.name for path in written] == ["found.csv", "long.csv", "result.json", "page.png"]
    assert all(path.is_file() for path in written)
    text = (tmp_path / "new" / "folder" / "result.json").read_text()
    result = json.loads(text, parse_constant=pytest.fail)
    assert [table["name"] for table in result["tables"]] == ["found"]
    assert result["charts"][0]["rows"][0]["marks"] == [
        {"value": 1.0, "low": None, "high": None, "n": 1}
    ]
    rows = result["tables"][0]["rows"]
    assert rows[0][1] == {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8}
    assert rows[1][1]["low"] is None


def test_what_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidRequestError, match="choose another folder"):
        OUTCOME.write(tmp_path / "file")


def test_pages_are_arranged_in_rows():
    pages = [Image.new("RGB", size, "red") for size in ((4, 3), (9, 2), (5, 6))]
    assert arranged(pages).size == (9, 11)
    in_two = arranged(pages, 2)
    assert in_two.size == (18, 9)
    assert in_two.getpixel((9, 0)) == in_two.getpixel((0, 3)) == (255, 0, 0)
    assert in_two.getpixel((9, 2)) == in_two.getpixel((9, 3)) == (255, 255, 255)
