# SPDX-License-Identifier: EUPL-1.2
"""A teacher is asked for rules: confirmed answers of the pool go in, drafts with their cases come out.

The recipe is data (``recipes/rules.toml``). What comes back is only read, never run here: whoever gets the
drafts compiles and scores them, and a person switches them on.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hausgeist.core.answers import Example, Value
from hausgeist.core.calls import AnswerFormat, Call, Sampling
from hausgeist.core.labels import Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.people import Principal
from hausgeist.core.rules import RuleKind
from hausgeist.core.tasks import Field, Label, Task, TaskKind
from hausgeist.errors import AnswerNotValid

SHOWN = 12
"""Confirmed examples that the teacher sees, and as many of other answers."""
TEXT_MOST = 400
"""Letters of each of them."""
GUIDELINE_MOST = 3_000
TOKENS = 1_500
PROPOSED_MOST = 10
CASES_MOST = 5
_PLACE = re.compile(r"\{(title|label|about|guideline|examples|others)\}")
_TEXTS = {"type": "array", "items": {"type": "string"}, "maxItems": CASES_MOST}
SCHEMA = {
    "type": "object",
    "properties": {
        "rules": {
            "type": "array",
            "maxItems": PROPOSED_MOST,
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": [one.value for one in RuleKind]},
                    "pattern": {"type": "string"},
                    "why": {"type": "string"},
                    "must": _TEXTS,
                    "must_not": _TEXTS,
                },
                "required": ["kind", "pattern", "why", "must", "must_not"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["rules"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A rule as somebody writes it, before it is one."""

    kind: RuleKind
    pattern: str
    label: str
    note: str = ""
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


@cache
def recipe(language: str) -> Mapping[str, str]:
    """The words; a language that there are none for gets English."""
    text = resources.files("hausgeist.register").joinpath("recipes", "rules.toml")
    found = tomllib.loads(text.read_text(encoding="utf-8"))
    words: dict[str, str] = found.get(language) or found["en"]
    return words


def call(
    task: Task,
    label: str,
    told: Sequence[Example],
    *,
    model: str,
    call_id: str,
    principal: Principal,
    guideline: str = "",
) -> Call:
    """The call that asks for rules of a label or field. ``told``: confirmed answers of the pool."""
    words = recipe(task.language)
    told_of: dict[str, Label | Field] = {one.key: one for one in task.labels}
    told_of.update((one.key, one) for one in task.fields)
    known = told_of.get(label)
    mine = [one for one in told if _shows(task, one.value, label)]
    others = [one for one in told if not _shows(task, one.value, label)]
    values = {
        "title": task.title,
        "label": f"{label} ({known.name})" if known else label,
        "about": known.about if known else "",
        "guideline": guideline[:GUIDELINE_MOST],
        "examples": "\n".join(_line(task, one, label) for one in mine[:SHOWN]) or "-",
        "others": "\n".join(_line(task, one, "") for one in others[:SHOWN]) or "-",
    }
    asked = _PLACE.sub(lambda found: values[found[1]], words["item"])
    return Call(
        id=call_id,
        principal=principal,
        purpose=Purpose.SUGGEST,
        model=model,
        messages=(
            text_message("system", words["system"].strip()),
            text_message("user", asked.strip()),
        ),
        format=AnswerFormat(json.dumps(SCHEMA), name="rules", strict=True),
        sampling=Sampling(max_tokens=TOKENS, temperature=0.0, seed=1),
        declared=task.data_class,
        stream=False,
    )


def drafts(text: str, label: str) -> list[Draft]:
    """The drafts of an answer; what is no rule is left out.

    Raises:
        AnswerNotValid: it is no JSON of this form at all.
    """
    begin, end = text.find("{"), text.rfind("}")
    try:
        found: Any = json.loads(text[begin : end + 1])
    except ValueError:
        raise AnswerNotValid from None
    listed = found.get("rules") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise AnswerNotValid
    read = (_draft(one, label) for one in listed[:PROPOSED_MOST])
    return [one for one in read if one is not None]


def _draft(one: Any, label: str) -> Draft | None:
    if not isinstance(one, dict) or one.get("kind") not in {each.value for each in RuleKind}:
        return None
    pattern = one.get("pattern")
    if not isinstance(pattern, str) or not pattern.strip():
        return None
    why = one.get("why", "")
    return Draft(
        kind=RuleKind(one["kind"]),
        pattern=pattern.strip(),
        label=label,
        note=why.strip()[:500] if isinstance(why, str) else "",
        must=_texts(one.get("must")),
        must_not=_texts(one.get("must_not")),
    )


def _texts(found: Any) -> tuple[str, ...]:
    listed = found if isinstance(found, list) else []
    texts = (one.strip()[:TEXT_MOST] for one in listed if isinstance(one, str))
    return tuple(one for one in texts if one)[:CASES_MOST]


def _shows(task: Task, value: Value, label: str) -> bool:
    if task.kind is TaskKind.SPANS:
        return any(one.label == label for one in value.spans)
    if task.kind is TaskKind.RECORD:
        return any(name == label for name, _ in value.fields)
    return label in value.labels


def _line(task: Task, one: Example, label: str) -> str:
    text = " ".join(one.text[:TEXT_MOST].split())
    if not label or task.kind in {TaskKind.SINGLE, TaskKind.MULTI}:
        return f"- {text}"
    if task.kind is TaskKind.SPANS:
        held = [one.text[each.start : each.end] for each in one.value.spans if each.label == label]
    else:
        held = [value for name, value in one.value.fields if name == label]
    return f"- {text} → {' | '.join(held)}"
