# SPDX-License-Identifier: EUPL-1.2
"""Figures that take long to work out, kept for as long as they hold: a key and a sign go in, a figure out.

The sign says what a figure was made of: while it is the same, so is the figure. What is made of very much may
be a little out of date, if whoever asks says so. Knows no clock and no database.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

OLD_MS = 60_000
"""So old may be what is made of very much, in milliseconds."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a figure is made of: it never outlives a change of ``firm``, of ``loose`` maybe for a minute."""

    firm: Hashable
    loose: Hashable = None


@dataclass(slots=True)
class _Kept(Generic[T]):
    sign: Sign
    at: int
    value: T


class Remembered(Generic[T]):
    """Figures by key, the ``most`` that were asked for last; from several threads."""

    def __init__(self, most: int, large: Callable[[T], bool] = lambda _value: False) -> None:
        self._most = most
        self._large = large
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable, sign: Sign, now_ms: int, make: Callable[[], T]) -> T:
        """The figure of a key; made anew where its sign has changed, which must be read before it is made."""
        with self._lock:
            known = self._kept.get(key)
            if known is not None and self._holds(known, sign, now_ms):
                self._kept.move_to_end(key)
                return known.value
        value = make()
        with self._lock:
            self._kept[key] = _Kept(sign, now_ms, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value

    def _holds(self, known: _Kept[T], sign: Sign, now_ms: int) -> bool:
        if known.sign == sign:
            return True
        young = 0 <= now_ms - known.at < OLD_MS
        return young and known.sign.firm == sign.firm and self._large(known.value)
