# SPDX-License-Identifier: EUPL-1.2
"""spaCy's ``.spacy`` files (``DocBin``), read without spaCy: bytes flow in, texts with answers flow out.

The format (spacy/tokens/_serialize.py, version 0.1): MessagePack under zlib; words are 64-bit hashes
(MurmurHash64A with seed 1, Appleby 2008) of the strings that come along. Nothing is unpickled; what unpacks
to more than it may is refused.
"""

import struct
import zlib
from array import array
from collections.abc import Iterator
from typing import Any

import msgspec

from hausgeist.errors import N_, BadUpload
from hausgeist.workbench.docbin_symbols import NUMBERS
from hausgeist.workbench.foreign import Found

UNPACKED_MOST = 400 * 1024 * 1024
"""Bytes after unpacking."""
_ORTH, _IOB, _TYPE = 65, 77, 78
_KEEP = 0xFFFFFFFFFFFFFFFF
_TIMES, _SHIFT = 0xC6A4A7935BD1E995, 47


def hash_of(text: str) -> int:
    """The number that a string has in spaCy."""
    if not text:
        return 0
    if text in NUMBERS:
        return NUMBERS[text]
    content = text.encode("utf-8", "surrogatepass")
    value = (1 ^ (len(content) * _TIMES)) & _KEEP
    whole = len(content) // 8 * 8
    for (part,) in struct.iter_unpack("<Q", content[:whole]):
        mixed = (part * _TIMES) & _KEEP
        mixed ^= mixed >> _SHIFT
        value = ((value ^ ((mixed * _TIMES) & _KEEP)) * _TIMES) & _KEEP
    if rest := content[whole:]:
        value = ((value ^ int.from_bytes(rest, "little")) * _TIMES) & _KEEP
    value ^= value >> _SHIFT
    value = (value * _TIMES) & _KEEP
    return value ^ (value >> _SHIFT)


def is_docbin(sample: bytes) -> bool:
    """Whether a file begins as one: compressed, with ``attrs`` or ``version`` among the first names."""
    if sample[:1] != b"\x78":
        return False
    try:
        start = zlib.decompressobj().decompress(sample[:4096], 4096)
    except zlib.error:
        return False
    return b"attrs" in start or b"version" in start


def docs(content: bytes) -> Iterator[Found]:
    """The texts of a file, with their passages, or else with the labels they were given.

    Raises:
        BadUpload: it is broken, or unpacks to too much.
    """
    broken = BadUpload(reason=N_("it is no complete file of spaCy"))
    try:
        press = zlib.decompressobj()
        body = press.decompress(content, UNPACKED_MOST)
    except zlib.error as error:
        raise broken from error
    if press.unconsumed_tail or not press.eof:
        raise BadUpload(reason=N_("it unpacks to more than 400 MB, or is cut off"))
    try:
        yield from _texts(*_parts(msgspec.msgpack.decode(body)))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise broken from error


def _parts(found: dict[str, Any]) -> tuple[Any, ...]:
    """What a file holds: its names of columns, numbers, spaces and lengths, strings by number.

    Raises:
        KeyError, TypeError, ValueError: it is not what spaCy writes.
    """
    names = [int(one) for one in found["attrs"]]
    numbers, lengths = array("Q"), array("i")
    numbers.frombytes(found["tokens"])
    lengths.frombytes(found["lengths"])
    if len(numbers) != sum(lengths) * len(names) or min(lengths, default=0) < 0:
        raise ValueError(names)
    strings = {hash_of(one): one for one in found["strings"]}
    return found, names, (numbers, found["spaces"], lengths), strings


def _texts(
    found: dict[str, Any], names: list[int], parts: tuple[Any, Any, Any], strings: dict[int, str]
) -> Iterator[Found]:
    numbers, spaces, lengths = parts
    width = len(names)
    word = names.index(_ORTH)
    iob = names.index(_IOB) if _IOB in names else -1
    kind = names.index(_TYPE) if _TYPE in names else -1
    cats = found.get("cats") or []
    row = 0
    for at, length in enumerate(lengths):
        text, spans = "", list[list[Any]]()
        for one in range(row, row + length):
            start = len(text)
            text += strings[numbers[one * width + word]]
            state = numbers[one * width + iob] if iob >= 0 else 0
            if kind >= 0 and state in {1, 3}:  # inside, begins
                label = strings.get(numbers[one * width + kind], "")
                if state == 1 and spans and spans[-1][2] == label:
                    spans[-1][1] = len(text)
                else:
                    spans.append([start, len(text), label])
            if spaces[one]:
                text += " "
        row += length
        given = cats[at] if at < len(cats) and isinstance(cats[at], dict) else {}
        said: list[Any] = spans
        if not spans and given:
            said = [str(name) for name, share in given.items() if share and float(share) >= 0.5]
        yield Found(text, said)
