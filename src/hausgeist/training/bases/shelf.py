# SPDX-License-Identifier: EUPL-1.2
"""The bases of a house, each a folder beneath ``<home>/bases`` with what was checked and a note of it.

::

    <home>/bases/<name>/config.json, model.safetensors, tokenizer.json, LICENSE, base.json

A folder flows in and is copied, never linked; values flow out. Nothing is loaded: the web process reads
the notes alone.
"""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hausgeist.errors import InvalidField, SetupError, UnknownBase
from hausgeist.training.bases.folder import NEEDED, WEIGHTS, fingerprint, look
from hausgeist.training.bases.shape import Shape, trained, weights

FOLDER = "bases"
NOTE = "base.json"
FORMAT = "hausgeist-base/1"
TEXT = "LICENSE"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_BLOCK = 1024 * 1024

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base on the shelf. ``sha256`` is of its three files together, ``size`` their bytes.

    ``weights``: how many numbers it has; ``trained``: how many of them a training changes. ``licence`` is
    what its README or the administrator says, or empty.
    """

    name: str
    sha256: str
    licence: str
    source: str
    size: int
    weights: int
    trained: int
    positions: int
    added_at: int
    files: Mapping[str, str]

    def chosen(self) -> dict[str, str]:
        """What a student remembers of it."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "licence": self.licence,
            "source": self.source,
        }


class Bases:
    """The shelf of a data directory."""

    def __init__(self, home: Path) -> None:
        self._root = home / FOLDER

    def all(self) -> list[Base]:
        """The bases that are there, by name; a folder without a note that can be read is none."""
        found = []
        for path in sorted(self._root.glob(f"*/{NOTE}")):
            base = _read(path)
            if base is not None and base.name == path.parent.name:
                found.append(base)
        return found

    def get(self, name: str) -> Base:
        """One of them.

        Raises:
            UnknownBase: there is none of this name.
        """
        found = _read(self._root / name / NOTE) if _NAME.fullmatch(name) else None
        if found is None:
            raise UnknownBase(base=name)
        return found

    def place(self, name: str) -> Path:
        """The folder of a base."""
        return self._root / name

    def add(
        self,
        folder: Path,
        *,
        now: int,
        name: str = "",
        licence: str = "",
        source: str = "",
        progress: Progress = lambda _done, _total: None,
    ) -> Base:
        """Check a folder of a hub and keep a copy; ``now`` is in seconds since the epoch.

        Raises:
            InvalidField: the name is none, or another base has it.
            BaseRefused: the folder is refused, see ``folder.look``.
            SetupError: the shelf cannot be written.
        """
        chosen = name or suggested(folder.absolute().name)
        if not _NAME.fullmatch(chosen) or ".." in chosen:
            raise _bad(
                "a name has small letters, digits and . _ - and begins with a letter or digit"
            )
        if (self._root / chosen).exists():
            raise _bad(f"there is a base {chosen} already; remove it first, or choose another name")
        found = look(folder)
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._root, prefix=".new-") as scratch:
                draft = Path(scratch) / "base"
                draft.mkdir()
                files = _copied(folder, draft, progress)
                if found.text is not None:
                    shutil.copyfile(found.text, draft / TEXT)
                shape = look(draft).shape  # what was copied counts, not what was there before
                base = _base(chosen, draft, files, shape)
                base |= {"licence": licence or found.licence, "source": source, "added_at": now}
                (draft / NOTE).write_text(json.dumps(base, indent=1) + "\n", "utf-8")
                draft.rename(self._root / chosen)
        except OSError as error:
            raise SetupError(
                problem=f"The base cannot be kept: {error.strerror}.",
                advice="Check who owns the data directory, and the space on its disk.",
            ) from error
        return self.get(chosen)

    def remove(self, name: str) -> Base:
        """Forget a base; students that were made of it have what they need.

        Raises:
            UnknownBase: there is none of this name.
        """
        found = self.get(name)
        shutil.rmtree(self._root / name)
        return found


def _copied(folder: Path, draft: Path, progress: Progress) -> dict[str, str]:
    """Copy what is needed; the SHA-256 of each file."""
    total = sum((folder / name).stat().st_size for name in NEEDED)
    done, files = 0, {}
    for name in NEEDED:
        digest = hashlib.sha256()
        with (folder / name).open("rb") as source, (draft / name).open("xb") as target:
            while block := source.read(_BLOCK):
                target.write(block)
                digest.update(block)
                done += len(block)
                progress(done, total)
        files[name] = digest.hexdigest()
    return files


def _base(name: str, draft: Path, files: Mapping[str, str], shape: Shape) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": name,
        "sha256": fingerprint(files),
        "size": sum((draft / one).stat().st_size for one in files),
        "weights": weights(shape),
        "trained": trained(shape),
        "positions": shape.positions,
        "files": dict(files),
        "shape": asdict(shape),
    }


def _read(path: Path) -> Base | None:
    try:
        found = json.loads(path.read_bytes())
        if found.pop("format") != FORMAT:
            return None
        found.pop("shape")
        base = Base(**found)
        whole = (path.parent / WEIGHTS).is_file()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return base if whole else None


def suggested(stem: str) -> str:
    """A name made of a folder's or a repository's."""
    name = re.sub(r"[^a-z0-9._-]+", "-", stem.lower()).strip("._-")
    return re.sub(r"\.{2,}", ".", name)[:64] or "base"


def _bad(reason: str) -> InvalidField:
    return InvalidField(field="name", reason=reason, param="name")
