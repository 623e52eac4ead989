# SPDX-License-Identifier: EUPL-1.2
"""Reads forward through an untrusted file, never beyond a limit.

An open binary file and a limit in bytes flow in; integers, byte strings and positions flow out. Every
length is checked against what is left before anything of that size is read. It knows nothing of GGUF.
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

from hausgeist.errors import UnsafeModelFile

_CHUNK = 256 * 1024
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class Cursor:
    """A position in a file of which only the first ``limit`` bytes exist for us."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._buffer = b""
        self._at = 0
        self._ahead = 0  # position in the file of the first byte that is not in the buffer
        file.seek(0)

    @property
    def position(self) -> int:
        """Bytes from the start of the file."""
        return self._ahead - len(self._buffer) + self._at

    @property
    def left(self) -> int:
        """Bytes that may still be read."""
        return self._limit - self.position

    def take(self, count: int) -> bytes:
        """Read exactly ``count`` bytes.

        Raises:
            UnsafeModelFile: the file, or what we read of it, ends before.
        """
        end = self._at + count
        if end > len(self._buffer):
            self._fill(count)
            end = count
        data = self._buffer[self._at : end]
        self._at = end
        return data

    def skip(self, count: int) -> None:
        """Pass over ``count`` bytes without reading them.

        Raises:
            UnsafeModelFile: as ``take``.
        """
        self._check(count)
        if self._at + count <= len(self._buffer):
            self._at += count
            return
        self._ahead = self.position + count
        self._buffer, self._at = b"", 0
        self._file.seek(self._ahead)

    def u32(self) -> int:
        """An unsigned integer of four bytes."""
        return int(_U32.unpack(self.take(4))[0])

    def u64(self) -> int:
        """An unsigned integer of eight bytes."""
        return int(_U64.unpack(self.take(8))[0])

    def strings(self, count: int, longest: int) -> Iterator[bytes]:
        """``count`` byte strings, each after its length in eight bytes.

        Raises:
            UnsafeModelFile: one is longer than ``longest`` bytes, or the file ends before.
        """
        for _ in range(count):
            length = self.u64()
            if length > longest:
                raise UnsafeModelFile(reason=f"a string has {length} bytes, more than {longest}")
            yield self.take(length)

    def _check(self, count: int) -> None:
        if count > self.left:
            raise UnsafeModelFile(
                reason=f"{count} bytes are announced at position {self.position}, {self.left} follow"
            )

    def _fill(self, count: int) -> None:
        self._check(count)
        rest = self._buffer[self._at :]
        wanted = min(max(count, _CHUNK) - len(rest), self._limit - self._ahead)
        fresh = self._file.read(wanted)
        if len(rest) + len(fresh) < count:
            raise UnsafeModelFile(reason="the file became shorter while it was read")
        self._ahead += len(fresh)
        self._buffer, self._at = rest + fresh, 0
