"""Everything a researcher takes away from a study."""

from annotator.domain.export.columns import Column, Row
from annotator.domain.export.formats import FORMATS, Format, csv_pieces, guard_cell
from annotator.domain.export.tables import SHAPES, Table, described, find, tables

__all__ = [
    "FORMATS",
    "SHAPES",
    "Column",
    "Format",
    "Row",
    "Table",
    "csv_pieces",
    "described",
    "find",
    "guard_cell",
    "tables",
]
