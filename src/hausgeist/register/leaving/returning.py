# SPDX-License-Identifier: EUPL-1.2
"""Students out of an archive: its files flow in, folders of students that are what they say flow out.

Foreign all the same: names in the archive are never paths, each file must be what the list of hashes says,
a model's files what its manifest says, of a format and a kind that are known; sizes are counted while they
unpack. Nothing is unpickled. What a student said of texts is not believed: it is asked again here
(``measured``); only what was said while it learnt, of texts held out, is kept from there, under new ids.
"""

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hausgeist.core.answers import Guess, Value
from hausgeist.core.quality import quality
from hausgeist.core.tasks import METRICS, Task
from hausgeist.errors import StudentBroken
from hausgeist.register.leaving.archive import LISTED, SUMS
from hausgeist.register.leaving.restore import LATEST
from hausgeist.store.students import READY, Student
from hausgeist.training.guesses import FACTS, HELD_OUT, read_guesses, write_guesses
from hausgeist.training.trainers import MANIFEST, MANIFEST_MOST, checked, files_hash

STUDENTS_MOST = 200
FILES_MOST = 40
"""Of one student."""
FILE_MOST = 2 * 1024**3
WHOLE_MOST = 8 * 1024**3
"""Bytes that all of them may unpack to."""
LIST_MOST = 8 * 1024**2
SAID_MOST = {MANIFEST: MANIFEST_MOST, FACTS: 4 * 1024**2, HELD_OUT: 256 * 1024**2}
"""Bytes of what is read here and not in a child; facts become many times as many in memory."""
_CHUNK = 1 << 20
_PLACE = re.compile(r"students/v([1-9][0-9]{0,6})/([A-Za-z0-9_][A-Za-z0-9_.-]{0,100})")
_DROPPED = ("worth", "calls", "elsewhere")
"""Facts that speak of other ids, or that are said anew."""
_BROKEN = (
    zipfile.BadZipFile,
    ValueError,
    ArithmeticError,
    KeyError,
    TypeError,
    RecursionError,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


@dataclass(frozen=True, slots=True)
class Returned:
    """A student that came back, in its folder; nobody has measured it here yet."""

    student: Student
    folder: Path


class Returning:
    """The students of an archive. ``names`` gives the ids that things get here; ``home`` is their folder."""

    def __init__(
        self, archive: zipfile.ZipFile, names: Callable[[str], str], home: Path, task: Task
    ) -> None:
        self._zip, self._names, self._home, self._task = archive, names, home, task
        self._sums = _sums(archive)
        self._told = _listed(archive)
        self._room = WHOLE_MOST
        self.left_out = 0
        """Of them, whose files are not what they should be."""

    def all(self, now_ms: int) -> list[Returned]:
        """Unpack every student that is whole, in the order of their numbers."""
        found: dict[int, list[str]] = {}
        for name in self._zip.namelist():
            if said := _PLACE.fullmatch(name):
                found.setdefault(int(said[1]), []).append(said[2])
        self.left_out += max(0, len(found) - STUDENTS_MOST)
        made = []
        for number in sorted(found)[:STUDENTS_MOST]:
            one = self._one(number, found[number], now_ms)
            self.left_out += one is None
            if one is not None:
                made.append(one)
        return made

    def _one(self, number: int, names: Sequence[str], now_ms: int) -> Returned | None:
        told = self._told.get(number, {})
        student_id = self._names(f"student {number} {told.get('id')}")
        folder = self._home / student_id
        try:
            if len(names) > FILES_MOST or len(set(names)) < len(names):
                return None
            folder.mkdir(parents=True, exist_ok=False)
            for name in {*names} - {"dev.jsonl"}:
                self._unpacked(f"students/v{number}/{name}", folder / name)
            made = self._whole(number, student_id, folder, told, now_ms)
        except (StudentBroken, *_BROKEN):
            made = None
        if made is None:
            shutil.rmtree(folder, ignore_errors=True)
            return None
        return Returned(made, folder)

    def _whole(
        self, number: int, student_id: str, folder: Path, told: Mapping[str, Any], now_ms: int
    ) -> Student | None:
        """The student of a folder.

        Raises:
            StudentBroken: its files are not what its manifest says.
        """
        manifest = checked(folder)
        named = {MANIFEST, FACTS, HELD_OUT, *manifest["files"]}
        if manifest.get("kind") != self._task.kind.value or any(
            one.name not in named for one in folder.iterdir()
        ):
            return None
        self._renamed(folder / HELD_OUT, str(manifest["rung"]))
        facts = told.get("facts")
        if not isinstance(facts, dict):
            facts = json.loads((folder / FACTS).read_bytes()) if (folder / FACTS).exists() else {}
        facts = {key: one for key, one in facts.items() if key not in _DROPPED}
        return Student(
            id=student_id,
            task_id=self._task.id,
            number=number,
            rung=str(manifest["rung"]),
            recipe=dict(manifest["recipe"]),
            dataset_id=None,
            job_id="",
            state=READY,
            facts=facts | {"elsewhere": True},
            size=sum((folder / name).stat().st_size for name in manifest["files"]),
            files_hash=files_hash(folder),
            created_at=min(max(0, int(told.get("created_at") or now_ms)), LATEST),
        )

    def _unpacked(self, name: str, place: Path) -> None:
        """One file, as the list of hashes has it.

        Raises:
            ValueError: it is not, or too large.
        """
        expected = self._sums.get(name)
        digest, left = hashlib.sha256(), min(SAID_MOST.get(place.name, FILE_MOST), self._room)
        with self._zip.open(name) as source, place.open("xb") as target:
            while piece := source.read(_CHUNK):
                left -= len(piece)
                self._room -= len(piece)
                if left < 0:
                    raise ValueError(name)
                digest.update(piece)
                target.write(piece)
        if expected is None or digest.hexdigest() != expected:
            raise ValueError(name)

    def _renamed(self, path: Path, rung: str) -> None:
        """What it said of held-out texts, under the ids that they have here."""
        said = read_guesses(path, rung)
        if said:
            write_guesses(path, ((self._names(item), guess) for item, guess in said.items()))


def measured(task: Task, student: Student, pairs: Sequence[tuple[Value, Guess]]) -> dict[str, Any]:
    """The facts of a student that was asked here: its figures on development texts are of this house."""
    told = [(truth, guess.value) for truth, guess in pairs]
    figures = {
        metric.value: round(quality(task.kind, metric, told), 5) for metric in METRICS[task.kind]
    }
    before = student.facts.get("dev")
    dev = before if isinstance(before, dict) else {}
    return {**student.facts, "dev": {**dev, "quality": figures if told else {}}}


def _sums(archive: zipfile.ZipFile) -> dict[str, str]:
    found = {}
    for line in _read(archive, SUMS).decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        found[name] = digest
    return found


def _listed(archive: zipfile.ZipFile) -> dict[int, dict[str, Any]]:
    """What an archive tells of its students beside their folders; older ones tell nothing."""
    with suppress(ValueError, RecursionError):
        found = json.loads(_read(archive, LISTED) or b"[]")
        if isinstance(found, list):
            return {
                one["number"]: one
                for one in found
                if isinstance(one, dict) and isinstance(one.get("number"), int)
            }
    return {}


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            body = file.read(LIST_MOST + 1)
    except _BROKEN:
        return b""
    return body if len(body) <= LIST_MOST else b""
