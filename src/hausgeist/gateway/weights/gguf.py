# SPDX-License-Identifier: EUPL-1.2
"""Reads the header of a GGUF file before anything else may touch the file.

An open binary file and its size flow in, a ``Header`` flows out. All limits are checked with Python's
integers before a number is used; weights are never read. What it does not do: judge the chat template,
which is code, or the weights themselves.

Source of the layout: ``docs/gguf.md`` of the ggml project, versions 2 and 3, little endian.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from hausgeist.errors import UnsafeModelFile
from hausgeist.gateway.weights.content import GGUF_MAGIC, HEAD, describe
from hausgeist.gateway.weights.cursor import Cursor
from hausgeist.gateway.weights.ggml import FILE_TYPES
from hausgeist.gateway.weights.metadata import MAX_LAYERS, Metadata, Scalar, read_metadata
from hausgeist.gateway.weights.tensors import Tensors, read_tensors

MAX_HEADER = 512 * 1024 * 1024
MAX_CONTEXT = 1 << 31
MAX_WIDTH = 1 << 24
_ALIGNMENT = range(8, 65_536 + 1)
_ARCHITECTURE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FIXED = 4 + 4 + 8 + 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a model file says of itself, after every limit held. Sizes are bytes, lengths tokens.

    Numbers that the file does not give are None, and per-layer tuples are empty then.
    """

    version: int
    size: int
    metadata: Mapping[str, Scalar]
    arrays: Mapping[str, tuple[str, int]]
    """Name of an array to its element type and count; the elements are not kept."""
    tensors: int
    tensor_bytes: int
    types: Mapping[str, int]
    """Storage type to bytes."""
    kind: str
    """``model``, ``adapter``, ``mmproj`` … (``general.type``)."""
    architecture: str
    name: str
    licence: str
    parameters: int
    quantisation: str
    context_length: int | None
    block_count: int | None
    embedding_length: int | None
    feed_forward_length: int | None
    heads: tuple[int, ...]
    """Attention heads per layer."""
    kv_heads: tuple[int, ...]
    """Heads of the key-value cache per layer: fewer than ``heads`` under grouped-query attention."""
    key_length: int | None
    value_length: int | None
    vocabulary: int
    fills_in: bool
    """Whether the vocabulary has tokens for filling in the middle."""
    embeds: bool
    """Whether it pools its output into one vector instead of writing text."""

    @property
    def chat_template(self) -> str:
        """The template of the file, which is code of somebody else; empty without one."""
        return _word(self.metadata, "tokenizer.chat_template")

    @property
    def size_label(self) -> str:
        """The parameter count in words: ``135M``, ``1.7B``."""
        if self.parameters >= 999_500_000:
            return f"{self.parameters / 1e9:.1f}".removesuffix(".0") + "B"
        if self.parameters >= 999_500:
            return f"{self.parameters / 1e6:.0f}M"
        return f"{self.parameters / 1e3:.0f}K"


def read_path(path: Path) -> Header:
    """Read the header of a regular file.

    Raises:
        UnsafeModelFile: a limit is broken, or it is no GGUF.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        return read_header(file, os.fstat(file.fileno()).st_size)


def read_header(file: BinaryIO, size: int) -> Header:
    """Read the header of an open file of ``size`` bytes; takes bounded time and memory on any input.

    Raises:
        UnsafeModelFile: a limit is broken, or it is no GGUF; the reason says which.
    """
    file.seek(0)
    head = file.read(min(HEAD, size))
    if not head.startswith(GGUF_MAGIC):
        raise UnsafeModelFile(reason=f"it is {describe(head)}, not a GGUF model")
    if size < _FIXED:
        raise UnsafeModelFile(reason="it ends within its first line")
    cursor = Cursor(file, min(size, MAX_HEADER))
    cursor.skip(4)
    version = cursor.u32()
    if version not in (2, 3):
        swapped = int.from_bytes(version.to_bytes(4, "little"), "big")
        words = "it is big endian" if swapped in (2, 3) else f"its version is {version}, not 2 or 3"
        raise UnsafeModelFile(reason=words)
    tensor_count, key_count = cursor.u64(), cursor.u64()
    metadata = read_metadata(cursor, key_count)
    alignment = _alignment(metadata)
    tensors = read_tensors(cursor, tensor_count, alignment)
    _check_extent(cursor.position, size, tensors, alignment)
    return _header(version, size, metadata, tensors)


def _alignment(metadata: Metadata) -> int:
    value = metadata.values.get("general.alignment", 32)
    if not isinstance(value, int) or value not in _ALIGNMENT or value & (value - 1):
        raise UnsafeModelFile(reason=f"the alignment is {value!r}, no power of two from 8 to 65536")
    return value


def _check_extent(position: int, size: int, tensors: Tensors, alignment: int) -> None:
    start = -(-position // alignment) * alignment
    least = start + tensors.size if tensors.count else position
    if size < least:
        raise UnsafeModelFile(reason=f"it has {size} bytes, its tensors end at {least}: truncated")
    if size > start + tensors.padded:
        raise UnsafeModelFile(
            reason=f"{size - start - tensors.padded} bytes follow behind the last tensor"
        )


def _header(version: int, size: int, metadata: Metadata, tensors: Tensors) -> Header:
    values = metadata.values
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str) or not _ARCHITECTURE.fullmatch(architecture):
        raise UnsafeModelFile(reason="general.architecture is missing or not a name")
    shards = values.get("split.count", 0)
    if not isinstance(shards, int) or shards > 1:
        raise UnsafeModelFile(reason="it is one of several shards; only single files are served")

    def number(key: str, most: int) -> int | None:
        return _number(metadata, f"{architecture}.{key}", most)

    layers = number("block_count", MAX_LAYERS)
    width = number("embedding_length", MAX_WIDTH)
    heads = _per_layer(metadata, f"{architecture}.attention.head_count", layers)
    return Header(
        version=version,
        size=size,
        metadata=values,
        arrays=metadata.arrays,
        tensors=tensors.count,
        tensor_bytes=tensors.size,
        types=tensors.types,
        kind=_word(values, "general.type") or "model",
        architecture=architecture,
        name=_word(values, "general.name"),
        licence=_word(values, "general.license"),
        parameters=tensors.parameters,
        quantisation=_quantisation(values, tensors),
        context_length=number("context_length", MAX_CONTEXT),
        block_count=layers,
        embedding_length=width,
        feed_forward_length=None
        if f"{architecture}.feed_forward_length" in metadata.arrays
        else number("feed_forward_length", MAX_WIDTH),
        heads=heads,
        kv_heads=_per_layer(metadata, f"{architecture}.attention.head_count_kv", layers) or heads,
        key_length=number("attention.key_length", MAX_WIDTH),
        value_length=number("attention.value_length", MAX_WIDTH),
        vocabulary=metadata.vocabulary or number("vocab_size", MAX_WIDTH) or 0,
        fills_in=metadata.fills_in,
        embeds=f"{architecture}.pooling_type" in values,
    )


def _number(metadata: Metadata, key: str, most: int) -> int | None:
    """A count among the metadata; None where the file does not give it."""
    if key in metadata.arrays:
        raise UnsafeModelFile(reason=f"{key} is an array")
    value = metadata.values.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise UnsafeModelFile(reason=f"{key} is {str(value)[:40]}, no number from 0 to {most}")
    return value


def _per_layer(metadata: Metadata, key: str, layers: int | None) -> tuple[int, ...]:
    """One number per layer, whether the file gives one for all or an array."""
    if key in metadata.arrays:
        numbers = metadata.layers.get(key)
        if numbers is None or len(numbers) != layers:
            raise UnsafeModelFile(reason=f"{key} does not have one number per layer")
        if any(not 0 <= item <= MAX_WIDTH for item in numbers):
            raise UnsafeModelFile(reason=f"{key} has an impossible number")
        return numbers
    value = _number(metadata, key, MAX_WIDTH)
    return () if value is None or layers is None else (value,) * layers


def _word(values: Mapping[str, Scalar], key: str) -> str:
    value = values.get(key, "")
    return value if isinstance(value, str) else ""


def _quantisation(values: Mapping[str, Scalar], tensors: Tensors) -> str:
    """The label of the file type; else the storage type that most bytes have."""
    number = values.get("general.file_type")
    if isinstance(number, int) and number in FILE_TYPES:
        return FILE_TYPES[number]
    return max(tensors.types, key=tensors.types.__getitem__, default="")
