# SPDX-License-Identifier: EUPL-1.2
"""A chain of labels over words: scores in, the best labels and how likely they are out.

The model is a linear-chain conditional random field (Lafferty, McCallum, Pereira 2001). Many sequences are
worked at once, place by place, so that numpy does in one step what Python would do in hundreds.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]

_ROWS = 96
"""Sequences that are worked at once."""


def decode(
    scores: Floats, lengths: Sequence[int], turns: Floats
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The best labels of every word, and for every sequence the natural logarithm of their probability.

    ``scores`` are words x labels, the sequences one after the other; ``turns`` are labels x labels, from
    and to.
    """
    labels = np.zeros(len(scores), dtype=np.int32)
    likely = np.zeros(len(lengths), dtype=np.float64)
    sizes = np.asarray(lengths, dtype=np.int64)
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) if len(sizes) else sizes
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 0]
    for at in range(0, len(order), _ROWS):
        some = order[at : at + _ROWS]
        _decode(scores, starts[some], sizes[some], turns, labels, likely, some)
    return labels, likely


def _decode(  # noqa: PLR0917  two results are written in place, a copy of all words costs more
    scores: Floats,
    starts: NDArray[np.int64],
    sizes: NDArray[np.int64],
    turns: Floats,
    labels: NDArray[np.int32],
    likely: NDArray[np.float64],
    which: NDArray[np.int64],
) -> None:
    """Viterbi and the forward sum over sequences in the order of their length, the longest first."""
    width = turns.shape[0]
    steps = int(sizes[0])
    edge = float(turns.max())
    opened = np.exp(turns - edge)
    back = np.zeros((steps, len(sizes), width), dtype=np.int16)
    best = scores[starts].copy()
    top = best.max(axis=1, keepdims=True)
    mass = np.exp(best - top)
    log = top[:, 0].astype(np.float64)
    towards = np.ascontiguousarray(turns.T)
    for step in range(1, steps):
        active = int(np.searchsorted(-sizes, -step, side="left"))
        here = scores[starts[:active] + step]
        reach = best[:active, None, :] + towards[None, :, :]
        from_ = reach.argmax(axis=2)
        back[step, :active] = from_
        best[:active] = np.take_along_axis(reach, from_[:, :, None], axis=2)[:, :, 0] + here
        top = here.max(axis=1, keepdims=True)
        mass[:active] = (mass[:active] @ opened) * np.exp(here - top)
        whole = mass[:active].sum(axis=1, keepdims=True)
        mass[:active] /= whole
        log[:active] += top[:, 0] + edge + np.log(whole[:, 0])
    total = log + np.log(mass.sum(axis=1))
    last = best.argmax(axis=1)
    likely[which] = np.minimum(best[np.arange(len(sizes)), last] - total, 0.0)
    rows = np.arange(len(sizes))
    for step in range(steps - 1, -1, -1):
        active = int(np.searchsorted(-sizes, -step, side="left"))
        labels[starts[:active] + step] = last[:active]
        if step:
            last[:active] = back[step, rows[:active], last[:active]]


def alike(scores: Floats, turns: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Of one sequence the logarithms of forward and backward sums, words x labels, and of the whole."""
    ahead = np.zeros(scores.shape, dtype=np.float64)
    behind = np.zeros(scores.shape, dtype=np.float64)
    ahead[0] = scores[0]
    for step in range(1, len(scores)):
        ahead[step] = _sum(ahead[step - 1][:, None] + turns, 0) + scores[step]
    for step in range(len(scores) - 2, -1, -1):
        behind[step] = _sum(turns + (scores[step + 1] + behind[step + 1])[None, :], 1)
    return ahead, behind, float(_sum(ahead[-1], 0))


def _sum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """The logarithm of a sum of exponentials along an axis."""
    top = values.max(axis=axis, keepdims=True)
    found: NDArray[np.float64] = np.log(np.exp(values - top).sum(axis=axis)) + top.squeeze(axis)
    return found
