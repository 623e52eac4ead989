# SPDX-License-Identifier: EUPL-1.2
"""Builds tiny GGUF files, valid ones and, through ``Raw``, broken ones.

Metadata and tensor shapes flow in, the bytes of a file flow out. The weights are a fixed pattern of
small numbers: such a model loads, and has nothing to say.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Raw:
    """A value given as its type number and its bytes, for what the builder would not write."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """A tensor to write. ``offset`` of None means: behind the one before it."""

    name: str
    shape: tuple[int, ...]
    kind: int = 0
    size: int | None = None
    """Bytes of its data; None means four for each value (F32)."""
    offset: int | None = None


Value: TypeAlias = str | bool | int | float | Raw | Sequence[str] | Sequence[int] | Sequence[float]

TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_WIDTH, _INNER = 32, 64


def text(value: str | bytes) -> bytes:
    """A string as the format has it: its length in eight bytes, then UTF-8."""
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def build_gguf(
    metadata: Mapping[str, Value] | Sequence[tuple[str, Value]],
    tensors: Sequence[TensorEntry] = (),
    *,
    version: int = 3,
    alignment: int = 32,
    keys: int | None = None,
    entries: int | None = None,
    tail: bytes = b"",
) -> bytes:
    """Write a file. ``keys`` and ``entries`` replace the true counts, ``tail`` follows the data.

    A sequence of pairs instead of a mapping may hold a key twice.
    """
    pairs = list(metadata.items()) if isinstance(metadata, Mapping) else list(metadata)
    out = bytearray(b"GGUF")
    out += struct.pack(
        "<IQQ",
        version,
        len(tensors) if entries is None else entries,
        len(pairs) if keys is None else keys,
    )
    for key, value in pairs:
        out += text(key) + _value(value)
    data = bytearray()
    for entry in tensors:
        size = prod(entry.shape) * 4 if entry.size is None else entry.size
        out += text(entry.name) + struct.pack("<I", len(entry.shape))
        out += struct.pack(f"<{len(entry.shape)}Q", *entry.shape)
        out += struct.pack("<IQ", entry.kind, len(data) if entry.offset is None else entry.offset)
        data += _weights(size)
        data += bytes(-len(data) % alignment)
    out += bytes(-len(out) % alignment)
    return bytes(out + data + tail)


def tiny_metadata(**changes: Value) -> dict[str, Value]:
    """The metadata of ``tiny_model``; changes name their keys with ``__`` for a dot."""
    vocabulary = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a"]
    metadata: dict[str, Value] = {
        "general.architecture": "llama",
        "general.name": "Tiny test model",
        "general.license": "EUPL-1.2",
        "general.file_type": 0,
        "llama.context_length": 256,
        "llama.block_count": 1,
        "llama.embedding_length": _WIDTH,
        "llama.feed_forward_length": _INNER,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": _WIDTH // 4,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": vocabulary,
        "tokenizer.ggml.scores": [0.0] * len(vocabulary),
        "tokenizer.ggml.token_type": [2, 3, 3, *[6] * 256, 1, 1],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.chat_template": TEMPLATE,
    }
    metadata.update({key.replace("__", "."): value for key, value in changes.items()})
    return metadata


def tiny_tensors(vocabulary: int = 261) -> tuple[TensorEntry, ...]:
    """The tensors of a llama of one block, all F32."""
    key_value = _WIDTH // 4 * 2
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (_WIDTH, vocabulary),
        "output_norm.weight": (_WIDTH,),
        "blk.0.attn_norm.weight": (_WIDTH,),
        "blk.0.attn_q.weight": (_WIDTH, _WIDTH),
        "blk.0.attn_k.weight": (_WIDTH, key_value),
        "blk.0.attn_v.weight": (_WIDTH, key_value),
        "blk.0.attn_output.weight": (_WIDTH, _WIDTH),
        "blk.0.ffn_norm.weight": (_WIDTH,),
        "blk.0.ffn_gate.weight": (_WIDTH, _INNER),
        "blk.0.ffn_up.weight": (_WIDTH, _INNER),
        "blk.0.ffn_down.weight": (_INNER, _WIDTH),
    }
    return tuple(TensorEntry(name, shape) for name, shape in shapes.items())


def tiny_model(**changes: Value) -> bytes:
    """A whole valid model of about 70 KB; ``changes`` as in ``tiny_metadata``."""
    return build_gguf(tiny_metadata(**changes), tiny_tensors())


def _value(value: Value) -> bytes:
    """The type number and the bytes of a value."""
    if isinstance(value, Raw):
        return struct.pack("<I", value.kind) + value.data
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, bool):
        return struct.pack("<IB", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if all(isinstance(item, str) for item in value):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(str(item)) for item in value)
    kind, code = (6, "f") if any(isinstance(item, float) for item in value) else (5, "i")
    return struct.pack(f"<IIQ{len(value)}{code}", 9, kind, len(value), *value)


def _weights(size: int) -> bytes:
    """A fixed pattern of F32 numbers between -0.05 and 0.05."""
    pattern = struct.pack("<101f", *((step * 37 % 101 - 50) / 1000 for step in range(101)))
    return (pattern * (size // len(pattern) + 1))[:size]
