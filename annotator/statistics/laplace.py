"""Laplace's approximation to the likelihood of a cumulative link mixed model, and its gradient.

Ratings i of point y_i have the linear predictor η_i = x_i'β + σ_A a[item_i] + σ_B b[rater_i]. With
F the logistic distribution, f its density, u = θ[y] - η and l = θ[y - 1] - η:

    p = F(u) - F(l)      ∂ log p / ∂η = F(u) + F(l) - 1      -∂² log p / ∂η² = f(u) + f(l)

so that log p is concave in η, and the mode of the random effects is found by Newton's method. Their
Hessian is diagonal but for the pairs of an item and one of its raters; items are eliminated first,
which leaves a dense matrix of raters × raters. The approximation (Breslow and Clayton 1993,
"Approximate inference in generalized linear mixed models", JASA 88) is

    log L ≈ Σ log p - (a'a + b'b) / 2 - log |H| / 2,    H = I + Z' diag(w) Z,    w = f(u) + f(l).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from annotator.statistics.crossed import CrossedRatings

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Effects = tuple[Floats, Floats]  # (item,), (rater,)

_NEWTON_STEPS = 50
_NEWTON_TOLERANCE = 1e-9
_ROUNDING = 1e-12


class Laplace:
    """Called with the parameters, gives the log-likelihood and its gradient.

    Parameters: the thresholds, the effects, σ_A, σ_B. Thresholds out of order are impossible: -inf.
    """

    def __init__(self, ratings: CrossedRatings, covariates: Floats) -> None:
        levels, point = np.unique(ratings.score, return_inverse=True)
        self.levels: Floats = levels
        self._point, self._covariates = point, covariates
        self._design = design = _Design.of(ratings)
        self._mode = np.zeros(design.sizes[0]), np.zeros(design.sizes[1])

    def __call__(self, parameters: Floats) -> tuple[float, Floats]:
        thresholds, beta, sd = np.split(parameters, [len(self.levels) - 1, len(parameters) - 2])
        if (np.diff(thresholds) <= 0).any():
            return -np.inf, np.full(len(parameters), np.nan)
        padded = np.r_[-np.inf, thresholds, np.inf]
        bounds = padded[self._point + 1], padded[self._point]
        fixed = self._covariates @ beta
        self._mode = mode = self._find_mode(bounds, fixed, sd)
        terms = _terms(bounds, fixed + self._design.spread(mode, sd))
        hessian = _Hessian(self._design, terms.weight, sd)
        value = _penalised(terms, mode) - hessian.log_det() / 2
        return value, self._gradient(terms, hessian, mode, sd)

    def _find_mode(self, bounds: Effects, fixed: Floats, sd: Floats) -> Effects:
        """The most likely random effects, sought from those of the last call."""
        at, reached, before = self._mode, -np.inf, self._mode
        for _ in range(_NEWTON_STEPS):
            terms = _terms(bounds, fixed + self._design.spread(at, sd))
            value = _penalised(terms, at)
            # Concave, so that a step can be too long but never wrong.
            if value < reached - _ROUNDING * abs(reached):
                at = (at[0] + before[0]) / 2, (at[1] + before[1]) / 2
                continue
            items, raters = self._design.sums(terms.slope)
            slope = sd[0] * items - at[0], sd[1] * raters - at[1]
            step = _Hessian(self._design, terms.weight, sd).solve(slope)
            before, reached = at, value
            at = at[0] + step[0], at[1] + step[1]
            if step[0] @ slope[0] + step[1] @ slope[1] < _NEWTON_TOLERANCE:
                break
        return at

    def _gradient(self, terms: _Terms, hessian: _Hessian, mode: Effects, sd: Floats) -> Floats:
        """By the parameters; the mode, and the determinant with it, move along with them."""
        design, weight = self._design, terms.weight
        of_item, between, of_rater = hessian.inverse()
        leverage = sd[0] ** 2 * of_item + 2 * sd[0] * sd[1] * between + sd[1] ** 2 * of_rater
        # Half the log-determinant by each rating's η, and what moving the mode does to it.
        by_eta = -leverage * terms.bend / 2
        items, raters = design.sums(by_eta)
        moved = hessian.solve((sd[0] * items, sd[1] * raters))
        along = design.spread(moved, sd)
        eta = terms.slope + by_eta - weight * along
        scales = zip(
            (mode[0][design.item], mode[1][design.rater]),
            (moved[0][design.item], moved[1][design.rater]),
            (sd[0] * of_item + sd[1] * between, sd[0] * between + sd[1] * of_rater),
            strict=True,
        )
        by_sd = [eta @ at + terms.slope @ along - weight @ own for at, along, own in scales]
        return np.r_[self._by_threshold(terms, leverage, along), eta @ self._covariates, by_sd]

    def _by_threshold(self, terms: _Terms, leverage: Floats, along: Floats) -> Floats:
        n = len(self.levels)
        above, below = (
            sign * f_over_p - leverage * df / 2 + along * f
            for sign, f_over_p, f, df in zip(
                (1, -1), terms.f_over_p, terms.f, terms.df, strict=True
            )
        )
        sums = np.bincount(self._point, above, n)[:-1] + np.bincount(self._point, below, n)[1:]
        return np.asarray(sums, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Design:
    """Which ratings share an item or a rater. `one` and `two` are every two ratings of an item, a
    rating with itself too; `cell` is where their raters meet in a matrix of raters × raters.
    """

    item: Places
    rater: Places
    sizes: tuple[int, int]
    one: Places
    two: Places
    cell: Places

    @classmethod
    def of(cls, ratings: CrossedRatings) -> _Design:
        item, rater, n_raters = ratings.item, ratings.rater, len(ratings.raters)
        of_item = np.bincount(item)  # ratings are ordered by item
        partners = of_item[item]
        one = np.repeat(np.arange(len(item)), partners)
        first = (np.cumsum(of_item) - of_item)[item]
        ahead = np.cumsum(partners) - partners
        two = np.repeat(first - ahead, partners) + np.arange(len(one))
        cell = rater[one] * n_raters + rater[two]
        return cls(item, rater, (len(ratings.items), n_raters), one, two, cell)

    def spread(self, effects: Effects, sd: Floats) -> Floats:
        """What the random effects add to the predictor of each rating."""
        return sd[0] * effects[0][self.item] + sd[1] * effects[1][self.rater]

    def sums(self, values: Floats) -> Effects:
        """Of one number per rating: its sums by item, and by rater."""
        return self.by_item(values), self.by_rater(values)

    def by_item(self, values: Floats) -> Floats:
        return np.bincount(self.item, values, self.sizes[0]).astype(np.float64, copy=False)

    def by_rater(self, values: Floats) -> Floats:
        return np.bincount(self.rater, values, self.sizes[1]).astype(np.float64, copy=False)


class _Hessian:
    """I + Z' diag(weight) Z of the random effects, with items eliminated."""

    def __init__(self, design: _Design, weight: Floats, sd: Floats) -> None:
        self._design = design
        self._items = 1 + sd[0] ** 2 * design.by_item(weight)
        self._crossed = sd[0] * sd[1] * weight
        pairs = self._crossed[design.one] * self._crossed[design.two]
        n = design.sizes[1]
        shared = np.bincount(design.cell, pairs / self._items[design.item[design.one]], n * n)
        self._raters = np.diag(1 + sd[1] ** 2 * design.by_rater(weight)) - shared.reshape(n, n)

    def log_det(self) -> float:
        return float(np.log(self._items).sum() + np.linalg.slogdet(self._raters)[1])

    def solve(self, right: Effects) -> Effects:
        design, share = self._design, right[0] / self._items
        reduced = right[1] - design.by_rater(self._crossed * share[design.item])
        raters = np.linalg.solve(self._raters, reduced).astype(np.float64, copy=False)
        of_raters = design.by_item(self._crossed * raters[design.rater])
        return share - of_raters / self._items, raters

    def inverse(self) -> tuple[Floats, Floats, Floats]:
        """Of each rating, the inverse's entries of: its item; its item and rater; its rater."""
        design, inverse = self._design, np.linalg.inv(self._raters)
        reached = self._crossed[design.two] * inverse.ravel()[design.cell]
        reach = np.bincount(design.one, reached, len(design.item))
        of_items = 1 / self._items + design.by_item(self._crossed * reach) / self._items**2
        between = -reach / self._items[design.item]
        return of_items[design.item], between, np.diag(inverse)[design.rater]


@dataclass(frozen=True, slots=True)
class _Terms:
    """Of each rating: log p, its derivatives, and those by the thresholds above and below."""

    log_p: Floats
    slope: Floats  # ∂ log p / ∂η
    weight: Floats  # -∂ slope / ∂η
    bend: Floats  # ∂ weight / ∂η
    f: tuple[Floats, Floats]  # density at the threshold above, below
    df: tuple[Floats, Floats]  # its slope
    f_over_p: tuple[Floats, Floats]


def _penalised(terms: _Terms, effects: Effects) -> float:
    return float(terms.log_p.sum() - (effects[0] @ effects[0] + effects[1] @ effects[1]) / 2)


def _terms(bounds: Effects, eta: Floats) -> _Terms:
    upper, lower = bounds[0] - eta, bounds[1] - eta
    above, below = _logistic(upper), _logistic(lower)
    f, g = above * (1 - above), below * (1 - below)
    # F(u) - F(l) = F(u) (1 - F(l)) gap: nothing cancels, and nothing is divided by zero.
    gap = -np.expm1(lower - upper)
    log_up, log_low = np.logaddexp(0, -upper), np.logaddexp(0, lower)
    log_p = np.log(gap) - log_up - log_low
    df, dg = f * (1 - 2 * above), g * (1 - 2 * below)
    f_over_p = np.exp(log_low - np.logaddexp(0, upper)) / gap
    g_over_p = np.exp(log_up - np.logaddexp(0, -lower)) / gap
    return _Terms(
        log_p, above + below - 1, f + g, -(df + dg), (f, g), (df, dg), (f_over_p, g_over_p)
    )


def _logistic(x: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -x))
