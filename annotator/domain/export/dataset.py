"""A folder that `datasets.load_dataset` reads: Parquet with the pictures in it, and a data card.

https://huggingface.co/docs/hub/datasets-cards and …/datasets-manual-configuration
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from annotator.domain.export.archives import found, item_png, stored, study_items
from annotator.domain.export.bundles import Entry
from annotator.domain.export.columns import Column, Row
from annotator.domain.export.data_card import data_card
from annotator.domain.export.formats import parquet_pieces, parquet_schema
from annotator.domain.export.study_columns import ITEM_COLUMNS, PROMPT_COLUMNS
from annotator.domain.export.tables import Table, tables
from annotator.models import Study

if TYPE_CHECKING:
    import pyarrow

# Pictures are some hundred kilobytes each: these are held in memory at once.
_PICTURES_AT_ONCE = 50
_ROWS_AT_ONCE = 20_000
_PLAIN = ("ratings", "words", "raters", "assignments")
_IMAGE = {"_type": "Image"}


def dataset_entries(*, study: Study) -> Iterator[Entry]:
    """The data card and one Parquet file per configuration. A lost picture is an empty cell."""
    of = tables(study=study)
    yield Entry("README.md", [data_card(study, of).encode()])
    for name in _PLAIN:
        schema = _schema(of[name].columns)
        pieces = parquet_pieces(schema, of[name].rows(), _ROWS_AT_ONCE)
        yield Entry(f"data/{name}.parquet", pieces)
    yield _pictured("items", "heat_map", ITEM_COLUMNS, _items(study, of["items"]))
    yield _pictured("prompts", "image", PROMPT_COLUMNS, _prompts(study, of["prompts"]))


def _pictured(name: str, image: str, columns: Sequence[Column], rows: Iterator[Row]) -> Entry:
    schema = _schema(columns, image)
    return Entry(f"data/{name}.parquet", parquet_pieces(schema, rows, _PICTURES_AT_ONCE))


def _items(study: Study, table: Table) -> Iterator[Row]:
    for row, item in zip(table.rows(), study_items(study), strict=True):
        yield [*row, _image(found(partial(item_png, item)), f"{item.pk}.png")]


def _prompts(study: Study, table: Table) -> Iterator[Row]:
    """With the picture of each row; a prompt that nobody has asked a picture of has none."""
    in_order = study.prompts.order_by("pk", "generation__pk")
    files = in_order.values_list("generation__pk", "generation__image_file")
    for row, (key, file) in zip(table.rows(), files.iterator(chunk_size=100), strict=True):
        content = found(partial(stored, file)) if file else None
        yield [*row, _image(content, f"{key}.webp")]


def _image(content: bytes | None, path: str) -> dict[str, Any] | None:
    return None if content is None else {"bytes": content, "path": path}


def _schema(columns: Sequence[Column], image: str = "") -> pyarrow.Schema:
    """The columns, an image last, with the metadata by which `datasets` knows its features."""
    import pyarrow

    schema = parquet_schema(columns)
    features: dict[str, Any] = {
        field.name: {"dtype": _TYPES.get(str(field.type), str(field.type)), "_type": "Value"}
        for field in schema
    }
    if image:
        kind = pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})
        schema = schema.append(pyarrow.field(image, kind))
        features[image] = _IMAGE
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


_TYPES = {"double": "float64"}
