# SPDX-License-Identifier: EUPL-1.2
"""The folder of a student that answers many rows: one of the house's, or one that was exported."""

import json
from pathlib import Path

import msgspec

from hausgeist.core.tasks import TaskKind
from hausgeist.errors import InvalidField, StudentBroken
from hausgeist.training.trainers import MANIFEST, checked, files_hash

_DEEP = 3
"""So many folders down a student is looked for in an export."""


class Answering(msgspec.Struct, frozen=True):
    """Who answers. ``hash`` is SHA-256 over the manifest; ``name`` and ``version`` stand in the output.

    ``threshold``: below this confidence there is no answer, 0 to 1.
    """

    folder: str
    hash: str
    kind: str
    rung: str
    version: str
    threshold: float = 0.0

    @property
    def task_kind(self) -> TaskKind:
        """Of the task it was made for."""
        return TaskKind(self.kind)


def answering(folder: Path, version: str = "", threshold: float = 0.0) -> Answering:
    """The student in a folder, its files checked. ``version`` empty: the beginning of its hash.

    Raises:
        StudentBroken: the folder is not what its manifest says.
    """
    folder = folder.absolute()
    manifest = checked(folder)
    digest = files_hash(folder)
    try:
        kind = TaskKind(manifest["kind"])
    except (KeyError, ValueError):
        raise StudentBroken(file=MANIFEST) from None
    return Answering(
        str(folder), digest, kind.value, manifest["rung"], version or digest[:12], threshold
    )


def student_in(folder: Path, wanted: str = "") -> Path:
    """The folder of the student within an exported folder, or the folder itself.

    ``wanted``: the name of its folder, where there are several.

    Raises:
        StudentBroken: there is none.
        InvalidField: there is more than one, or none of this name.
    """
    there = [one.parent for one in _manifests(folder) if _is_students(one)]
    found = [one for one in there if wanted in {"", one.name}]
    if not there:
        raise StudentBroken(file=MANIFEST)
    if len(found) != 1:
        listed = ", ".join(one.name for one in there)
        raise InvalidField(field="student", reason=f"say which one: {listed}", param="student")
    return found[0]


def _manifests(folder: Path) -> list[Path]:
    return [
        path
        for deep in range(_DEEP)
        for path in sorted(folder.glob("/".join(["*"] * deep + [MANIFEST])))
    ]


def _is_students(path: Path) -> bool:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and str(found.get("format", "")).startswith("hausgeist-student/")
