# SPDX-License-Identifier: EUPL-1.2
"""The head of a ``.safetensors`` file, read with the standard library: which tensors lie where, and no more.

A file and a ``Shape`` flow in; the prefix that the checkpoint gives its names, and each of our tensors' name
in it, flow out. Format: eight bytes of length, a JSON object, the numbers.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hausgeist.errors import N_, BaseRefused
from hausgeist.training.bases.shape import Shape, parts

HEAD_MOST = 16 * 1024 * 1024
"""Bytes of the head; a few hundred tensors take 50,000."""
DIMENSIONS_MOST = 8
BYTES = {"F32": 4, "F16": 2, "BF16": 2}
"""Kinds of numbers that are read, and bytes of one."""
_WORDS = ("embeddings.word_embeddings.weight", "embeddings.tok_embeddings.weight")


def named(path: Path, shape: Shape) -> dict[str, str]:
    """By our name of a tensor: its name in the file.

    Raises:
        BaseRefused: the file is none, a tensor is missing, or has another size than the configuration says.
    """
    head = _head(path)
    prefix = _prefix(head)
    found = {}
    for part in parts(shape):
        name = prefix + part.hub
        if name not in head:  # as the first checkpoints of BERT call them
            old = name.replace("LayerNorm.weight", "LayerNorm.gamma")
            old = old.replace("LayerNorm.bias", "LayerNorm.beta")
            if old not in head:
                raise BaseRefused(
                    reason=N_("{file} lacks the tensor {name}."), file=path.name, name=name
                )
            name = old
        size = head[name]
        if size != part.size:
            raise BaseRefused(
                reason=N_("{name} in {file} has the size {found}, config.json says {expected}."),
                name=name,
                file=path.name,
                found=_told(size),
                expected=_told(part.size),
            )
        found[part.ours] = name
    return found


def _head(path: Path) -> dict[str, tuple[int, ...]]:
    """The size of each tensor by its name."""
    broken = BaseRefused(
        reason=N_("{file} cannot be read: it is damaged, or something else."), file=path.name
    )
    try:
        whole = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 2 <= length <= min(HEAD_MOST, whole - 8):
                raise broken
            head = json.loads(file.read(length))
    except (OSError, ValueError, RecursionError):
        raise broken from None
    if not isinstance(head, dict):
        raise broken
    found = {}
    for name, one in head.items():
        if name == "__metadata__":
            continue
        size = _size(one, whole - 8 - length)
        if size is None:
            raise broken
        found[name] = size
    return found


def _size(one: Any, room: int) -> tuple[int, ...] | None:
    """The size of a tensor, if its numbers lie where they must."""
    if not isinstance(one, Mapping):
        return None
    kind, size, place = (one.get(name) for name in ("dtype", "shape", "data_offsets"))
    if not isinstance(size, list) or not isinstance(place, list) or len(place) != 2:
        return None
    if any(type(number) is not int or number < 0 for number in [*size, *place]):
        return None
    begin, end = place
    if not begin <= end <= room or len(size) > DIMENSIONS_MOST:
        return None
    # counters of positions are whole numbers: nothing of ours, whatever their kind
    if kind in BYTES and end - begin != math.prod(size) * BYTES[kind]:
        return None
    return tuple(size) if kind in BYTES else ()


def _prefix(head: Mapping[str, Any]) -> str:
    """What stands before the names of the encoder's tensors: ``bert.``, ``model.``, or nothing."""
    found = {name.removesuffix(end) for name in head for end in _WORDS if name.endswith(end)}
    if len(found) != 1:
        raise BaseRefused(
            reason=N_("{file} lacks the tensor {name}."), file="model.safetensors", name=_WORDS[0]
        )
    return found.pop()


def _told(size: tuple[int, ...]) -> str:
    return " x ".join(map(str, size)) or "?"
