r"""What people type, as LaTeX prints it: character by character, nothing of it a command.

pdfLaTeX knows the letters of most European languages. Everything else stands in `\eastasian{…}` or
`\otherscript{…}`: XeLaTeX and LuaLaTeX set it in a font that has it, pdfLaTeX leaves a mark.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\textquotedbl{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "−": r"\ensuremath{-}",
    "×": r"\ensuremath{\times}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "≈": r"\ensuremath{\approx}",
    "→": r"\ensuremath{\rightarrow}",
    "α": r"\ensuremath{\alpha}",
    "κ": r"\ensuremath{\kappa}",
    "τ": r"\ensuremath{\tau}",
    "\N{NO-BREAK SPACE}": "~",
}
# Beyond ASCII, what LaTeX's T1 and TS1 encodings have: t1enc.dfu, ts1enc.dfu.
_LATIN = frozenset(
    "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ"
    "ĂăĄąĆćĈĉĊċČčĎďĐđĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİıĲĳĴĵĶķĹĺĻļĽľŁłŃńŅņŇňŊŋŌōŎŏŐőŒœŔŕŖŗŘřŚśŜŝŞşŠšŢţŤť"
    "ŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžȘșȚț‚„†‡•‰‹›€™"
)
# Two of these are printed as one sign: an en dash, a quotation mark.
_JOINED = re.compile(r"(?<=([-',]))(?=\1)")
_LONG = re.compile(r"\S{24,}")
_PIECES = re.compile(r"([/?&=#_,;:-]+(?=.)|[^/?&=#_,;:-]{12}(?=.{4}))")
# Not printable, so that no text has them.
_BREAK, _APART = "\N{ZERO WIDTH SPACE}", "\N{WORD JOINER}"
_CLOSING = re.compile(r"(.[、。，．：；！？）」』】》]+)")


def escape(text: str) -> str:
    """One paragraph: line ends become spaces, what is not printable is left out."""
    words = unicodedata.normalize("NFC", text).split(None)
    plain = " ".join("".join(filter(str.isprintable, word)) for word in words)
    made = "".join(_RUNS[script]("".join(signs)) for script, signs in groupby(plain, _script))
    percent = re.sub(r"(?<=\d) \\%", r"\\,\\%", made)
    # At the start of a table's row these would belong to the end of the row before.
    return re.sub(r"^[\[*]", r"{\g<0>}", percent)


def is_for_pdflatex(escaped: str) -> bool:
    """Whether pdfLaTeX has letters for all of it."""
    return r"\eastasian{" not in escaped and r"\otherscript{" not in escaped


def _with_breaks(word: str) -> str:
    """Where a line may end: after signs as addresses have them, and where none come for long."""
    return _PIECES.sub(rf"\1{_BREAK}", word)


def _script(sign: str) -> str:
    if sign.isascii() or sign in _SIGNS or sign in _LATIN:
        return "latin"
    wide = unicodedata.east_asian_width(sign) in "WF" and unicodedata.category(sign) != "So"
    return "east asian" if wide else "other"


def _latin(signs: str) -> str:
    broken = _LONG.sub(lambda long: _with_breaks(long[0]), signs)
    apart = _JOINED.sub(_APART, broken)
    printed = "".join(_SIGNS.get(sign, sign) for sign in apart)
    return printed.replace(_APART, "{}").replace(_BREAK, r"\softbreak{}")


def _east_asian(signs: str) -> str:
    # A line may end after every sign, but not before a full stop.
    kept = _CLOSING.sub(r"{\1}", signs)
    return rf"\eastasian{{{kept}}}"


def _other(signs: str) -> str:
    return rf"\otherscript{{{signs}}}"


_RUNS = {"latin": _latin, "east asian": _east_asian, "other": _other}
