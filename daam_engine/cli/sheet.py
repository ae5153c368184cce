"""`sheet`: draw the words of pictures that `generate` or `trace` wrote."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from daam_engine.cli import arguments, folder
from daam_engine.errors import MapsFileError
from daam_engine.sheet import sheet_of_stored

_DESCRIPTION = """\
Draw all words of a picture as one: the image first, then the heat map of every word.

DIR is a folder that generate or trace wrote, or one that holds such folders. The sheet is written
into it as sheet.png; nothing is generated again."""


def add_to(commands: Any) -> None:
    command = arguments.add_command(
        commands,
        "sheet",
        run,
        describe,
        help="draw all words of a picture that was written before, as one picture",
        usage="python -m daam_engine sheet DIR [option ...]",
        description=_DESCRIPTION,
    )
    command.add_argument("folder", type=Path, metavar="DIR")
    command.add_argument(
        "--columns", type=arguments.positive, metavar="N", help="chosen unless given"
    )
    arguments.add_pictures(command)


def run(options: argparse.Namespace) -> dict[str, Any]:
    sheets = []
    for place in _pictures_in(options.folder):
        image, stored = folder.read(place)
        drawn = sheet_of_stored(image, stored, arguments.style(options), columns=options.columns)
        sheets.append(str(folder.write_sheet(place, drawn, options.format)))
    return {"sheets": sheets}


def describe(result: dict[str, Any]) -> str:
    return "\n".join(result["sheets"])


def _pictures_in(place: Path) -> list[Path]:
    if (place / folder.MAPS).exists():
        return [place]
    found = sorted(path.parent for path in place.glob(f"*/{folder.MAPS}"))
    if not found:
        raise MapsFileError(
            f"“{place}” holds no {folder.MAPS}, and no folder in it does; name a folder that "
            "`generate` or `trace` wrote."
        )
    return found
