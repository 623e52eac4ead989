# SPDX-License-Identifier: EUPL-1.2
"""Reads the key-value part of a GGUF file within limits.

A cursor behind the file's counts flows in, ``Metadata`` flows out. Arrays are counted and checked, never
kept, except the short per-layer ones that the memory estimate needs. The vocabulary is checked string
by string as it passes.

Source of the layout: ``docs/gguf.md`` of the ggml project, versions 2 and 3.
"""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hausgeist.errors import UnsafeModelFile
from hausgeist.gateway.weights.cursor import Cursor

Scalar: TypeAlias = str | int | float | bool

MAX_KEYS = 4096
MAX_KEY = 65_535
MAX_STRING = 16 * 1024 * 1024
MAX_ELEMENTS = 4 * 1024 * 1024
"""Elements of one array, and strings of all arrays together."""
MAX_TEMPLATE = 256 * 1024
MAX_KEPT_STRING = 64 * 1024
"""Longer strings are checked and passed over; only chat templates may be longer."""
MAX_KEPT = 16 * 1024 * 1024
MAX_LAYERS = 4096

STRING, ARRAY, BOOL = 8, 9, 7
_KINDS = {
    0: ("u8", "<B"),
    1: ("i8", "<b"),
    2: ("u16", "<H"),
    3: ("i16", "<h"),
    4: ("u32", "<I"),
    5: ("i32", "<i"),
    6: ("f32", "<f"),
    7: ("bool", "<B"),
    8: ("string", ""),
    10: ("u64", "<Q"),
    11: ("i64", "<q"),
    12: ("f64", "<d"),
}
_FORMATS = {kind: struct.Struct(code) for kind, (_, code) in _KINDS.items() if code}
_INTEGERS = frozenset({0, 1, 2, 3, 4, 5, 10, 11})

_TOKENS = "tokenizer.ggml.tokens"
_TYPES = "tokenizer.ggml.token_type"
_VOCABULARY_ARRAYS = {  # element type of each array of the tokenizer, as the engine reads them
    _TOKENS: STRING,
    "tokenizer.ggml.merges": STRING,
    "tokenizer.ggml.scores": 6,
    _TYPES: 5,
}
_SAME_LENGTH = (_TOKENS, "tokenizer.ggml.scores", _TYPES)
_PER_LAYER = (".attention.head_count", ".attention.head_count_kv")
_TEMPLATE = "tokenizer.chat_template"
_BYTE_TOKEN = re.compile(rb"<0x[0-9A-F]{2}>")
_BYTE_TYPE = 6
_FILL_BEFORE = frozenset(
    word.encode() for word in ("<|fim_prefix|>", "<fim_prefix>", "<fim-prefix>", "<PRE>", "▁<PRE>")
)
_FILL_AFTER = frozenset(
    word.encode() for word in ("<|fim_suffix|>", "<fim_suffix>", "<fim-suffix>", "<SUF>", "▁<SUF>")
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the key-value part says. ``arrays`` gives the element type's name and the count."""

    values: Mapping[str, Scalar]
    arrays: Mapping[str, tuple[str, int]]
    layers: Mapping[str, tuple[int, ...]]
    """Arrays with one number per layer, such as ``<arch>.attention.head_count_kv``."""
    vocabulary: int
    fills_in: bool
    """Whether the vocabulary has tokens for filling in the middle."""


def read_metadata(cursor: Cursor, count: int) -> Metadata:
    """Read ``count`` keys with their values.

    Raises:
        UnsafeModelFile: a limit is broken; the reason names it and the key.
    """
    if count > MAX_KEYS:
        raise UnsafeModelFile(reason=f"{count} metadata keys, more than {MAX_KEYS}")
    part = _Part(cursor)
    for _ in range(count):
        part.read_pair()
    return part.finish()


class _Part:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._values: dict[str, Scalar] = {}
        self._arrays: dict[str, tuple[str, int]] = {}
        self._layers: dict[str, tuple[int, ...]] = {}
        self._seen: set[str] = set()
        self._kept = 0
        self._strings = 0
        self._byte_like = bytearray()  # 1 where a token has the form <0xHH>
        self._byte_typed = bytearray()  # 1 where a token has the type BYTE
        self._fill = [False, False]

    def read_pair(self) -> None:
        key = self._text(MAX_KEY, "a key")
        if not key or key in self._seen:
            raise UnsafeModelFile(reason=f"the key {_short(key)} is empty or occurs twice")
        self._seen.add(key)
        self._account(len(key))
        kind = self._cursor.u32()
        if kind == ARRAY:
            self._read_array(key)
        elif kind == STRING:
            self._keep(key, self._text(MAX_STRING, f"the value of {_short(key)}"))
        elif kind in _FORMATS:
            self._keep(key, self._number(kind, key))
        else:
            raise UnsafeModelFile(reason=f"{_short(key)} has the unknown type {kind}")
        if key in _VOCABULARY_ARRAYS and kind != ARRAY:
            raise UnsafeModelFile(reason=f"{key} is no array")

    def finish(self) -> Metadata:
        vocabulary = self._arrays.get(_TOKENS, ("", 0))[1]
        for key in _SAME_LENGTH:
            if key in self._arrays and self._arrays[key][1] != vocabulary:
                raise UnsafeModelFile(
                    reason=f"{key} has {self._arrays[key][1]} elements for {vocabulary} tokens"
                )
        if self._byte_typed and self._byte_like:
            for typed, like in zip(self._byte_typed, self._byte_like, strict=True):
                if typed and not like:
                    raise UnsafeModelFile(reason="a byte token does not have the form <0xHH>")
        self._check_special(vocabulary)
        return Metadata(
            values=self._values,
            arrays=self._arrays,
            layers=self._layers,
            vocabulary=vocabulary,
            fills_in=all(self._fill),
        )

    def _check_special(self, vocabulary: int) -> None:
        for key, value in self._values.items():
            if not (key.startswith("tokenizer.") and key.endswith("_token_id")):
                continue
            if not isinstance(value, int) or isinstance(value, bool):
                raise UnsafeModelFile(reason=f"{_short(key)} is no integer")
            if vocabulary and not 0 <= value < vocabulary:
                raise UnsafeModelFile(
                    reason=f"{_short(key)} is {value}, the vocabulary has {vocabulary} tokens"
                )

    def _text(self, longest: int, what: str) -> str:
        length = self._cursor.u64()
        if length > longest:
            raise UnsafeModelFile(reason=f"{what} has {length} bytes, more than {longest}")
        return _decode(self._cursor.take(length), what)

    def _number(self, kind: int, key: str) -> int | float | bool:
        form = _FORMATS[kind]
        value: int | float = form.unpack(self._cursor.take(form.size))[0]
        if not math.isfinite(value):
            raise UnsafeModelFile(reason=f"{_short(key)} is no finite number")
        if kind != BOOL:
            return value
        if value not in (0, 1):
            raise UnsafeModelFile(reason=f"{_short(key)} is {value}, neither true nor false")
        return bool(value)

    def _keep(self, key: str, value: Scalar) -> None:
        size = len(value) if isinstance(value, str) else 8
        if key.startswith(_TEMPLATE):
            if not isinstance(value, str):
                raise UnsafeModelFile(reason=f"{_short(key)} is no text")
            if size > MAX_TEMPLATE:
                raise UnsafeModelFile(reason=f"a chat template is longer than {MAX_TEMPLATE}")
        elif size > MAX_KEPT_STRING:
            return
        self._account(size)
        self._values[key] = value

    def _account(self, size: int) -> None:
        self._kept += size
        if self._kept > MAX_KEPT:
            raise UnsafeModelFile(reason=f"keys and values together exceed {MAX_KEPT} bytes")

    def _read_array(self, key: str) -> None:
        kind, count = self._cursor.u32(), self._cursor.u64()
        if kind not in _KINDS:
            words = "an array of arrays" if kind == ARRAY else f"an array of unknown type {kind}"
            raise UnsafeModelFile(reason=f"{_short(key)} is {words}")
        if count > MAX_ELEMENTS:
            raise UnsafeModelFile(
                reason=f"{_short(key)} has {count} elements, more than {MAX_ELEMENTS}"
            )
        if _VOCABULARY_ARRAYS.get(key, kind) != kind:
            raise UnsafeModelFile(reason=f"{key} has elements of type {_KINDS[kind][0]}")
        self._arrays[key] = (_KINDS[kind][0], count)
        if kind == STRING:
            self._read_strings(key, count)
        elif key == _TYPES:
            self._read_types(count)
        elif kind in _INTEGERS and key.endswith(_PER_LAYER) and count <= MAX_LAYERS:
            form = _FORMATS[kind]
            data = self._cursor.take(form.size * count)
            self._layers[key] = tuple(int(item[0]) for item in form.iter_unpack(data))
        else:
            self._cursor.skip(_FORMATS[kind].size * count)

    def _read_strings(self, key: str, count: int) -> None:
        self._strings += count
        if self._strings > MAX_ELEMENTS:
            raise UnsafeModelFile(reason=f"more than {MAX_ELEMENTS} strings in arrays")
        if count * 8 > self._cursor.left:
            raise UnsafeModelFile(reason=f"{_short(key)} announces {count} strings, too few follow")
        tokens = key == _TOKENS
        for raw in self._cursor.strings(count, MAX_STRING):
            if not raw.isascii():
                _decode(raw, f"a string of {_short(key)}")
            if tokens:
                self._byte_like.append(_BYTE_TOKEN.fullmatch(raw) is not None)
                if raw in _FILL_BEFORE:
                    self._fill[0] = True
                elif raw in _FILL_AFTER:
                    self._fill[1] = True

    def _read_types(self, count: int) -> None:
        form = _FORMATS[5]
        data = self._cursor.take(form.size * count)
        self._byte_typed = bytearray(item[0] == _BYTE_TYPE for item in form.iter_unpack(data))


def _decode(raw: bytes, what: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UnsafeModelFile(reason=f"{what} is not valid UTF-8") from None


def _short(key: str) -> str:
    """A key as it may stand in an error: printable and bounded."""
    return repr(key if len(key) <= 80 else key[:77] + "…")
