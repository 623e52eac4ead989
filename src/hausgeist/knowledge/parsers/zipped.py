# SPDX-License-Identifier: EUPL-1.2
"""ZIP containers, looked at before anything unpacks them: bytes in, their directory out, or a refusal."""

import io
import zipfile

from hausgeist.core.archives import DAMAGED
from hausgeist.errors import N_, FileBomb, FileLocked, FileUnreadable

ENTRIES_MOST = 10_000
UNPACKED_MOST = 400 * 1024 * 1024
"""Bytes that a container unpacks to, at most."""
RATIO_MOST = 200
"""Times that a large entry may grow; real office files stay below 100."""
RATIO_FROM = 16 * 1024 * 1024
"""Bytes from which on the ratio counts: small entries of blanks may shrink to nothing."""
HEAD = 64 * 1024
"""Bytes of each XML entry that are searched for entities, which must stand before the first element."""

_XML = (".xml", ".rels", ".vml", ".xhtml", ".opf")


def opened(payload: bytes) -> zipfile.ZipFile:
    """The container, after its directory was judged.

    Raises:
        FileUnreadable: it is broken or not complete.
        FileBomb: too many entries, too much content, or XML with entities of its own.
        FileLocked: an entry is encrypted.
    """
    try:
        container = zipfile.ZipFile(io.BytesIO(payload))
    except DAMAGED as error:
        raise FileUnreadable(reason=N_("its directory is missing")) from error
    _judge(container.infolist(), len(payload))
    for entry in container.infolist():
        if entry.filename.lower().endswith(_XML):
            _check_xml(_head(container, entry))
    return container


def _judge(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse a directory that promises trouble; ``size`` is the container's, in bytes."""
    if len(entries) > ENTRIES_MOST:
        raise FileBomb(reason=N_("it has too many parts"))
    if len({entry.filename for entry in entries}) != len(entries):
        raise FileUnreadable(reason=N_("two parts have the same name"))
    if sum(entry.file_size for entry in entries) > UNPACKED_MOST:
        raise FileBomb(reason=N_("its parts are too large"))
    if sum(entry.compress_size for entry in entries) > size:
        raise FileBomb(reason=N_("its parts overlap"))
    for entry in entries:
        grown = entry.file_size / max(1, entry.compress_size)
        if entry.file_size > RATIO_FROM and grown > RATIO_MOST:
            raise FileBomb(reason=N_("a part is packed too tightly"))
        if entry.flag_bits & 1:
            raise FileLocked


def part(container: zipfile.ZipFile, name: str) -> bytes:
    """One entry as a whole.

    Raises:
        FileUnreadable: it is missing or broken.
    """
    try:
        return container.read(name)
    except DAMAGED as error:
        raise FileUnreadable(reason=N_("a part is missing or broken")) from error


def _head(container: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with container.open(entry) as file:
            return file.read(HEAD)
    except DAMAGED as error:
        raise FileUnreadable(reason=N_("a part is missing or broken")) from error


def _check_xml(head: bytes) -> None:
    """Office files declare no entities: whoever does wants something else."""
    plain = head.replace(b"\x00", b"")  # also in two bytes a letter
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise FileBomb(reason=N_("it declares entities of its own"))
