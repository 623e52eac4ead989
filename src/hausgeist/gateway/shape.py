# SPDX-License-Identifier: EUPL-1.2
"""The shape an answer must have: checked when the answer is complete, whoever made it.

A call comes in and its schemas are checked before anything is opened; bursts go through, and the last one
only if the text before it has the shape. An engine's grammar makes that nearly sure, but not every
provider has one. A stream's text is with its reader by then: the error says that it must not be used.
Without a format nothing is kept.
"""

import re
from typing import Any

import msgspec

from hausgeist.core.calls import AnswerFormat, Call
from hausgeist.core.events import Burst, Delta, Finished
from hausgeist.errors import AnswerNotValid, InvalidField
from hausgeist.gateway.schemas import expanded_size, read_schema

WORK_LIMIT = 50_000_000
"""Subschemas times values of an answer: about a second of checking, during which nobody else is served."""

PATH_NODES = 500
"""Schemas up to so many objects, and without references, are asked for the place of the mismatch."""

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


class Shape:
    """One call's demands on its answer.

    Raises:
        InvalidField: a schema of the call, of its format or of a tool, cannot be accepted.
    """

    __slots__ = ("_format", "_kept", "_schema", "_size", "_validator")

    def __init__(self, call: Call) -> None:
        for place, tool in enumerate(call.tools):
            read_schema(tool.parameters, f"tools[{place}].parameters")
        self._format: AnswerFormat | None = call.format
        self._kept: list[str] = []
        self._schema: Any = None
        self._size = 0
        self._validator: Any = None
        if call.format is not None and call.format.schema is not None:
            self._schema = read_schema(call.format.schema, call.format.field)
            self._size = expanded_size(self._schema, call.format.field)
            self._validator = _compiled(self._schema, call.format.field)

    def pass_on(self, burst: Burst) -> Burst:
        """The burst, unless it ends an answer of the wrong shape.

        Raises:
            AnswerNotValid: the answer is complete and does not have the shape. An answer that was cut
                off, refused or is a tool call is not judged: its reason to end says what it is.
        """
        if self._format is None:
            return burst
        for event in burst:
            if isinstance(event, Delta):
                self._kept.append(event.text)
            elif isinstance(event, Finished) and event.reason == "stop":
                text = "".join(self._kept)
                try:
                    self._check(text)
                except AnswerNotValid as error:
                    error.answer = text
                    raise
        return burst

    def _check(self, text: str) -> None:
        try:
            value = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            reason = "it is fenced as Markdown" if _FENCE.match(text) else "it is not JSON"
            raise AnswerNotValid(reason=reason) from error
        if self._size * (text.count(",") + text.count("{") + text.count("[") + 1) > WORK_LIMIT:
            raise AnswerNotValid(reason="it is too large to be checked against this schema")
        if self._validator is None:
            if not isinstance(value, dict):
                raise AnswerNotValid(reason="it is not a JSON object")
        elif not self._validator.is_valid(value):
            raise AnswerNotValid(reason=_mismatch(self._validator, self._schema, value))


def _compiled(schema: Any, field: str) -> Any:
    """A validator that fetches nothing and whose patterns cannot run away.

    Raises:
        InvalidField: the schema breaks the rules of JSON Schema.
    """
    import jsonschema_rs  # noqa: PLC0415  six megabytes that only structured answers need

    try:
        return jsonschema_rs.Draft202012Validator(
            schema,
            offline=True,
            pattern_options=jsonschema_rs.FancyRegexOptions(
                backtrack_limit=100_000, size_limit=1_000_000, dfa_size_limit=1_000_000
            ),
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise InvalidField(
            field=field, reason=f"is no JSON schema: {reason}", param=field
        ) from error


def _mismatch(validator: Any, schema: Any, value: Any) -> str:
    """Where the answer differs; its place only for schemas where looking for it stays cheap.

    Deciding whether a value is valid is remembered per reference, listing its errors is not.
    """
    text = msgspec.json.encode(schema)
    if b'"$ref"' in text or text.count(b"{") > PATH_NODES:
        return "a value in it is not as the schema says"
    error = next(iter(validator.iter_errors(value)), None)
    if error is None:
        return "a value in it is not as the schema says"
    place = "".join(f"[{step!r}]" for step in error.instance_path) or "the top level"
    return f"at {place} it breaks '{list(error.schema_path)[-1]}'"[:300]
