"""What people type is printed by LaTeX as it stands."""

from __future__ import annotations

import re
import string
import unicodedata

import pytest

from annotator.domain.methods.escaping import escape, is_for_pdflatex

# What TeX acts on, taken from the TeXbook's list of category codes 0 to 8 and 13.
_ACTIVE = "\\{}$&#^_%~"
_COMMAND = re.compile(
    r"\\text(?:backslash|asciicircum|asciitilde|asciigrave|less|greater|bar|quotedbl)\{\}"
    r"|\\[{}$&#_%]|\\ensuremath\{(?:\\[a-z]+|-)\}|\\dots\{\}|\\softbreak\{\}|^\{[*[]\}|\{\}|\\,"
)


def acted_on(escaped: str) -> str:
    """What TeX would take for more than a letter, in a text without its known commands."""
    return "".join(sign for sign in _COMMAND.sub("", escaped) if sign in _ACTIVE + "`")


@pytest.mark.parametrize("around", ["{}", "a{}b", "5 {}", "\\{}", "{}{}", "{{{}", "%{}\n", "é{}猫"])
def test_no_sign_is_a_command(around: str) -> None:
    for sign in string.punctuation:
        escaped = escape(around.replace("{}", sign)).replace(r"\eastasian{猫}", "")
        assert acted_on(escaped).replace("``", "") == "", sign


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        (r"50 % \x {y}", r"50\,\% \textbackslash{}x \{y\}"),
        ("a\n\x07b  “c” – τ ≥ 0.4", r"a b ``c'' -- \ensuremath{\tau} \ensuremath{\geq} 0.4"),
        # TeX makes one sign of two of these.
        ("--verbose --- ''a'' ,,b", r"-{}-verbose -{}-{}- '{}'a'{}' ,{},b"),
        ("?` !`", r"?\textasciigrave{} !\textasciigrave{}"),
        # At the start of a row of a table it would be an argument of the row before.
        ("[1] * [2]", "{[}1] * [2]"),
        ("* x", "{*} x"),
        # A letter and its accent are one letter.
        ("cafe\N{COMBINING ACUTE ACCENT}", "café"),
        ("Łódź, Škoda, 5 €, ½", "Łódź, Škoda, 5 €, ½"),
        ("猫和狗。 x", r"\eastasian{猫和{狗。}} x"),
        ("привет мир", r"\otherscript{привет} \otherscript{мир}"),
        ("😀!", r"\otherscript{😀}!"),
        ("\N{ZERO WIDTH SPACE}\N{RIGHT-TO-LEFT OVERRIDE}", ""),
        ("https://doi.org/10.5281/zenodo.1",
         r"https://\softbreak{}doi.org/\softbreak{}10.5281/\softbreak{}zenodo.1"),
        ("a" * 30, r"\softbreak{}".join(["a" * 12] * 2 + ["a" * 6])),
        ("a" * 23, "a" * 23),
        ("x_" * 12 + "y", r"\_\softbreak{}".join("x" * 12 + "y")),
    ],
)  # fmt: skip
def test_as_it_stands(typed: str, printed: str) -> None:
    assert escape(typed) == printed


def test_what_pdflatex_has_no_letter_for_is_marked_and_kept() -> None:
    bare = set()
    for sign in map(chr, range(0xA0, 0x3000)):
        escaped = escape(sign)
        if is_for_pdflatex(escaped):
            bare |= {sign} & {escaped}
        elif unicodedata.is_normalized("NFC", sign):
            assert sign in escaped
    assert len(bare) > 200
    assert all("\xa0" < sign < "\u017f" or sign in "ȘșȚț‚„†‡•‰‹›€™" for sign in bare)


def test_whether_pdflatex_has_letters_for_a_text() -> None:
    assert is_for_pdflatex(escape("Größe ≤ 5 “α”"))
    assert not is_for_pdflatex(escape("猫"))
    assert not is_for_pdflatex(escape("мир"))
