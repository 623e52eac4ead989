# SPDX-License-Identifier: EUPL-1.2
"""The Merkle tree over the trail's leaf hashes (RFC 6962, section 2.1; RFC 9162, section 2.1).

Hashes of leaves and of stored subtrees flow in through one function, roots and proofs flow out. Whole
subtrees of 256, 65536, … leaves are stored (``TILE`` levels apart), so that neither a root nor a proof
reads more than some hundred hashes, however long the trail is.
"""

import hashlib
from collections.abc import Callable, Sequence

from hausgeist.core.hashing import tree_hash

TILE = 8
"""Levels of the tree between two that are stored."""

Fetch = Callable[[int, int, int], Sequence[bytes]]
"""Level (0: leaves, 1: subtrees of 256 …), first place and count to that many hashes of 32 bytes."""


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(fetch: Fetch, size: int) -> bytes:
    """The root of the tree over the first ``size`` leaves."""
    return _part(fetch, 0, size) if size else tree_hash(())


def inclusion(fetch: Fetch, index: int, size: int) -> list[bytes]:
    """The audit path of a leaf in the tree of ``size`` leaves, from the leaf upwards.

    Raises:
        ValueError: there is no such leaf in that tree.
    """
    if not 0 <= index < size:
        raise ValueError(index)
    path: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_part(fetch, middle, high))
            high = middle
        else:
            path.append(_part(fetch, low, middle))
            low = middle
    return path[::-1]


def consistency(fetch: Fetch, old: int, size: int) -> list[bytes]:
    """The proof that the tree of ``old`` leaves is the beginning of the one of ``size`` leaves.

    Raises:
        ValueError: the old tree is larger, or empty.
    """
    if not 0 < old <= size:
        raise ValueError(old)
    path: list[bytes] = []
    low, high, whole = 0, size, True
    while old < high:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_part(fetch, middle, high))
            high = middle
        else:
            path.append(_part(fetch, low, middle))
            low, whole = middle, False
    if not whole:
        path.append(_part(fetch, low, high))
    return path[::-1]


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], head: bytes) -> bool:
    """Whether an audit path leads from a leaf to a root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            found = node(one, found)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, one)
        at, last = at >> 1, last >> 1
    return last == 0 and found == head


def consistent(old: int, size: int, path: Sequence[bytes], before: bytes, head: bytes) -> bool:
    """Whether a proof leads from an older root to a newer one (RFC 9162, section 2.1.4.2)."""
    if old == size:
        return not path and before == head
    if not 0 < old < size or not path:
        return False
    steps = [before, *path] if old & (old - 1) == 0 else list(path)
    at, last = old - 1, size - 1
    while at % 2:
        at, last = at >> 1, last >> 1
    one = other = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at % 2 or at == last:
            one, other = node(step, one), node(step, other)
            while not at % 2 and at:
                at, last = at >> 1, last >> 1
        else:
            other = node(other, step)
        at, last = at >> 1, last >> 1
    return last == 0 and one == before and other == head


def folded(hashes: Sequence[bytes]) -> bytes:
    """The root of a whole subtree: of two to the power of something hashes."""
    found = list(hashes)
    while len(found) > 1:
        found = [node(found[at], found[at + 1]) for at in range(0, len(found), 2)]
    return found[0]


def _split(count: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << ((count - 1).bit_length() - 1)


def _part(fetch: Fetch, low: int, high: int) -> bytes:
    """The root over leaves ``low`` to ``high``, which begin where a subtree of that size may."""
    count = high - low
    if count & (count - 1) == 0:
        level, rest = divmod(count.bit_length() - 1, TILE)
        return folded(fetch(level, low >> (TILE * level), 1 << rest))
    middle = low + _split(count)
    return node(_part(fetch, low, middle), _part(fetch, middle, high))
