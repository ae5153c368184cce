"""From soft to hard: where a map is hot, by the paper's rule or by that of its published code."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Rule = Literal["max", "min-max"]


def hard(soft: Tensor, tau: float) -> Tensor:
    """D ≥ τ · max D, as booleans: the paper's rule."""
    return soft >= tau * soft.max()


def hard_min_max(soft: Tensor, tau: float) -> Tensor:
    """D > min D + τ · (max D − min D), as booleans: the rule of the published code."""
    low, high = soft.min(), soft.max()
    return soft > low + tau * (high - low)


def cut(soft: Tensor, tau: float, rule: Rule = "max") -> Tensor:
    """The hard map by either rule."""
    return hard(soft, tau) if rule == "max" else hard_min_max(soft, tau)
