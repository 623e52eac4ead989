# SPDX-License-Identifier: EUPL-1.2
"""A foreign file becomes conversations. Runs in a limited child process: bytes in, bytes out.

JSON, or a ZIP with JSON in it. A list is never decoded as a whole: its objects are found by looking at
brackets and strings, and decoded one by one, so that one broken conversation costs none of the others.
Out go frames of four bytes of length and content: first the summary, then compressed pieces of
conversations.
"""

import io
import json
import re
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import msgspec

from hausgeist.chat.imports.brought import UNREADABLE_SHOWN, Brought, Summary, mark_of
from hausgeist.chat.imports.formats import BROKEN, UNKNOWN, Counts, Unreadable, read
from hausgeist.core.archives import DAMAGED
from hausgeist.errors import N_, FileBomb, FileLocked, FileUnreadable

PIECE = 512 * 1024
"""Bytes of a piece before it is compressed; one long conversation may be more."""
ONE_MOST = 64 * 1024 * 1024
"""Bytes of one conversation."""
UNPACKED_MOST = 400 * 1024 * 1024
"""Bytes that a ZIP's files may have together."""
MEMBERS_MOST = 100_000
_LISTS = ("conversations", "chats", "data")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_ENCRYPTED = 0x1  # a bit of a member's flags
_NAMES = re.compile(r"(?:^|/)(?:shared_)?conversations(?:-\d+)?\.json$")

CUT_OFF = N_("the file ends in the middle of it")
TOO_LARGE = N_("it is larger than it may be")


def brought(payload: bytes) -> bytes:
    """The frames of a file.

    Raises:
        FileUnreadable, FileBomb, FileLocked: there is nothing in it that could be read, and why.
    """
    summary = Summary()
    pieces = b"".join(_frame(piece) for piece in _pieces(payload, summary))
    if not summary.conversations and summary.unreadable_count < 2:  # else it is told one by one
        raise FileUnreadable(reason=summary.unreadable[0][1] if summary.unreadable else UNKNOWN)
    return _frame(msgspec.json.encode(summary)) + pieces


def frames(content: bytes) -> Iterator[bytes]:
    """The contents of frames, as ``brought`` wrote them."""
    at = 0
    while at < len(content):
        (size,) = struct.unpack_from(">I", content, at)
        yield content[at + 4 : at + 4 + size]
        at += 4 + size


def _frame(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _pieces(payload: bytes, summary: Summary) -> Iterator[bytes]:
    counts = Counts()
    waiting: list[Brought] = []
    size = 0
    for one in _conversations(payload, summary, counts):
        waiting.append(one)
        size += sum(len(line.text) + len(line.reasoning) + 100 for line in one.lines)
        if size > PIECE:
            yield _packed(waiting)
            waiting, size = [], 0
    if waiting:
        yield _packed(waiting)
    summary.skipped = counts.skipped
    summary.left_behind = counts.left_behind
    summary.people = len(counts.people)


def _packed(items: list[Brought]) -> bytes:
    return zlib.compress(msgspec.json.encode(items), 3)


def _conversations(payload: bytes, summary: Summary, counts: Counts) -> Iterator[Brought]:
    now = int(time.time() * 1000)
    seen: set[str] = set()
    for name, text in _texts(payload):
        for place, (found, problem) in enumerate(_objects(text), 1):
            if problem:
                _note(summary, f"{name} {place}".strip(), problem)
                continue
            try:
                one = read(found, counts, now)
            except Unreadable as verdict:
                _note(summary, verdict.title or f"{name} {place}".strip(), verdict.reason)
                continue
            one.mark = mark_of(one)
            if one.mark in seen:  # the same in two files of one archive
                continue
            seen.add(one.mark)
            summary.conversations += 1
            summary.messages += len(one.lines)
            summary.oldest = min(summary.oldest or one.created_at, one.created_at)
            summary.newest = max(summary.newest, one.updated_at)
            if one.source not in summary.sources:
                summary.sources.append(one.source)
            yield one


def _note(summary: Summary, title: str, reason: str) -> None:
    summary.unreadable_count += 1
    if len(summary.unreadable) < UNREADABLE_SHOWN:
        summary.unreadable.append((title, reason))


def _texts(payload: bytes) -> Iterator[tuple[str, bytes]]:
    """The JSON texts of a file, with their names if they have one."""
    if not payload.startswith(b"PK\x03\x04"):
        yield "", payload
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(payload))
    except DAMAGED as error:
        raise FileUnreadable(reason=N_("the archive is damaged")) from error
    members = [one for one in archive.infolist()[:MEMBERS_MOST] if one.filename.endswith(".json")]
    known = [one for one in members if _NAMES.search(one.filename)]
    if sum(one.file_size for one in known or members) > UNPACKED_MOST:
        raise FileBomb(reason=f"> {UNPACKED_MOST // 2**20} MB")
    left = UNPACKED_MOST
    for one in known or members:
        if one.flag_bits & _ENCRYPTED:
            raise FileLocked
        try:
            with archive.open(one) as file:
                text = file.read(left + 1)
        except DAMAGED as error:
            raise FileUnreadable(reason=N_("the archive is damaged")) from error
        left -= len(text)
        if left < 0:  # it said less than it had
            raise FileBomb(reason=f"> {UNPACKED_MOST // 2**20} MB")
        yield one.filename.rpartition("/")[2][:100], text


def _objects(text: bytes) -> Iterator[tuple[Any, str]]:
    """The objects of a text: those of a list, or the one it is; with a problem instead where it has one."""
    text = text.removeprefix(b"\xef\xbb\xbf")
    head = text[:100].lstrip()
    if head.startswith(b"["):
        yield from _elements(text)
        return
    found, problem = _decoded(text, len(text))
    if problem or not isinstance(found, dict):
        yield None, problem or UNKNOWN
        return
    for name in _LISTS:
        if isinstance(found.get(name), list):
            yield from ((one, "") for one in found[name])
            return
    yield found, ""


def _elements(text: bytes) -> Iterator[tuple[Any, str]]:
    depth = begin = 0
    for token in _TOKEN.finditer(text):
        sign = text[token.start()]
        if sign in b"[{":
            depth += 1
            if depth == 2:
                begin = token.start()
        elif sign in b"]}":
            depth -= 1
            if depth == 1:
                yield _decoded(text[begin : token.end()], token.end() - begin)
            elif depth == 0:
                return
    yield None, CUT_OFF


def _decoded(text: bytes, size: int) -> tuple[Any, str]:
    if size > ONE_MOST:
        return None, TOO_LARGE
    try:
        return msgspec.json.decode(text), ""
    except (msgspec.DecodeError, RecursionError):
        pass
    try:  # it takes halves of characters, which some exports have
        return json.loads(text, strict=False), ""
    except (ValueError, RecursionError):
        return None, BROKEN
