# SPDX-License-Identifier: EUPL-1.2
"""Sparse rows of numbers, times a table of weights, with numpy alone: serving needs no SciPy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

GROUP = 64
"""Rows that are multiplied at a time: few enough that their columns fit into the processor's cache."""
ENTRIES = 40_000
"""Entries of a group, at most; a longer row is a group by itself."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``count`` rows of ``width`` columns. Entries are sorted by row and column, each pair stands once."""

    row: Ints
    column: Ints
    value: Floats
    count: int
    width: int

    def times(self, weights: NDArray[Any]) -> Floats:
        """Rows times (width x labels) weights of any type: (count x labels), float32."""
        out = np.zeros((self.count, weights.shape[1]), dtype=np.float32)
        bounds = np.searchsorted(self.row, np.arange(self.count + 1))
        first = 0
        while first < self.count:
            last = first + 1
            while last < min(self.count, first + GROUP) and (
                bounds[last + 1] - bounds[first] <= ENTRIES
            ):
                last += 1
            here = slice(bounds[first], bounds[last])
            columns, place = np.unique(self.column[here], return_inverse=True)
            dense = np.zeros((last - first, len(columns)), dtype=np.float32)
            dense[self.row[here] - first, place] = self.value[here]
            np.matmul(dense, weights[columns].astype(np.float32), out=out[first:last])
            first = last
        return out

    def sparse(self) -> Any:
        """As SciPy's, for training."""
        from scipy import sparse  # noqa: PLC0415  training alone has SciPy

        starts = np.searchsorted(self.row, np.arange(self.count + 1)).astype(np.int32)
        return sparse.csr_array(
            (self.value, self.column.astype(np.int32), starts), shape=(self.count, self.width)
        )
