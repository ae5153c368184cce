"""Text in any script on a picture: which font has its characters, and where its lines break.

DejaVu Sans comes with the package (Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian).
Other scripts are drawn where the system has one of the usual fonts for them; a character that no
font has is spelt out, "rocket" or "U+5317", rather than drawn as an empty box.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

from PIL import ImageFont
from PIL.ImageFont import FreeTypeFont, Layout

BUNDLED = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_FONTS = (
    str(BUNDLED),
    # Chinese, Japanese, Korean: Linux, macOS, Windows
    "NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "msyh.ttc", "malgun.ttf",
    # Languages of India, Thai
    "NotoSansDevanagari-Regular.ttf", "NotoSansBengali-Regular.ttf", "NotoSansTamil-Regular.ttf",
    "Nirmala.ttc", "Nirmala.ttf", "NotoSansThai-Regular.ttf", "tahoma.ttf",
    # Pictographs; then bitmaps of all that Unicode has
    "NotoEmoji-Regular.ttf", "Symbola.ttf", "seguisym.ttf", "unifont.otf", "unifont.ttf",
)  # fmt: skip
_NOWHERE = "\U0010ffff"  # not a character: every font draws it as a missing one
_LONGEST_LINE = 1000  # characters; a guard against text without any width
_ELLIPSIS = "…"


def typeset(text: str, size: int) -> tuple[str, FreeTypeFont]:
    """`text` in one line as it can be drawn, and the font for it, `size` pixels high.

    The font is the first that has most of the characters; control characters become spaces.
    """
    line = "".join(map(_printable, text)).strip()
    characters = set(line)
    name = max(_installed(), key=lambda name: sum(_has(name, each) for each in characters))
    drawn = "".join(each if _has(name, each) else _spelt(each) for each in line)
    return " ".join(drawn.split()), _font(name, size)


def fit(text: str, font: FreeTypeFont, width: float) -> str:
    """`text`, ended by an ellipsis where it is wider than `width` pixels."""
    if _n_fitting(text, font, width) >= len(text):
        return text
    return text[: _n_fitting(text, font, width - font.getlength(_ELLIPSIS))].rstrip() + _ELLIPSIS


def wrap(text: str, font: FreeTypeFont, width: float, n_lines: int) -> list[str]:
    """At most `n_lines` lines of `width` pixels, broken at spaces where there are any."""
    lines: list[str] = []
    while text and len(lines) < n_lines - 1:
        end = max(1, _n_fitting(text, font, width))
        space = text.rfind(" ", 0, end + 1)
        if end < len(text) and space > 0:
            end = space
        lines.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*lines, fit(text, font, width)] if text else lines


def _n_fitting(text: str, font: FreeTypeFont, width: float) -> int:
    """How many of the first characters fit into `width`."""
    lengths = range(1, min(len(text), _LONGEST_LINE) + 1)
    return bisect_right(lengths, width, key=lambda n: font.getlength(text[:n]))


def _printable(character: str) -> str:
    if unicodedata.category(character) == "Cs":  # half of a surrogate pair cannot be encoded
        return "\ufffd"
    return " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character


def _spelt(character: str) -> str:
    """A name for symbols, the number for letters, nothing for marks and joiners."""
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return ""
    name = unicodedata.name(character, "") if category.startswith("S") else ""
    return f" {name.lower() or f'U+{ord(character):04X}'} "


@cache
def _installed() -> tuple[str, ...]:
    found = []
    for name in _FONTS:
        try:
            _font(name, 16)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@cache
def _font(name: str, size: int) -> FreeTypeFont:
    return ImageFont.truetype(name, size)


@cache
def _has(name: str, character: str) -> bool:
    """Whether the font draws `character` otherwise than one that it lacks (PIL cannot ask it)."""
    return character.isspace() or _drawn(name, character) != _drawn(name, _NOWHERE)


def _drawn(name: str, character: str) -> bytes:
    # Not with complex layout, which gives a lone mark a dotted circle to sit on.
    return bytes(ImageFont.truetype(name, 16, layout_engine=Layout.BASIC).getmask(character))
