"""What goes into the bundles: tables, pictures, heat maps."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from django.conf import settings
from safetensors import SafetensorError

from annotator.domain.design.study_config import to_toml
from annotator.domain.export.bundles import Entry
from annotator.domain.export.tables import codebook, find, tables
from annotator.domain.material.pictures import grey_item_map, stored_map
from annotator.models import Item, Study

_AT_ONCE = 100


def picture_entries(*, study: Study) -> Iterator[Entry]:
    """Tables to join by, then every picture and every map, as it is stored and as it is shown."""
    for name in ("items", "words"):
        yield Entry(f"{name}.csv", find(study=study, name=name).pieces("csv"))
    yield Entry("codebook.csv", codebook(study=study).pieces("csv"))
    made = study.generations.done().order_by("pk")
    for generation in made.iterator(chunk_size=_AT_ONCE):
        yield _entry(f"pictures/{generation.pk}.webp", partial(stored, generation.image_file))
        maps = partial(stored, generation.maps_file)
        yield _entry(f"heat_maps/{generation.pk}.safetensors", maps)
    for item in study_items(study):
        yield _entry(f"items/{item.pk}.png", partial(item_png, item))
        yield _entry(f"items/{item.pk}.npy", partial(_item_numbers, item))


def all_entries(*, study: Study) -> Iterator[Entry]:
    """Everything there is: all tables, the settings, pictures and maps."""
    yield Entry("study.toml", [to_toml(study=study).encode()])
    for name, table in tables(study=study).items():
        if name not in ("items", "words"):
            yield Entry(f"{name}.csv", table.pieces("csv"))
    yield from picture_entries(study=study)


def study_items(study: Study) -> Iterator[Item]:
    items = study.items.select_related("heat_map__generation", "heat_map__word__prompt")
    return items.order_by("pk").iterator(chunk_size=_AT_ONCE)


def item_png(item: Item) -> bytes:
    """The map that raters are shown, in grey. Raises `FileNotFoundError`."""
    return grey_item_map(item).png


def found(read: Callable[[], bytes]) -> bytes | None:
    """What is read; None where it is not on the disk, or damaged."""
    try:
        return read()
    except (OSError, SafetensorError):
        return None


def _item_numbers(item: Item) -> bytes:
    """The shown map as stored, float16, in numpy's format."""
    shown = (item.map_file, item.map_row)
    own = (item.heat_map.generation.maps_file, item.heat_map.row)
    content = io.BytesIO()
    np.save(content, stored_map(*(shown if item.map_file else own)))
    return content.getvalue()


def _entry(path: str, read: Callable[[], bytes]) -> Entry:
    content = found(read)
    return Entry(path, None if content is None else [content])


def stored(name: str) -> bytes:
    """A file below the media folder. Raises `FileNotFoundError`."""
    return (Path(settings.MEDIA_ROOT) / name).read_bytes()
