"""The best one-to-one matching of rows to columns: Kuhn's Hungarian method, in n² · m steps."""

from __future__ import annotations

import numpy as np


def best_assignment(scores: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (row, column) with the largest sum of `scores` (row, column), in the rows' order.

    Every row or every column is matched, whichever are fewer.
    """
    if scores.shape[0] > scores.shape[1]:
        return sorted((row, column) for column, row in best_assignment(scores.T))
    costs = np.asarray(scores, dtype=np.float64).max(initial=0.0) - scores
    matched = _cheapest(costs)
    return sorted((row, column) for column, row in enumerate(matched) if row >= 0)


def _cheapest(costs: np.ndarray) -> list[int]:
    """The row of each column, or -1; costs (row, column) with no more rows than columns."""
    n_rows, n_columns = costs.shape
    row_price, column_price = np.zeros(n_rows), np.zeros(n_columns)
    row_of = [-1] * n_columns
    for row in range(n_rows):
        column, came_from = _augmenting_path(costs, row, row_price, column_price, row_of)
        while column >= 0:  # hand every column of the path on to the row before it
            previous = came_from[column]
            row_of[column] = row if previous < 0 else row_of[previous]
            column = previous
    return row_of


def _augmenting_path(
    costs: np.ndarray,
    start: int,
    row_price: np.ndarray,
    column_price: np.ndarray,
    row_of: list[int],
) -> tuple[int, list[int]]:
    """The cheapest way from row `start` to a free column (Dijkstra on reduced costs).

    Returns that column, and for each column the one before it on the path (-1: none). Prices are
    brought up to date, which keeps all reduced costs at zero or above.
    """
    n_columns = costs.shape[1]
    reach = np.full(n_columns, np.inf)
    came_from, visited = [-1] * n_columns, np.zeros(n_columns, dtype=bool)
    row, column, distance = start, -1, 0.0
    while True:
        through = distance + costs[row] - row_price[row] - column_price
        for other in np.flatnonzero(~visited & (through < reach)):
            reach[other], came_from[other] = through[other], column
        column = int(np.where(visited, np.inf, reach).argmin())
        distance, visited[column] = float(reach[column]), True
        if row_of[column] < 0:
            break
        row = row_of[column]
    row_price[start] += distance
    for done in np.flatnonzero(visited):
        if row_of[done] >= 0:
            row_price[row_of[done]] += distance - reach[done]
        column_price[done] -= distance - reach[done]
    return column, came_from
