# SPDX-License-Identifier: EUPL-1.2
"""Reads the list of tensors of a GGUF file within limits.

A cursor behind the metadata flows in, a ``Tensors`` summary flows out. No weight is read; names are
kept only while they are compared.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from hausgeist.errors import UnsafeModelFile
from hausgeist.gateway.weights.cursor import Cursor
from hausgeist.gateway.weights.ggml import TENSOR_TYPES

MAX_TENSORS = 65_536
MAX_NAME = 63
"""Bytes; the engine keeps 64 with the final zero (``GGML_MAX_NAME``)."""
MAX_DIMENSIONS = 4
_BEYOND = 1 << 63


@dataclass(frozen=True, slots=True)
class Tensors:
    """What the list of tensors says. ``types`` maps a storage type's name to its bytes."""

    count: int
    parameters: int
    """Weights, counted one by one."""
    size: int
    """Bytes, without the padding behind the last one."""
    padded: int
    types: Mapping[str, int]


def read_tensors(cursor: Cursor, count: int, alignment: int) -> Tensors:
    """Read ``count`` entries; each must begin where the one before it ends, aligned.

    Raises:
        UnsafeModelFile: a limit is broken; the reason names it.
    """
    if count > MAX_TENSORS:
        raise UnsafeModelFile(reason=f"{count} tensors, more than {MAX_TENSORS}")
    names: set[bytes] = set()
    types: Counter[str] = Counter()
    parameters = end = padded = 0
    for _ in range(count):
        name = _name(cursor)
        if name in names:
            raise UnsafeModelFile(reason=f"the tensor {name.decode()!r} occurs twice")
        names.add(name)
        elements, size, label = _shape(cursor, name.decode())
        offset = cursor.u64()
        if offset != padded:
            raise UnsafeModelFile(
                reason=f"the tensor {name.decode()!r} begins at {offset} instead of {padded}"
            )
        end = padded + size
        padded = -(-end // alignment) * alignment
        if padded >= _BEYOND:
            raise UnsafeModelFile(reason="the tensors are too large together")
        parameters += elements
        types[label] += size
    return Tensors(count=count, parameters=parameters, size=end, padded=padded, types=dict(types))


def _name(cursor: Cursor) -> bytes:
    length = cursor.u64()
    if not 0 < length <= MAX_NAME:
        raise UnsafeModelFile(reason=f"a tensor's name has {length} bytes, not 1 to {MAX_NAME}")
    name = cursor.take(length)
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        raise UnsafeModelFile(reason="a tensor's name is not valid UTF-8") from None
    return name


def _shape(cursor: Cursor, name: str) -> tuple[int, int, str]:
    """Elements, bytes and storage type of one entry."""
    rank = cursor.u32()
    if not 0 < rank <= MAX_DIMENSIONS:
        raise UnsafeModelFile(reason=f"the tensor {name!r} has {rank} dimensions")
    dimensions = [cursor.u64() for _ in range(rank)]
    if any(not 0 < length < _BEYOND for length in dimensions):
        raise UnsafeModelFile(reason=f"the tensor {name!r} has an impossible dimension")
    elements = prod(dimensions)
    number = cursor.u32()
    kind = TENSOR_TYPES.get(number)
    if kind is None:
        raise UnsafeModelFile(reason=f"the tensor {name!r} has the unknown type {number}")
    if dimensions[0] % kind.elements:
        raise UnsafeModelFile(
            reason=f"the rows of {name!r} do not fill blocks of {kind.elements} values"
        )
    size = elements // kind.elements * kind.size
    if elements >= _BEYOND or size >= _BEYOND:
        raise UnsafeModelFile(reason=f"the tensor {name!r} is too large")
    return elements, size, kind.name
