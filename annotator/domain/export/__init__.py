"""Everything a researcher takes away from a study."""

from annotator.domain.export.archives import all_entries, picture_entries
from annotator.domain.export.bundles import Entry, to_folder, to_zip
from annotator.domain.export.columns import Column, Row
from annotator.domain.export.dataset import dataset_entries
from annotator.domain.export.formats import FORMATS, Format, csv_pieces, guard_cell
from annotator.domain.export.mask_files import mask_entries
from annotator.domain.export.tables import (
    SHAPES,
    Table,
    described,
    find,
    first_ratings,
    row_counts,
    tables,
)

__all__ = [
    "FORMATS",
    "SHAPES",
    "Column",
    "Entry",
    "Format",
    "Row",
    "Table",
    "all_entries",
    "csv_pieces",
    "dataset_entries",
    "described",
    "find",
    "first_ratings",
    "guard_cell",
    "mask_entries",
    "picture_entries",
    "row_counts",
    "tables",
    "to_folder",
    "to_zip",
]
