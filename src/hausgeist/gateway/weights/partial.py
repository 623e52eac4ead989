# SPDX-License-Identifier: EUPL-1.2
"""A file that is being brought into the house, kept in quarantine until it is whole.

Bytes flow in, the SHA-256 grows with them. Beside the file lies a note with what a later attempt needs
to go on: the server's ETag and the whole size. It knows nothing of networks.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from hausgeist.core.hashing import content_id
from hausgeist.errors import Conflict, DiskFull
from hausgeist.gateway.weights.thread import finished
from hausgeist.locks import try_lock

RESERVE = 64 * 1024 * 1024
"""Bytes of the disk that a fetch leaves to everybody else, where the whole size is known."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_BLOCK = 1024 * 1024


class _Note(msgspec.Struct):
    source: str = ""
    etag: str = ""
    total: int | None = None


class Partial:
    """One file in quarantine; a context that holds its lock.

    Raises on entering:
        Conflict: another process is fetching the same source.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self.path = folder / f"{content_id(source.encode())[:32]}.partial"
        self._note_path = self.path.with_suffix(".json")
        self._source = source
        self._note = _Note(source=source)
        self._digest = hashlib.sha256()
        self.size = 0

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("ab", buffering=0)
        if not try_lock(self._file):
            self._file.close()
            raise Conflict(what=self._source)
        self._note = self._read_note()
        self.size = self._file.seek(0, os.SEEK_END)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if self.size == 0 and self.path.exists() and self.path.stat().st_size == 0:
            self.discard()

    @property
    def etag(self) -> str:
        """The strong ETag of what is here; empty without one."""
        return self._note.etag

    @property
    def total(self) -> int | None:
        """Bytes of the whole file, where the server said so."""
        return self._note.total

    async def rehash(self) -> None:
        """Hash what an earlier attempt left; to be called before going on."""
        self._digest = hashlib.sha256()
        with await finished(self.path.open, "rb") as file:
            while block := await finished(file.read, _BLOCK):
                await finished(self._digest.update, block)

    async def pour(
        self, read: Callable[[int], bytes], total: int, progress: Callable[[int, int | None], None]
    ) -> str:
        """Take everything a blocking ``read`` gives, from the start; returns the SHA-256.

        Raises:
            DiskFull: there is no room for ``total`` bytes, or the disk fills up meanwhile.
        """
        self.restart()
        self.expect(etag="", total=total)
        while block := await finished(read, _BLOCK):
            await finished(self.write, block)
            progress(self.size, total)
        return await finished(self.finish)

    def restart(self) -> None:
        """Forget what is here: the server has something else now."""
        self._file.truncate(0)
        self._file.seek(0)
        self.size = 0
        self._digest = hashlib.sha256()

    def expect(self, *, etag: str, total: int | None) -> None:
        """Note what a later attempt needs, and check that the disk has room.

        Raises:
            DiskFull: it has not.
        """
        self._note = _Note(
            source=self._source, etag="" if etag.startswith("W/") else etag, total=total
        )
        if total is not None:
            free = shutil.disk_usage(self.path.parent).free
            if total - self.size > max(0, free - RESERVE):
                raise DiskFull(needed=megabytes(total - self.size), free=megabytes(free))
        try:
            self._note_path.write_bytes(msgspec.json.encode(self._note))
        except OSError as error:
            raise self._full(error) from error

    def write(self, data: bytes) -> None:
        """Append bytes; what the disk has taken is counted and hashed even if it takes no more.

        Raises:
            DiskFull: the disk, a quota or a limit of the process is exhausted.
        """
        view = memoryview(data)
        while view:
            try:
                taken = self._file.write(view)
            except OSError as error:
                raise self._full(error) from error
            self._digest.update(view[:taken])
            self.size += taken or 0
            view = view[taken:]

    def head(self, count: int) -> bytes:
        """The first bytes."""
        with self.path.open("rb") as file:
            return file.read(count)

    def finish(self) -> str:
        """Bring everything to the disk; the SHA-256 in hexadecimal.

        Raises:
            DiskFull: the disk says so only now.
        """
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._full(error) from error
        return self._digest.hexdigest()

    def move(self, target: Path) -> None:
        """Make it a file of the house, read-only, under its final name."""
        self.path.chmod(0o440)
        self.path.replace(target)
        self._note_path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove it and its note."""
        self.path.unlink(missing_ok=True)
        self._note_path.unlink(missing_ok=True)

    def _read_note(self) -> _Note:
        try:
            return msgspec.json.decode(self._note_path.read_bytes(), type=_Note)
        except (OSError, msgspec.DecodeError):
            return _Note(source=self._source)

    def _full(self, error: OSError) -> Exception:
        total = self._note.total
        return full(error, self.path.parent, total - self.size if total else None)


def full(error: OSError, folder: Path, missing: int | None = None) -> Exception:
    """The error itself, or ours if it says that no more can be written; ``missing`` is in bytes."""
    if error.errno not in _FULL:
        return error
    free = shutil.disk_usage(folder).free
    return DiskFull(needed="?" if missing is None else megabytes(missing), free=megabytes(free))


def megabytes(count: int) -> str:
    """Bytes as people read them: ``98 MB``, ``4.1 GB`` (decimal units)."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
