# SPDX-License-Identifier: EUPL-1.2
"""The whole trail as one ZIP that an auditor checks without the house: events, heads, key, ``verify.py``.

Rows flow in a thousand at a time, bytes flow out to a writer that is handed in; nothing is held as a whole.
"""

import json
from collections.abc import Iterator
from functools import partial
from importlib.resources import files
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from hausgeist.audit.checkpoints import Checkpoint
from hausgeist.store import checkpoints
from hausgeist.store.db import Store

AT_ONCE = 1_000
"""Events that are read at once."""

PAPER = ("LIESMICH.txt", "README.txt")
"""What explains the archive, in German and English."""


def written(store: Store, key: str, newest: Checkpoint, out: IO[bytes]) -> Iterator[None]:
    """Write the archive of everything that ``newest`` is over; yields after every piece.

    ``key``: the public key as ``Notary.key`` gives it. Blocks: call it in a thread.
    """
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name in PAPER:
            archive.writestr(name, files("hausgeist.audit.paper").joinpath(name).read_bytes())
        archive.writestr("verify.py", files("hausgeist.audit").joinpath("verify.py").read_bytes())
        archive.writestr("key.txt", f"{key}\n")
        archive.writestr("checkpoint.txt", newest.note)
        yield
        with archive.open("checkpoints.jsonl", "w") as entry:
            after = -1
            while found := store.read_now(partial(_heads, after)):
                for row in found:
                    if row["size"] <= newest.size:
                        line = {"size": row["size"], "at": row["at"], "note": row["note"]}
                        entry.write(_line(line))
                after = found[-1]["size"]
                yield
        with archive.open("events.jsonl", "w", force_zip64=True) as entry:
            for first in range(0, newest.size, AT_ONCE):
                count = min(AT_ONCE, newest.size - first)
                for row in store.read_now(partial(_events, first, count)):
                    entry.write(_line(_event(row)))
                yield
    yield


def _heads(after: int, connection: Any) -> list[Any]:
    return checkpoints.heads(connection, after, AT_ONCE)


def _events(first: int, count: int, connection: Any) -> list[Any]:
    return checkpoints.events(connection, first, count)


def _event(row: Any) -> dict[str, object]:
    line: dict[str, object] = {"seq": row["seq"], "leaf": bytes(row["hash"]).hex()}
    if row["body"] is None:
        return line | {"erased_by": row["event"]}
    return line | {"salt": bytes(row["salt"]).hex(), "body": row["body"]}


def _line(values: dict[str, object]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
