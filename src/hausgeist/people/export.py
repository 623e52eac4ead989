# SPDX-License-Identifier: EUPL-1.2
"""Everything the house holds of a person as one ZIP, piece by piece (Art. 15 and 20 GDPR).

A person's id flows in, the bytes of an archive flow out: a README in the person's language, a JSON file
for each registered store, and the files themselves. Neither the archive nor a store is ever held in
memory as a whole. No hashes and no secrets are in it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from hausgeist.audit import Trail
from hausgeist.errors import N_, NotFound
from hausgeist.locale import translator
from hausgeist.people.registry import STORES
from hausgeist.people.sink import Sink
from hausgeist.store import accounts, personal
from hausgeist.store.db import Store

_ODD = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_NAME_MOST = 100

README = N_("README")
_TEXTS = (
    N_("This is everything that {organisation} holds of you in Hausgeist, as of {when} (UTC)."),
    N_(
        "Each .json file is a list in plain JSON (UTF-8), which any program can read; the folder "
        "“files” has your files as you attached them. Times are milliseconds since 1 January 1970, UTC; "
        "amounts of money are millionths of a euro."
    ),
    N_(
        "Passwords and keys are not in it: the house has only fingerprints of them. What is counted for "
        "accounting belongs to your group and does not name you, so it is not here either."
    ),
)
CLOSED = N_(
    "Older conversations and files are closed for this account at present, because somebody else made a "
    "password for it or linked a login to it. They are not in this file: open them first, on the page "
    "“Who reads my conversations”."
)


class Export:
    """Reads a person's data out."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def begin(
        self, subject: str, by: str, *, organisation: str, language: str
    ) -> AsyncIterator[bytes]:
        """Note the export in the trail, and give the archive's pieces.

        Raises:
            NotFound: there is no such person.
        """
        person = await self._store.read(lambda c: accounts.user(c, subject))
        if person is None:
            raise NotFound
        await self._trail.record("user.exported", actor=by, subject=subject)
        standing = await self._store.read(lambda c: accounts.standing(c, subject))
        closed = standing is not None and standing["closed_before"] is not None
        readme = self._readme(organisation, language, closed=closed)
        return _apart(_archive(self._store, subject, readme, translator(language)(README)))

    def _readme(self, organisation: str, language: str, *, closed: bool) -> str:
        turn = translator(language)
        when = _stamp(self._now_ms())
        told = (*_TEXTS, CLOSED) if closed else _TEXTS
        texts = [turn(text).format(organisation=organisation, when=when) for text in told]
        listed = [f"{store.name}.json: {turn(store.title)}" for store in STORES]
        return "\n\n".join([*texts, "\n".join(listed)]) + "\n"


async def _apart(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, each made in a thread: the event loop goes on meanwhile."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


def _archive(store: Store, subject: str, readme: str, name: str) -> Iterator[bytes]:
    sink = Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.txt", readme)
        for one in STORES:
            with archive.open(f"{one.name}.json", "w", force_zip64=True) as entry:
                between = b"[\n"
                for row in one.rows(store, subject):
                    entry.write(between + json.dumps(row, ensure_ascii=False, indent=1).encode())
                    between = b",\n"
                    yield sink.taken()
                entry.write(b"[]\n" if between == b"[\n" else b"\n]\n")
        for row in next(one for one in STORES if one.name == "files").rows(store, subject):
            with archive.open(_place(row), "w", force_zip64=True) as entry:
                for piece in _content(store, subject, row["id"]):
                    entry.write(piece)
                    yield sink.taken()
    yield sink.taken()


def _content(store: Store, subject: str, file_id: str) -> Iterator[bytes]:
    after = -1
    while (found := store.read_now(partial(_piece, subject, file_id, after))) is not None:
        after, content = found
        yield content


def _piece(subject: str, file_id: str, after: int, connection: Any) -> tuple[int, bytes] | None:
    return personal.piece(connection, subject, file_id, after)


def _place(row: dict[str, Any]) -> str:
    """Where a file is in the archive: never outside its folder, whatever it is called."""
    name = _ODD.sub("_", str(row["name"])).strip(". ")[-_NAME_MOST:] or "file"
    return f"files/{row['id'][:8]}-{name}"


def _stamp(at_ms: int) -> str:
    from datetime import UTC, datetime  # noqa: PLC0415  only where somebody exports

    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M}"
