# SPDX-License-Identifier: EUPL-1.2
"""A task out of its archive: a file of ours flows in, a new task with everything said of its texts flows out.

The file is foreign all the same: names in it are never paths, what unpacks to more than it may is refused,
lines are read one by one, and what does not fit our tables breaks it off with its line. Its students are read
elsewhere (``returning``). Verdicts are not believed: the card that came along is kept as history, and decides
nothing.
"""

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec

from hausgeist.core.tasks import Part, Partition, Task
from hausgeist.errors import N_, BadUpload
from hausgeist.register.leaving.archive import FORMAT
from hausgeist.store import restoring, tasks
from hausgeist.store.accounts import Row
from hausgeist.store.evaluations import Evaluation, Result
from hausgeist.store.tasks import Member
from hausgeist.workbench.tasks import checked

ABOUT_MOST = 32 * 1024 * 1024
"""Bytes of a file of the archive that is read as a whole."""
LINE_MOST = 64 * 1024 * 1024
"""Bytes of one item with all that was said of it."""
WHOLE_MOST = 64 * 1024 * 1024 * 1024
"""Bytes of all items together."""
AT_ONCE = 100
EVALUATIONS_MOST = 200
LATEST = 1 << 48
"""Milliseconds since the epoch; what was made later was not made."""
_EVALUATION = re.compile(r"evaluations/dev-(teacher|majority)[A-Za-z0-9-]{0,110}\.json")
_BROKEN = (
    zipfile.BadZipFile,
    ValueError,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,
    NotImplementedError,
)


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP with the files of a task."""
    try:
        with zipfile.ZipFile(path) as found:
            names = set(found.namelist())
    except _BROKEN:
        return False
    return {"task.json", "items.jsonl", "rules.json"} <= names


class Taken:
    """An archive that is read. ``new`` names the task that it becomes.

    Raises:
        BadUpload: it is none of ours, or broken.
    """

    def __init__(self, path: Path, new: str) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _BROKEN as error:
            raise BadUpload(reason=N_("the archive is broken")) from error
        self.new = new
        self.about = self._plain("task.json")
        self.rules = self._plain("rules.json")
        if not isinstance(self.about, dict) or self.about.get("format") != FORMAT:
            raise BadUpload(reason=N_("it is no archive of a task"))

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _plain(self, name: str) -> Any:
        try:
            with self._zip.open(name) as file:
                body = file.read(ABOUT_MOST + 1)
            return json.loads(body) if len(body) <= ABOUT_MOST else None
        except (KeyError, ValueError, RecursionError, *_BROKEN) as error:
            raise BadUpload(reason=N_("it is no archive of a task")) from error

    def id_of(self, old: str | None) -> str | None:
        """The id that something of the archive gets in this house; none of none."""
        if old is None:
            return None
        return hashlib.sha256(f"{self.new}:{old}".encode("utf-8", "replace")).hexdigest()[:32]

    @property
    def zip(self) -> zipfile.ZipFile:
        """The open archive."""
        return self._zip

    def evaluations(self) -> list[tuple[Evaluation, list[Result]]]:
        """What teachers and the majority said of development texts, as it was measured there.

        Of students it is measured anew, and rules are asked by the pages themselves.
        """
        found: list[tuple[Evaluation, list[Result]]] = []
        for name in self._zip.namelist():
            if not _EVALUATION.fullmatch(name) or len(found) == EVALUATIONS_MOST:
                continue
            try:
                found.append(self._evaluation(self._plain(name)))
            except (BadUpload, KeyError, TypeError, ValueError, AttributeError, OverflowError):
                continue  # one that cannot be read is no reason to leave the task behind
        return found

    def _evaluation(self, plain: Any) -> tuple[Evaluation, list[Result]]:
        results = [
            replace(one, item=str(self.id_of(one.item)))
            for one in (Result.of(line) for line in plain["results"])
        ]
        subject = str(plain["subject"])[:200]
        made = Evaluation(
            id=str(self.id_of(f"evaluation {subject}")),
            task_id=self.new,
            subject=subject,
            partition=Partition(plain["partition"]),
            facts={**dict(plain["facts"]), "elsewhere": True},
            at=int(plain["at"]),
        )
        if made.partition is Partition.GOLD or not 0 <= made.at <= LATEST:
            raise ValueError(subject)
        return made, results

    def card(self) -> dict[str, Any] | None:
        """The card that came along; None: there is none that can be read."""
        try:
            found = self._plain("card.json")
        except BadUpload:
            return None
        return found if isinstance(found, dict) else None

    def task(self, name: str, now_ms: int) -> Task:
        """The task, under a name that is free.

        Raises:
            BadUpload, InvalidField: it is none that a task can be.
        """
        plain = dict(self.about["task"]) if isinstance(self.about.get("task"), dict) else {}
        row = {key: plain.pop(key, None) for key in ("kind", "data_class", "title")}
        for key in ("id", "name", "created_at", "updated_at", "archived_at"):
            plain.pop(key, None)
        if not self.about.get("gold"):  # it stayed where it was
            plain["gold_version"] = 0
        row |= {"id": self.new, "name": name, "created_at": now_ms, "updated_at": now_ms}
        try:
            whole = row | {"archived_at": None, "body": json.dumps(plain)}
            found = tasks.task_of(cast("Row", whole))
            made = msgspec.convert(msgspec.to_builtins(found), Task)  # each value of its type
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadUpload(reason=N_("it is no archive of a task")) from error
        return checked(replace(made, teacher=""))

    def members(self) -> list[Member]:
        """Who was in it, by letter: nobody stands behind them here."""
        try:
            return [
                Member(
                    str(self.id_of(f"member {one['letter']}")),
                    self.new,
                    None,
                    Part(one["part"]),
                    {"letter": str(one["letter"])[:8]},
                    int(one["joined_at"]),
                    int(one["left_at"] or one["joined_at"]),
                )
                for one in self.about["members"]
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise BadUpload(reason=N_("it is no archive of a task")) from error

    def said_by(self, letter: Any) -> str:
        """The member that a letter stands for; empty: nobody."""
        return str(self.id_of(f"member {letter}")) if letter else ""

    def items(self) -> Iterator[list[dict[str, Any]]]:
        """Pages of items, as they stand in the file.

        Raises:
            BadUpload: the file breaks off, or a line is none of ours.
        """
        some: list[dict[str, Any]] = []
        number = whole = 0
        try:
            with closing(self._zip.open("items.jsonl")) as file:
                while line := file.readline(LINE_MOST + 1):
                    number += 1
                    whole += len(line)
                    if len(line) > LINE_MOST or whole > WHOLE_MOST:
                        raise BadUpload(reason=N_("it unpacks to more than it may"))
                    some.append(json.loads(line))
                    if len(some) == AT_ONCE or whole % LINE_MOST < len(line):
                        yield some
                        some = []
        except (KeyError, ValueError, RecursionError, *_BROKEN) as error:
            raise BadUpload(reason=N_("it breaks off, or holds other lines than ours")) from error
        if some:
            yield some

    def keep(self, connection: Any, some: list[dict[str, Any]]) -> None:
        """Keep a page of items.

        Raises:
            BadUpload: a value is none of ours.
        """
        try:
            restoring.keep(connection, self, some)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadUpload(reason=N_("it breaks off, or holds other lines than ours")) from error

    def keep_about(self, connection: Any) -> None:
        """Keep guidelines, prompts, changes of labels and rules.

        Raises:
            BadUpload: a value is none of ours.
        """
        try:
            restoring.keep_about(connection, self, self.about, self.rules)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadUpload(reason=N_("it is no archive of a task")) from error
