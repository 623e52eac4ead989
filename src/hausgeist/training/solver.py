# SPDX-License-Identifier: EUPL-1.2
"""Linear models over sparse and dense columns side by side: multinomial or one-vs-rest logistic regression.

In: rows, targets, weights of the rows. Out: weights of the columns. The loss is the weighted cross-entropy
plus ``1/(2C)`` times the squares of the weights, minimised by L-BFGS (Nocedal and Wright, algorithm 7.4)
in single precision for all labels at once, from zero, without chance: the same input gives the same weights.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hausgeist.training.rows import Floats

MEMORY = 6
STEPS_MOST = 60
GAIN_LEAST = 2e-4
"""A step that lowers the loss by a smaller share is the last."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What is learned from: a sparse matrix (SciPy's) and a dense one beside it; either may be None."""

    sparse: Any
    dense: Floats | None

    def at(self, rows: NDArray[Any]) -> "Columns":
        """Some of the rows."""
        return Columns(
            None if self.sparse is None else self.sparse[rows],
            None if self.dense is None else self.dense[rows],
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: a column a label."""

    sparse: Floats | None
    dense: Floats | None
    bias: Floats


def fit(
    columns: Columns,
    targets: Floats,
    row_weights: Floats,
    *,
    c: float,
    exclusive: bool,
    step: Callable[[float], None] = lambda _: None,
) -> Weights:
    """Learn. ``targets``: (rows x labels) of 0 and 1; ``exclusive``: exactly one label is right.

    ``step`` is told after each step how much of the way is done, 0 to 1.
    """
    problem = _Problem(columns, targets, row_weights, c=c, exclusive=exclusive)
    return problem.weights(_minimise(problem, step))


class _Problem:
    """Loss and gradient over one flat vector: sparse, dense, bias."""

    def __init__(
        self, columns: Columns, targets: Floats, row_weights: Floats, *, c: float, exclusive: bool
    ) -> None:
        self._columns = columns
        self._targets = targets
        self._row_weights = row_weights[:, None]
        self._decay = np.float32(1.0 / c)
        self._exclusive = exclusive
        self._turned = None if columns.sparse is None else columns.sparse.T.tocsr()
        self._wide = 0 if columns.sparse is None else columns.sparse.shape[1]
        self._deep = 0 if columns.dense is None else columns.dense.shape[1]
        self.shape = (self._wide + self._deep + 1, targets.shape[1])

    def weights(self, flat: Floats) -> Weights:
        table = flat.reshape(self.shape)
        edge = self._wide + self._deep
        return Weights(
            table[: self._wide] if self._wide else None,
            table[self._wide : edge] if self._deep else None,
            table[edge],
        )

    def at(self, flat: Floats) -> tuple[float, Floats]:
        """The loss and its gradient."""
        now = self.weights(flat)
        scores = np.repeat(now.bias[None, :], len(self._targets), axis=0)
        if now.sparse is not None:
            scores += self._columns.sparse @ now.sparse
        if now.dense is not None and self._columns.dense is not None:
            scores += self._columns.dense @ now.dense
        loss, error = self._exclusively(scores) if self._exclusive else self._singly(scores)
        gradient = np.empty(self.shape, dtype=np.float32)
        edge = self._wide + self._deep
        if self._wide:
            assert self._turned is not None
            gradient[: self._wide] = self._turned @ error
        if self._columns.dense is not None:
            gradient[self._wide : edge] = self._columns.dense.T @ error
        gradient[edge] = error.sum(axis=0)
        flat_gradient = gradient.ravel()
        flat_gradient[: edge * self.shape[1]] += self._decay * flat[: edge * self.shape[1]]
        square = float(np.dot(flat, flat)) - float(np.dot(now.bias, now.bias))
        return loss + 0.5 * float(self._decay) * square, flat_gradient

    def _exclusively(self, scores: Floats) -> tuple[float, Floats]:
        scores -= scores.max(axis=1, keepdims=True)
        right = (scores * self._targets).sum(axis=1)
        np.exp(scores, out=scores)
        total = scores.sum(axis=1, keepdims=True)
        scores /= total
        loss = float(((np.log(total[:, 0]) - right) * self._row_weights[:, 0]).sum(dtype=float))
        scores -= self._targets
        scores *= self._row_weights
        return loss, scores

    def _singly(self, scores: Floats) -> tuple[float, Floats]:
        loss = np.logaddexp(0, scores) - scores * self._targets
        total = float((loss * self._row_weights).sum(dtype=float))
        error = 1.0 / (1.0 + np.exp(-np.clip(scores, -60, 60)))
        error -= self._targets
        error *= self._row_weights
        return total, error.astype(np.float32)


def _minimise(problem: _Problem, step: Callable[[float], None]) -> Floats:
    now = np.zeros(problem.shape[0] * problem.shape[1], dtype=np.float32)
    loss, gradient = problem.at(now)
    past: deque[tuple[Floats, Floats, float]] = deque(maxlen=MEMORY)
    for number in range(STEPS_MOST):
        way = _direction(gradient, past)
        slope = float(np.dot(way, gradient))
        size = 1.0 if past else min(1.0, 1.0 / max(1e-12, float(np.abs(gradient).sum()))) * 10
        for _ in range(20):
            there = now + np.float32(size) * way
            new_loss, new_gradient = problem.at(there)
            if new_loss <= loss + 1e-4 * size * slope:
                break
            size *= 0.4
        else:
            break
        moved, changed = there - now, new_gradient - gradient
        curve = float(np.dot(moved, changed))
        if curve > 1e-10:
            past.append((moved, changed, 1.0 / curve))
        gain = (loss - new_loss) / max(1e-12, abs(loss))
        now, loss, gradient = there, new_loss, new_gradient
        step((number + 1) / STEPS_MOST)
        if gain < GAIN_LEAST:
            break
    return now


def _direction(gradient: Floats, past: deque[tuple[Floats, Floats, float]]) -> Floats:
    """Minus the gradient, times what the last steps tell of the curvature."""
    way = -gradient
    factors = []
    for moved, changed, inverse in reversed(past):
        factor = np.float32(inverse * float(np.dot(moved, way)))
        way -= factor * changed
        factors.append(factor)
    if past:
        moved, changed, inverse = past[-1]
        way *= np.float32(1.0 / (inverse * float(np.dot(changed, changed))))
    for (moved, changed, inverse), factor in zip(past, reversed(factors), strict=True):
        way += (factor - np.float32(inverse * float(np.dot(changed, way)))) * moved
    return way
