# SPDX-License-Identifier: EUPL-1.2
"""A folder as it comes from a hub, looked at before anything of it is opened by a library.

In: a folder. Out: what of it is kept, and how the encoder is built; or the reason why it is refused. Read
with the standard library alone; pickles, programs and links out of the folder are never followed.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hausgeist.errors import N_, BaseRefused
from hausgeist.training.bases.shape import Shape, shape_of
from hausgeist.training.bases.tensors import named

CONFIG, WEIGHTS, TOKENS = "config.json", "model.safetensors", "tokenizer.json"
NEEDED = (CONFIG, WEIGHTS, TOKENS)
LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING")
READABLE = "README.md"
CONFIG_MOST, TOKENS_MOST, TEXT_MOST = 1024 * 1024, 64 * 1024 * 1024, 1024 * 1024
WEIGHTS_MOST = 3 * 1024**3
"""Bytes; what is larger does not train in the memory of a child (``train.MEGABYTES``)."""
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack")
MODELS = frozenset({"WordPiece", "BPE", "Unigram", "WordLevel"})
_LICENCE = re.compile(
    r"^license:\s*[\"']?([A-Za-z0-9][A-Za-z0-9 .+_-]{0,60}?)[\"']?\s*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a folder has. ``licence`` is what its README says, or empty; ``text``: the file of the licence."""

    shape: Shape
    licence: str
    text: Path | None


def look(folder: Path) -> Looked:
    """Check a folder of a hub.

    Raises:
        BaseRefused: a file is missing, is no plain data, leads elsewhere, or does not fit the others.
    """
    if not folder.is_dir():
        raise BaseRefused(reason=N_("{file} is not a folder."), file=folder.name or str(folder))
    names = sorted(one.name for one in folder.iterdir())
    _no_programs(names)
    for name in [*NEEDED, READABLE, *LICENCES]:
        _inside(folder, name)
    _all_there(folder, names)
    shape = fitting(folder)
    _no_own_program(folder / "tokenizer_config.json")
    text = next((folder / one for one in LICENCES if (folder / one).is_file()), None)
    if text is not None and text.stat().st_size > TEXT_MOST:
        text = None
    return Looked(shape, _licence(folder / READABLE), text)


def fitting(folder: Path) -> Shape:
    """How the encoder in a folder is built, if its configuration, tensors and tokenizer fit each other.

    Raises:
        BaseRefused: they do not.
    """
    shape = shape_of(_object(folder / CONFIG, CONFIG_MOST))
    named(folder / WEIGHTS, shape)
    _tokens(folder / TOKENS, shape)
    return shape


def fingerprint(files: Mapping[str, str]) -> str:
    """One hash of a base: of the SHA-256 of its files, by their names."""
    together = "".join(f"{files[one]}  {one}\n" for one in sorted(files))
    return hashlib.sha256(together.encode()).hexdigest()


def _no_programs(names: list[str]) -> None:
    program = next((one for one in names if one.endswith((".py", ".so", ".pyc"))), None)
    if program is not None:
        raise BaseRefused(
            reason=N_("{file} is a program; a base is data alone. Take a base that needs none."),
            file=program,
        )


def _inside(folder: Path, name: str) -> None:
    """A name must not lead out of the folder, and must be a plain file."""
    place = folder / name
    if not place.is_symlink() and not place.exists():
        return
    if not place.resolve().is_relative_to(folder.resolve()):
        raise BaseRefused(
            reason=N_(
                "{file} is a link out of the folder. Copy the folder with `cp -rL` and add the copy."
            ),
            file=name,
        )
    if place.exists() and not place.is_file():
        raise BaseRefused(
            reason=N_("{file} cannot be read: it is damaged, or something else."), file=name
        )


def _all_there(folder: Path, names: list[str]) -> None:
    if not (folder / WEIGHTS).is_file():
        if "model.safetensors.index.json" in names:
            raise BaseRefused(
                reason=N_("its weights are in several parts: it is too large to be trained here.")
            )
        pickle = next((one for one in names if one.endswith(PICKLES)), None)
        if pickle is not None:
            raise BaseRefused(
                reason=N_(
                    "{file} may run a program when it is opened (pickle) and is never read. Take a version "
                    "with model.safetensors, or convert it on another machine."
                ),
                file=pickle,
            )
    for name in NEEDED:
        if not (folder / name).is_file():
            raise BaseRefused(reason=N_("the file {file} is missing."), file=name)
    if (folder / WEIGHTS).stat().st_size > WEIGHTS_MOST:
        raise BaseRefused(
            reason=N_("its weights take more than {most} GB: it is too large to be trained here."),
            most=WEIGHTS_MOST // 1024**3,
        )


def _object(path: Path, most: int) -> dict[str, Any]:
    broken = BaseRefused(
        reason=N_("{file} cannot be read: it is damaged, or something else."), file=path.name
    )
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
        found = json.loads(content) if len(content) <= most else None
    except (OSError, ValueError, RecursionError):
        raise broken from None
    if not isinstance(found, dict):
        raise broken
    return found


def _tokens(path: Path, shape: Shape) -> None:
    found = _object(path, TOKENS_MOST)
    model = found.get("model")
    kind = model.get("type") if isinstance(model, dict) else None
    words = model.get("vocab") if isinstance(model, dict) else None
    more = found.get("added_tokens") or []
    if kind not in MODELS or not isinstance(words, dict | list) or not isinstance(more, list):
        raise BaseRefused(
            reason=N_("{file} is no tokenizer that is known here ({known})."),
            file=path.name,
            known=", ".join(sorted(MODELS)),
        )
    numbers = words.values() if isinstance(words, dict) else range(len(words))
    added = (one.get("id") if isinstance(one, dict) else None for one in more)
    if any(
        type(one) is not int or not 0 <= one < shape.vocabulary
        for group in (numbers, added)
        for one in group
    ):
        raise BaseRefused(
            reason=N_(
                "{file} has words that the weights do not know: they belong to different bases."
            ),
            file=path.name,
        )


def _no_own_program(path: Path) -> None:
    if path.is_file() and _object(path, CONFIG_MOST * 16).get("auto_map"):
        raise BaseRefused(
            reason=N_(
                "{file} asks for a program of its own (auto_map), which the house does not run."
            ),
            file=path.name,
        )


def _licence(path: Path) -> str:
    """What the head of a README says; empty: nothing."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(TEXT_MOST)
    except OSError:
        return ""
    head = text.split("\n---", 1)[0] if text.startswith("---") else ""
    found = _LICENCE.search(head)
    return found[1] if found else ""
