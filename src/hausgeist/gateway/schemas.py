# SPDX-License-Identifier: EUPL-1.2
"""What a caller's JSON schema may be, before anything compiles it: bounded, local, going somewhere.

JSON text comes in, the decoded schema goes out, or an error that names the field. Whether the schema
makes sense to a model is the model's affair; whether it could hang or crash what reads it is ours: engines
turn schemas into grammars by recursion, and a chain of references doubles at every link.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from hausgeist.errors import InvalidField

BYTES_LIMIT = 128 * 1024
"""Longest schema, in bytes of JSON text."""
DEPTH_LIMIT = 64
"""Deepest nesting of objects and arrays within a schema."""
NODES_LIMIT = 10_000
"""Subschemas after every reference that is no recursion has been put in place."""

_SAME_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "dependentSchemas")
"""Keywords whose subschemas judge the same value; the others go down into it."""

_DATA = frozenset({"const", "enum", "default", "examples", "example"})
"""Keywords that hold values, not schemas."""

_NAMED = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
"""Keywords whose keys are names, whatever they look like."""

HOPS_LIMIT = 100
"""Longest chain of subschemas and references."""


def read_schema(text: str, field: str) -> Any:
    """Decode a schema and check that it is safe to compile. ``field`` names it in errors.

    Raises:
        InvalidField: it is no schema, too long, too deep, too large once its references are followed,
            refers to something outside itself, or to itself without going down into the value.
    """
    if len(text) > BYTES_LIMIT:
        raise _refused(field, f"is longer than {BYTES_LIMIT} bytes")
    try:
        schema = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refused(field, "is not a JSON schema") from error
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        raise _refused(field, "must be an object")
    if text.count("{") + text.count("[") > DEPTH_LIMIT:
        _check_depth(schema, field)
    if "$" in text or "\\u" in text:  # a reference or an identifier; most schemas have none
        expanded_size(schema, field)
    return schema


def expanded_size(schema: Any, field: str) -> int:
    """How many subschemas a schema comes to with its references in place; recursion counts once.

    Raises:
        InvalidField: as ``read_schema``.
    """
    return _Expansion(schema, field).check() if isinstance(schema, dict) else 1


def _refused(field: str, reason: str) -> InvalidField:
    return InvalidField(field=field, reason=reason, param=field)


def _check_depth(schema: dict[str, Any], field: str) -> None:
    level: list[Any] = [schema]
    for _ in range(DEPTH_LIMIT):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return
    raise _refused(field, f"is nested deeper than {DEPTH_LIMIT} levels")


class _Expansion:
    """Follows a schema's references once and counts what they come to.

    A node is an object of the schema; its size is one plus the sizes of its subschemas. A reference to a
    node that is being counted is a recursion and counts one, if it lies deeper in the value.
    """

    def __init__(self, root: dict[str, Any], field: str) -> None:
        self._root = root
        self._field = field
        self._sizes: dict[int, int] = {}
        self._open: dict[int, int] = {}

    def check(self) -> int:
        """The size of the whole; raises ``InvalidField`` if it is too large or goes in a circle."""
        return self._size(self._root, 0, 0)

    def _size(self, node: dict[str, Any], depth: int, hops: int) -> int:
        """The size of a node; ``depth`` is how far down in the value, ``hops`` how many calls deep."""
        here = id(node)
        if here in self._open:
            if self._open[here] == depth:
                raise _refused(self._field, "refers to itself in a circle")
            return 1
        if here in self._sizes:
            return self._sizes[here]
        if hops > HOPS_LIMIT:
            raise _refused(self._field, "has a chain of references that is too long")
        if node is not self._root and isinstance(node.get("$id"), str):
            raise _refused(self._field, "has an $id within; use $defs and #/$defs/…")
        self._open[here] = depth
        size = 1
        for child, down in self._children(node):
            size += self._size(child, depth + down, hops + 1)
            if size > NODES_LIMIT:
                raise _refused(self._field, "is too large once its references are followed")
        del self._open[here]
        self._sizes[here] = size
        return size

    def _children(self, node: dict[str, Any]) -> Iterator[tuple[dict[str, Any], int]]:
        for keyword, value in node.items():
            if keyword in {"$ref", "$dynamicRef", "$recursiveRef"} and isinstance(value, str):
                yield self._target(keyword, value), 0
            elif keyword in _NAMED and isinstance(value, dict):
                down = 0 if keyword in _SAME_PLACE else 1
                yield from ((child, down) for child in value.values() if isinstance(child, dict))
            elif keyword not in _DATA:
                down = 0 if keyword in _SAME_PLACE else 1
                yield from ((child, down) for child in _objects(value))

    def _target(self, keyword: str, reference: str) -> dict[str, Any]:
        if keyword != "$ref" or not (reference == "#" or reference.startswith("#/")):
            raise _refused(
                self._field, "has a reference that is not of the form #/$defs/…; nothing is fetched"
            )
        target: Any = self._root
        for step in reference.split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(target, dict) and name in target:
                target = target[name]
            elif isinstance(target, list) and name.isdecimal() and int(name[:6]) < len(target):
                target = target[int(name[:6])]
            else:
                raise _refused(self._field, "has a reference that leads nowhere")
        return target if isinstance(target, dict) else {}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a keyword's value: itself, or those in a list."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _objects(entry)
