from __future__ import annotations

import pytest

from daam_engine.lettering import fit, typeset, wrap

_, FONT = typeset("abc", 16)


@pytest.mark.parametrize(
    "text", ["große Straße, naïve", "Ελλάδα", "рыжий кот", "שלום עולם", "مرحبا", "ძაღლი", "→ “—” ₂"]
)
def test_these_scripts_are_drawn_wherever_the_package_is(text):
    line, font = typeset(text, 16)
    assert line == text
    assert font.getname() == ("DejaVu Sans", "Book")


def test_characters_that_no_font_has_are_spelt_out():
    assert typeset("a\U0010fffdb", 16)[0] == "a U+10FFFD b"


def test_marks_that_no_font_has_are_left_out():
    assert typeset("a\U000e0100b", 16)[0] == "ab"  # a variation selector


def test_emoji_are_drawn_or_named():
    assert typeset("🚀", 16)[0] in {"🚀", "rocket"}


def test_chinese_is_drawn_or_spelt_out():
    assert typeset("北京", 16)[0] in {"北京", "U+5317 U+4EAC"}


def test_control_characters_become_spaces_and_half_characters_a_sign():
    assert typeset("nul\0line\nbreak\u2028\ud800", 16)[0] == "nul line break \ufffd"


def test_the_letters_have_the_size_asked_for():
    assert typeset("abc", 32)[1].getlength("abc") == pytest.approx(2 * FONT.getlength("abc"), 0.05)


def test_text_with_room_is_not_cut():
    assert fit("quickly", FONT, FONT.getlength("quickly")) == "quickly"


def test_text_without_room_ends_in_an_ellipsis_and_fits():
    cut = fit("quickly", FONT, FONT.getlength("quickly") - 1)
    assert cut in {"quic…", "quick…"}
    assert FONT.getlength(cut) <= FONT.getlength("quickly") - 1
    assert fit("quickly", FONT, 0) == "…"


def test_lines_break_at_spaces():
    assert wrap("a red dog runs", FONT, FONT.getlength("a red dog"), 9) == ["a red dog", "runs"]
    assert wrap("a red dog runs", FONT, FONT.getlength("a red do"), 9) == ["a red", "dog", "runs"]


def test_words_wider_than_the_line_are_broken():
    lines = wrap("北" * 100, FONT, 200, 99)
    assert "".join(lines) == "北" * 100
    assert max(map(FONT.getlength, lines)) <= 200


def test_text_beyond_the_last_line_ends_in_an_ellipsis():
    lines = wrap("dog " * 3000, FONT, 200, 3)
    assert (len(lines), lines[0]) == (3, "dog dog dog dog dog")
    assert lines[2].endswith("…")


def test_nothing_has_no_lines():
    assert wrap("", FONT, 200, 3) == []


def test_a_line_too_narrow_for_a_letter_still_ends():
    assert wrap("abc", FONT, 1, 99) == ["a", "b", "c"]
    assert wrap("abc", FONT, 1, 2) == ["a", "…"]
