# SPDX-License-Identifier: EUPL-1.2
"""A student's life on disk and in memory: examples in, a model out; a model into a folder and back.

Runs in child processes. The folder of a student holds ``manifest.json`` and the files it names with their
SHA-256; nothing is unpickled, ever. What a manifest says is checked before a file is read.
"""

import hashlib
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast
from zipfile import BadZipFile

from hausgeist.core.answers import Example, Guess
from hausgeist.core.tasks import Field, FieldType, TaskKind
from hausgeist.errors import StudentBroken
from hausgeist.training.rungs import RUNGS

FORMAT = "hausgeist-student/1"
MANIFEST = "manifest.json"
MANIFEST_MOST = 4 * 1024 * 1024
"""Bytes of a manifest; thousands of labels take far less."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a student is to be, besides its examples: the same recipe and examples give the same files.

    ``labels`` are keys, in the task's order. ``options`` are the rung's own, plain JSON values.
    ``shelf``: where the house's bases lie, for the rung that trains one of them further.
    """

    kind: TaskKind
    labels: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    language: str = "de"
    seed: int = 7
    threads: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    shelf: Path | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON values; ``of`` reads them. What changes no result is left out."""
        return {
            "kind": self.kind.value,
            "labels": list(self.labels),
            "fields": [
                {
                    "key": one.key,
                    "name": one.name,
                    "type": one.type.value,
                    "about": one.about,
                    "choices": list(one.choices),
                    "many": one.many,
                }
                for one in self.fields
            ],
            "language": self.language,
            "seed": self.seed,
            "options": dict(self.options),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any], *, threads: int = 1) -> "Recipe":
        """What ``plain`` gave.

        Raises:
            KeyError, TypeError, ValueError: it did not.
        """
        return cls(
            kind=TaskKind(plain["kind"]),
            labels=tuple(plain["labels"]),
            fields=tuple(
                Field(
                    **{
                        **one,
                        "type": FieldType(one["type"]),
                        "choices": tuple(one["choices"]),
                    }
                )
                for one in plain["fields"]
            ),
            language=plain["language"],
            seed=plain["seed"],
            threads=threads,
            options=dict(plain["options"]),
        )


class Report:
    """How a trainer tells of itself: how far it is, what it did that people should know, what it held out.

    ``tell`` takes one line of plain JSON values.
    """

    def __init__(self, tell: Callable[[dict[str, Any]], None] | None = None) -> None:
        self._tell = tell
        self.said: list[dict[str, Any]] = []
        self.held_out: dict[str, Guess] = {}

    def __call__(self, done: float, **note: Any) -> None:
        """So much of this training is done, 0 to 1."""
        if self._tell is not None:
            self._tell({"done": round(done, 3), **note})

    def say(self, code: str, **values: Any) -> None:
        """Something that people should know of this student; the words to a code are the pages'."""
        line = {"code": code, **values}
        if line not in self.said:
            self.said.append(line)

    def hold_out(self, item: str, guess: Guess) -> None:
        """What a model that had not seen this item says of it; ``ranked`` has the item's own label too."""
        self.held_out[item] = guess


class Model(Protocol):
    """Something that answers. ``predict`` gives one guess a text, in the order of the texts."""

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """What it says of each text; any text is answered, an empty one too."""
        ...

    def save(self, folder: Path) -> None:
        """Write it with ``write``."""
        ...


class Trainer(Protocol):
    """What makes and reads models of one rung. ``load`` gets a manifest whose files were checked."""

    @property
    def kinds(self) -> frozenset[TaskKind]:
        """Of tasks it can learn."""
        ...

    def train(
        self,
        examples: Sequence[Example],
        dev: Sequence[Example],
        recipe: Recipe,
        report: Report,
    ) -> Model:
        """Learn. ``dev`` is for calibration and thresholds, and may be empty.

        Raises:
            HausgeistError: these examples teach nothing.
        """
        ...

    def load(self, folder: Path, manifest: Mapping[str, Any]) -> Model:
        """Read what ``Model.save`` wrote."""
        ...


class _Trainers(Mapping[str, Trainer]):
    """The trainers by the names of their rungs; each is imported when it is asked for."""

    def __getitem__(self, name: str) -> Trainer:
        module, _, attribute = RUNGS[name].place.partition(":")
        return cast("Trainer", getattr(importlib.import_module(module), attribute))

    def __iter__(self) -> Iterator[str]:
        return iter(RUNGS)

    def __len__(self) -> int:
        return len(RUNGS)


TRAINERS: Mapping[str, Trainer] = _Trainers()


def write(
    folder: Path,
    *,
    rung: str,
    recipe: Recipe,
    labels: Sequence[str],
    files: Mapping[str, bytes],
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a student: its files, then its manifest. ``about`` holds the rung's own values."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    manifest = {
        "format": FORMAT,
        "kind": recipe.kind.value,
        "rung": rung,
        "labels": list(labels),
        "recipe": recipe.plain(),
        "about": dict(about or {}),
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    (folder / MANIFEST).write_text(
        json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1) + "\n", encoding="utf-8"
    )


def checked(folder: Path) -> dict[str, Any]:
    """The manifest of a folder, if the folder is what it says.

    Raises:
        StudentBroken: it is not: a file is missing, changed, or was never ours.
    """
    try:
        with (folder / MANIFEST).open("rb") as file:
            content = file.read(MANIFEST_MOST + 1)
        manifest = json.loads(content) if len(content) <= MANIFEST_MOST else None
    except (OSError, ValueError):
        raise StudentBroken(file=MANIFEST) from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StudentBroken(file=MANIFEST)
    named = manifest.get("files")
    if manifest.get("rung") not in RUNGS or not isinstance(named, dict):
        raise StudentBroken(file=MANIFEST)
    for name, expected in named.items():
        if Path(name).name != name or name == MANIFEST:
            raise StudentBroken(file=MANIFEST)
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            raise StudentBroken(file=name) from None
        if found != expected:
            raise StudentBroken(file=name)
    return manifest


def load(folder: Path) -> Model:
    """The student in a folder.

    Raises:
        StudentBroken: the folder is not what its manifest says.
    """
    manifest = checked(folder)
    try:
        return TRAINERS[manifest["rung"]].load(folder, manifest)
    except (KeyError, ValueError, TypeError, OSError, BadZipFile, MemoryError):
        # made by a hand that also made the hashes
        raise StudentBroken(file=MANIFEST) from None


def files_hash(folder: Path) -> str:
    """SHA-256 over the manifest, which names the hash of every other file: one value for a whole student."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
