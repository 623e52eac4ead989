# SPDX-License-Identifier: EUPL-1.2
"""What was found in texts, remembered without the texts: a conversation's earlier turns are scanned once.

The key is a keyed hash (BLAKE2b, a random key of this process); the value says where something is and of
which kind. The least recently used are forgotten first.
"""

import secrets
from collections import OrderedDict
from hashlib import blake2b

from hausgeist.core.findings import Finding

CHARACTERS = 20_000_000
"""Of the texts that are remembered, together."""

_LEAST = 256
"""What the shortest text weighs: an entry has a cost of its own."""


class Remembered:
    """Findings by text. A ``Remembered`` is emptied when a text would now be judged otherwise."""

    def __init__(self, most: int = CHARACTERS) -> None:
        self._most = most
        self._key = secrets.token_bytes(32)
        self._found: OrderedDict[bytes, tuple[int, tuple[Finding, ...]]] = OrderedDict()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._found)

    def key(self, text: str) -> bytes:
        """The name of a text here."""
        return blake2b(
            text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._key
        ).digest()

    def get(self, key: bytes) -> tuple[Finding, ...] | None:
        """What was found in a text; None if it is not known."""
        entry = self._found.get(key)
        if entry is None:
            return None
        self._found.move_to_end(key)
        return entry[1]

    def put(self, key: bytes, size: int, found: tuple[Finding, ...]) -> None:
        """Remember what was found in a text of so many characters."""
        weight = max(size, _LEAST, _LEAST * len(found))
        if key in self._found or weight > self._most:
            return
        self._found[key] = weight, found
        self._weight += weight
        while self._weight > self._most:
            _, (gone, _) = self._found.popitem(last=False)
            self._weight -= gone

    def clear(self) -> None:
        """Forget everything."""
        self._found.clear()
        self._weight = 0
