"""Pages of small pictures with captions: what a sheet is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw

from daam_engine import render
from daam_engine.lettering import fit, typeset, wrap
from daam_engine.render import Colour, Style
from daam_engine.words import Token, Word

_SIDE = 256  # longer side of a cell's picture, in pixels
_MARGIN, _GAP = 24, 16
_TITLE, _CAPTION, _TAG = 18, 16, 12  # heights of letters
_LEADING = 1.5
_MOST_LINES = 3
_NARROWEST = 480  # for the sake of its text
_SHAPE = 1.5  # width to height that the grid comes near to
_PAPER, _INK, _MUTED = (255, 255, 255), (24, 24, 27), (107, 107, 116)


@dataclass(frozen=True, eq=False)
class Cell:
    """A picture and its caption, which is cut where there is no room; number and tag never are."""

    caption: str
    number: str
    tag: str
    picture: Image.Image


def sheet(
    image: Image.Image | None,
    prompt: str,
    words: Sequence[Word],
    soft: Sequence[ArrayLike | None],
    *,
    style: Style | None = None,
    columns: int | None = None,
) -> Image.Image:
    """The map of each of `words` over `image`, under the prompt; without an image, maps alone.

    `soft` holds a map (height, width) per word, None for a word that the text encoder did not
    read: those are listed below. Repeated words are numbered. `columns` is chosen unless given.
    """
    style = style or Style()
    cells = [] if image is None else [Cell("", "", "image", _at_cell_size(image))]
    cells += [
        Cell(word.text, number, word.pos, _map_picture(image, heat_map, style))
        for word, number, heat_map in zip(words, _numbers(words), soft, strict=True)
        if heat_map is not None
    ]
    unread = [word.text for word, heat_map in zip(words, soft, strict=True) if heat_map is None]
    note = f"Beyond the model's limit, without a map ({len(unread)}): " if unread else ""
    return _compose(prompt, cells, note + " · ".join(unread), columns)


def token_sheet(
    prompt: str, tokens: Sequence[Token], soft: ArrayLike, style: Style | None = None
) -> Image.Image:
    """The maps (token, height, width) of all tokens, markers included; no image lies below."""
    cells = [
        Cell(token.text, "", str(token.index), _map_picture(None, heat_map, style or Style()))
        for token, heat_map in zip(tokens, np.asarray(soft), strict=True)
    ]
    return _compose(prompt, cells, "", None)


def _numbers(words: Sequence[Word]) -> list[str]:
    """For words that occur several times, which occurrence each is: "(2)"."""
    total = Counter(word.text.casefold() for word in words)
    seen: Counter[str] = Counter()
    numbers = []
    for text in (word.text.casefold() for word in words):
        seen[text] += 1
        numbers.append(f" ({seen[text]})" if total[text] > 1 else "")
    return numbers


def _map_picture(image: Image.Image | None, heat_map: ArrayLike, style: Style) -> Image.Image:
    heat = np.asarray(heat_map, dtype=np.float32)
    if image is None:
        return _at_cell_size(render.coloured(heat, colour_map=style.colour_map))
    return render.draw(_at_cell_size(image), heat, style)


def _at_cell_size(image: Image.Image) -> Image.Image:
    scale = _SIDE / max(image.size)
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC)


def _compose(title: str, cells: Sequence[Cell], note: str, columns: int | None) -> Image.Image:
    cell_width = max((cell.picture.width for cell in cells), default=_SIDE)
    cell_height = max((cell.picture.height for cell in cells), default=0) + _line(_CAPTION)
    columns = max(1, columns or _columns(len(cells), cell_width, cell_height))
    n_rows = -(-len(cells) // columns)
    inner = max(columns * (cell_width + _GAP) - _GAP, _NARROWEST)
    heading = _Lines(title, _TITLE, _INK, inner)
    footing = _Lines(note, _TAG, _MUTED, inner)
    grid_height = n_rows * (cell_height + _GAP)
    size = (inner + 2 * _MARGIN, 2 * _MARGIN + heading.height + grid_height + footing.height)
    page = Image.new("RGB", size, _PAPER)
    top = heading.draw_on(page, _MARGIN)
    for index, cell in enumerate(cells):
        row, column = divmod(index, columns)
        place = (_MARGIN + column * (cell_width + _GAP), top + row * (cell_height + _GAP))
        _draw_cell(page, cell, place)
    footing.draw_on(page, top + grid_height)
    return page


def _columns(n_cells: int, width: int, height: int) -> int:
    """As many as bring the grid near to `_SHAPE`, without a ragged row more than needed."""
    wide = round((n_cells * _SHAPE * height / width) ** 0.5)
    n_rows = -(-n_cells // max(1, wide))
    return -(-n_cells // max(1, n_rows))


class _Lines:
    """A paragraph of a given width."""

    def __init__(self, text: str, size: int, colour: Colour, width: int) -> None:
        line, self._font = typeset(text, size)
        self._lines = wrap(line, self._font, width, _MOST_LINES)
        self._size, self._colour = size, colour

    @property
    def height(self) -> int:
        return len(self._lines) * _line(self._size) + (_GAP // 2 if self._lines else 0)

    def draw_on(self, page: Image.Image, top: int) -> int:
        """Draw the lines from `top` down; where the next thing may begin."""
        pen = ImageDraw.Draw(page)
        for number, line in enumerate(self._lines):
            place = (_MARGIN, top + number * _line(self._size))
            pen.text(place, line, self._colour, self._font)
        return top + self.height


def _draw_cell(page: Image.Image, cell: Cell, place: tuple[int, int]) -> None:
    left, top = place
    pen = ImageDraw.Draw(page)
    baseline = top + _CAPTION
    right = left + cell.picture.width
    tag, tag_font = typeset(cell.tag, _TAG)
    pen.text((right, baseline), tag, _MUTED, tag_font, anchor="rs")
    caption, font = typeset(cell.caption, _CAPTION)
    taken = font.getlength(cell.number) + tag_font.getlength(tag) + _GAP // 2
    text = fit(caption, font, cell.picture.width - taken) + cell.number
    pen.text((left, baseline), text, _INK, font, anchor="ls")
    page.paste(cell.picture, (left, top + _line(_CAPTION)))


def _line(size: int) -> int:
    return round(size * _LEADING)
