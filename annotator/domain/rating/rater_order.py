"""Every rater's own order of a study's items: a function of the study's seed and of their number.

Nothing is stored and nothing is listed: each step costs the same in a study of ten items and of a
million. Pure functions, no database.
"""

from __future__ import annotations

import hashlib

_ROUNDS = 4


def place(*, seed: int, rater: int, step: int, size: int) -> int:
    """The position that comes at `step` (taken modulo `size`) of this rater's order.

    Over the steps 0 … size−1 every position below `size` comes once. A Feistel network permutes
    the next larger power of four; where it leads beyond `size` it is followed on until it is back
    ("cycle walking", Black and Rogaway 2002, section 3), fewer than four times on average.
    """
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    position = step % size
    while True:
        position = _permuted(position, half, f"{seed}/{rater}")
        if position < size:
            return position


def _permuted(value: int, half: int, key: str) -> int:
    """A permutation of the numbers of 2 × `half` bits."""
    mask = (1 << half) - 1
    left, right = value >> half, value & mask
    for turn in range(_ROUNDS):
        left, right = right, left ^ (_hash(f"{key}/{turn}/{right}") & mask)
    return (left << half) | right


def due(*, seed: int, rater: int, purpose: str, given: int, percent: int) -> int:
    """How many checks of a purpose have their place among this rater's first `given` items.

    One in every `100 / percent` items, at a place of that stretch the rater cannot foresee.
    """
    if not percent:
        return 0
    whole = given * percent // 100
    within = _hash(f"{seed}/{rater}/{purpose}/{whole}") / 2**64
    return whole + ((whole + within) * 100 < given * percent)


def chosen(*, seed: int, rater: int, purpose: str, step: int, size: int) -> int:
    """A number below `size`, uniform, for the choice among the candidates for a check."""
    return _hash(f"{seed}/{rater}/{purpose}/choice/{step}") % size


def _hash(text: str) -> int:
    """A uniform number of 64 bits."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
