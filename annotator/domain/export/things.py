"""What raters saw in pictures, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from annotator.domain.export.formats import guard_cell
from annotator.domain.rating.presence import SeenItem


def things_rows(items: Sequence[SeenItem]) -> Iterator[list[Any]]:
    """A header, then a row per picture and thing that was asked about."""
    yield ["item", "prompt", "seed", "batch", "thing", "named", "seen", "n_raters", "n_opt_outs"]
    for one in items:
        prompt = one.item.heat_map.word.prompt
        about = [str(one.item.public_id), guard_cell(prompt.text), prompt.seed]
        batch = guard_cell(one.batch)
        for name, count in one.counts.items():
            named = "true" if name in one.named else "false"
            yield [*about, batch, guard_cell(name), named, count, one.n, one.n_opt_outs]
