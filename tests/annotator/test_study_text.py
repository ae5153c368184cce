from __future__ import annotations

from annotator.templatetags.study_text import recorded


def test_what_is_recorded_of_a_picture_is_read_without_brackets_and_quotes() -> None:
    assert recorded({"torch": "2.13", "layers": ["up", "mid"]}) == "torch: 2.13; layers: up, mid"
    assert recorded(None) == "–"
    assert recorded(30) == "30"
