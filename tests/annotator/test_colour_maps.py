"""The browser's copy of the engine's colour tables."""

from pathlib import Path

import annotator
import daam_engine


def test_the_browser_colours_by_the_engines_tables() -> None:
    theirs = Path(str(daam_engine.__file__)).with_name("colour_maps.json")
    ours = Path(str(annotator.__file__)).parent / "static/annotator/colour_maps.json"
    assert ours.read_bytes() == theirs.read_bytes()
