# SPDX-License-Identifier: EUPL-1.2
"""The archive a person takes along: everything of theirs, readable, and no secret."""

import asyncio
import io
import json
from zipfile import ZipFile

import pytest
from everything import WORDS, add_everything, ids_of
from sqlalchemy import insert, update

from hausgeist.errors import NotFound
from hausgeist.people import STORES
from hausgeist.store.tables import conversations, files


def archive(held, person: str, language: str = "de") -> ZipFile:
    async def read():
        pieces = await held.export.begin(
            person, person, organisation="Musterstadt", language=language
        )
        return b"".join([piece async for piece in pieces])

    return ZipFile(io.BytesIO(asyncio.run(read())))


def test_everything_is_in_it_as_plain_json(held):
    """A JSON list per store, the file itself byte for byte, and a README."""
    bernd = held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, bernd))
    found = archive(held, bernd)
    assert found.testzip() is None
    for store in STORES:
        rows = json.loads(found.read(f"{store.name}.json"))
        assert rows, store.name
        assert rows == held.store.read_now(lambda c, s=store: s.export(c, bernd))
    (talk,) = json.loads(found.read("conversations.json"))
    text, attached = talk["messages"][0]["parts"]
    assert text == {"type": "text", "text": WORDS}
    assert attached["file_id"] == ids_of(bernd)["file"]
    (path,) = (name for name in found.namelist() if name.startswith("files/"))
    assert found.read(path) == WORDS.encode()
    (readme,) = (name for name in found.namelist() if "/" not in name and name.endswith(".txt"))
    assert "Musterstadt" in found.read(readme).decode()


def test_nothing_secret_and_nothing_of_others_is_in_it(held):
    """No hashes, nothing that opens or ends a session, no word of anybody else."""
    anna, bernd = held.person("anna"), held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, anna, "Annas Worte"))
    held.store.write_now(lambda c: add_everything(c, bernd))
    found = archive(held, bernd)
    everything = "".join(found.read(name).decode() for name in found.namelist())
    for word in (
        "Annas",
        anna[:12],
        f"hash-{bernd[:12]}",
        "session-",
        "elsewhere-",
        "password_hash",
    ):
        assert word not in everything, word


def test_many_conversations_come_in_pages(held):
    """More than one page of them, each once."""
    bernd = held.person("bernd")
    rows = [
        {
            "id": f"t{number:03}",
            "owner_id": bernd,
            "title": "x",
            "model": "m",
            "data_class": "public",
            "created_at": 1,
            "updated_at": 1,
        }
        for number in range(47)
    ]
    held.store.write_now(lambda c: c.execute(insert(conversations), rows))
    talks = json.loads(archive(held, bernd).read("conversations.json"))
    assert [one["id"] for one in talks] == [row["id"] for row in rows]


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\y.txt", "a\x00b", "..", "💥" * 300])
def test_a_files_name_leads_nowhere(held, name):
    """Whatever a file is called, it lies in the archive's folder for files."""
    bernd = held.person("bernd")
    held.store.write_now(lambda c: add_everything(c, bernd))
    clean = name.replace("\x00", "\x01")  # PostgreSQL's text has no NUL
    held.store.write_now(lambda c: c.execute(update(files).values(name=clean[:300])))
    (path,) = (one for one in archive(held, bernd).namelist() if one.startswith("files/"))
    assert path.count("/") == 1
    assert ".." not in path.split("/")
    assert "\\" not in path


def test_nobody_has_no_archive(held):
    """An id that is nobody's."""
    with pytest.raises(NotFound):
        archive(held, "nobody")
