"""The browser's copy of the engine's colour tables."""

import json
from pathlib import Path

import annotator
import daam_engine
from annotator.enums import ColourMap

OURS = Path(str(annotator.__file__)).parent / "static/annotator/colour_maps.json"


def test_the_browser_colours_by_the_engines_tables() -> None:
    theirs = Path(str(daam_engine.__file__)).with_name("colour_maps.json")
    assert OURS.read_bytes() == theirs.read_bytes()


def test_a_study_can_choose_every_table_there_is() -> None:
    assert set(ColourMap.values) == set(json.loads(OURS.read_bytes()))
