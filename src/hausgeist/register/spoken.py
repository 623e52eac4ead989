# SPDX-License-Identifier: EUPL-1.2
"""A student's answer in the form that a caller expects: the bare label, or the JSON that the teacher gave.

A value goes in, text comes out; None where the form asks for something that a student cannot say.
"""

import json
from collections.abc import Mapping
from typing import Any

from hausgeist.core.answers import Guess, Value
from hausgeist.core.calls import AnswerFormat
from hausgeist.core.tasks import Task, TaskKind

_LEFT_OUT = frozenset({"reason", "confidence", "explanation", "begruendung", "rationale"})


def plain(task: Task, value: Value, text: str) -> dict[str, Any]:
    """A value as JSON values: ``label``, ``labels``, ``spans`` with their words, or ``fields``."""
    if task.kind is TaskKind.SINGLE:
        return {"label": value.labels[0] if value.labels else None}
    if task.kind is TaskKind.MULTI:
        return {"labels": list(value.labels)}
    if task.kind is TaskKind.SPANS:
        spans = [
            {
                "start": one.start,
                "end": one.end,
                "label": one.label,
                "text": text[one.start : one.end],
            }
            for one in value.spans
        ]
        return {"spans": spans}
    fields: dict[str, Any] = {}
    many = {one.key for one in task.fields if one.many}
    for key, said in value.fields:
        if key in many:
            fields.setdefault(key, []).append(said)
        else:
            fields[key] = said
    return {"fields": fields}


def answer(
    task: Task, guess: Guess, text: str, wanted: AnswerFormat | None, *, named: bool
) -> str | None:
    """The words of an answer. ``named``: labels by their names, not their keys."""
    said = plain(task, guess.value, text)
    if task.kind in {TaskKind.SINGLE, TaskKind.MULTI} and named and wanted is None:
        names = [_name(task, key) for key in guess.value.labels]
        said = {"label": names[0] if names else None} if "label" in said else {"labels": names}
    if wanted is None:
        if "label" in said:
            return None if said["label"] is None else str(said["label"])
        if "labels" in said:
            return ", ".join(said["labels"])
        return json.dumps(said, ensure_ascii=False)
    if wanted.schema is None:
        return json.dumps(said, ensure_ascii=False)
    found = _fitted(task, guess, said, json.loads(wanted.schema))
    return None if found is None else json.dumps(found, ensure_ascii=False)


def _fitted(
    task: Task, guess: Guess, said: Mapping[str, Any], schema: Any
) -> dict[str, Any] | None:
    """An object as a schema wants it; None where one of its properties is none that a student can fill."""
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict):
        return None
    required = set(schema.get("required", properties))
    found: dict[str, Any] = {}
    answered = False
    for name, wanted in properties.items():
        if not isinstance(wanted, dict):
            return None
        if name in said:
            value = _shaped(task, said[name], wanted)
        elif task.kind is TaskKind.RECORD and name in said["fields"]:
            value = said["fields"][name]
        elif name in {"confidence", "score"} and wanted.get("type") == "number":
            value = round(guess.score, 4)
            found[name] = value
            continue
        elif name in _LEFT_OUT and name not in required:
            continue
        else:
            value = _by_kind(task, said, wanted)
        if value is None:
            if name in required:
                return None
            continue
        found[name] = value
        answered = True
    return found if answered else None


def _by_kind(task: Task, said: Mapping[str, Any], wanted: Mapping[str, Any]) -> Any:
    """A property under another name that can only mean the label, or the labels."""
    if task.kind is TaskKind.SINGLE and "enum" in wanted:
        return _shaped(task, said["label"], wanted)
    items = wanted.get("items")
    if task.kind is TaskKind.MULTI and isinstance(items, dict) and "enum" in items:
        return _shaped(task, said["labels"], wanted)
    return None


def _shaped(task: Task, value: Any, wanted: Mapping[str, Any]) -> Any:
    """Keys, or names where these are what the schema lists; None where it lists neither."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        items = wanted.get("items", {})
        shaped = [_shaped(task, one, items if isinstance(items, dict) else {}) for one in value]
        return None if None in shaped else shaped
    if isinstance(value, str) and "enum" in wanted:
        among = wanted["enum"]
        if value in among:
            return value
        name = _name(task, value)
        return name if name in among else None
    return value


def _name(task: Task, key: str) -> str:
    found = task.label(key)
    return found.name if found else key
