# SPDX-License-Identifier: EUPL-1.2
"""What an archive is written to while somebody already reads it: bytes in, and out again in pieces."""

import io


class Sink:
    """Takes what the archive writes, until it is taken away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take bytes."""
        self._pieces.append(bytes(data))
        return len(data)

    def seek(self, *_where: int) -> int:
        """Not possible: what was written is gone already."""
        raise io.UnsupportedOperation

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to close."""

    def taken(self) -> bytes:
        """Everything since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
