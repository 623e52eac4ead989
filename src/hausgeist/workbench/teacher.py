# SPDX-License-Identifier: EUPL-1.2
"""What a teacher is asked with: a task, its guideline and a wish go in, a prompt with its version comes out.

The words are data (``recipes/*.toml``, one file per kind of task, German and English) and may be replaced by
the task's owner. A prompt says all that an answer depends on, so equal versions need not be asked twice.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from hausgeist.core.answers import Value
from hausgeist.core.calls import AnswerFormat, Call, Sampling
from hausgeist.core.hashing import content_id
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Message, text_message
from hausgeist.core.people import Principal
from hausgeist.core.tasks import Field, FieldType, Task, TaskKind

SEED = 1
GUIDELINE_MOST = 8_000
"""Characters of the guideline that a teacher reads; what is longer is cut at its end."""
TOKENS = {TaskKind.SINGLE: 96, TaskKind.MULTI: 256, TaskKind.SPANS: 1024, TaskKind.RECORD: 1024}
"""Tokens that an answer may have; a reason adds to it."""
REASON_TOKENS = 80
RAW_SHOWN = 600
"""Characters of an unreadable answer that the model is shown when it is asked again."""

_PLACE = re.compile(r"\{(title|guideline|labels|shape)\}")
_GAPS = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a teacher is to be asked. ``model`` is a card's id; ``words`` replace the recipe's, if any.

    ``shots``: how many confirmed answers go along as examples. ``score``: where the model gives no
    probabilities it is asked how sure it is.
    """

    model: str
    words: str = ""
    reason: bool = False
    score: bool = True
    shots: int = 0


@dataclass(frozen=True, slots=True)
class Shot:
    """An example that goes along: a text with its confirmed answer."""

    item: str
    text: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """All that an answer depends on, but the text. ``schema`` is JSON text.

    ``constrained``: the model is held to the schema. ``logprobs``: it gives the probability of each token.
    """

    model: str
    system: str
    item: str
    sharper: str
    schema: str
    max_tokens: int
    constrained: bool = True
    logprobs: bool = False
    shots: tuple[Shot, ...] = ()

    @property
    def version(self) -> str:
        """SHA-256, hexadecimal, over words, schema, model, sampling and examples."""
        parts = asdict(replace(self, shots=())) | {
            "temperature": 0,
            "seed": SEED,
            "shots": [(content_id(one.text.encode()), one.value.encode()) for one in self.shots],
        }
        return content_id(_json(parts).encode())

    def body(self) -> str:
        """JSON to keep it by; of the examples it names the items, so that a deleted one is gone."""
        shots = [(one.item, one.value.encode()) for one in self.shots]
        return _json(asdict(replace(self, shots=())) | {"shots": shots})

    @staticmethod
    def items_of(body: str) -> list[str]:
        """The items whose texts a kept prompt needs."""
        return [item for item, _ in json.loads(body)["shots"]]

    @classmethod
    def of_body(cls, body: str, texts: Mapping[str, str]) -> "Prompt | None":
        """What ``body`` wrote, with the texts of its examples by item; None if one of them is gone."""
        fields = json.loads(body)
        shots = fields.pop("shots")
        if any(item not in texts for item, _ in shots):
            return None
        kept = tuple(Shot(item, texts[item], Value.decode(value)) for item, value in shots)
        return cls(**fields, shots=kept)

    def messages(self, text: str, task: Task, unread: str | None = None) -> tuple[Message, ...]:
        """What is said. ``unread``: the model's last answer, which could not be read."""
        said = [text_message("system", self.system)]
        for shot in self.shots:
            said.append(text_message("user", self.item.replace("{text}", shot.text)))
            said.append(text_message("assistant", written(task, shot.value, shot.text)))
        said.append(text_message("user", self.item.replace("{text}", text)))
        if unread is not None:
            if unread.strip():
                said.append(text_message("assistant", unread.strip()[:RAW_SHOWN]))
            said.append(text_message("user", self.sharper))
        return tuple(said)

    def call(
        self,
        task: Task,
        text: str,
        *,
        call_id: str,
        principal: Principal,
        purpose: Purpose = Purpose.SUGGEST,
        data_class: DataClass | None = None,
        unread: str | None = None,
        consented: bool = False,
    ) -> Call:
        """The call that asks about a text; ``data_class`` is the task's, where none is given."""
        return Call(
            id=call_id,
            principal=principal,
            purpose=purpose,
            model=self.model,
            messages=self.messages(text, task, unread),
            format=AnswerFormat(self.schema, name="suggestion", strict=True)
            if self.constrained
            else None,
            sampling=Sampling(
                max_tokens=self.max_tokens, temperature=0.0, seed=SEED, logprobs=self.logprobs
            ),
            declared=task.data_class if data_class is None else data_class,
            consented=consented,
            stream=False,
        )


@cache
def recipe(kind: TaskKind, language: str) -> Mapping[str, str]:
    """The words for a kind of task; a language that there is none for gets English."""
    text = resources.files("hausgeist.workbench").joinpath("recipes", f"{kind.value}.toml")
    found = tomllib.loads(text.read_text(encoding="utf-8"))
    words: dict[str, str] = found.get(language) or found["en"]
    return {name: words[name].strip() for name in words}


def make(
    task: Task,
    wish: Wish,
    guideline: str = "",
    shots: Sequence[Shot] = (),
    *,
    constrained: bool = True,
    logprobs: bool = False,
) -> Prompt:
    """The prompt for a task. ``constrained`` and ``logprobs``: what the model can do.

    Labels and the form of the answer that the owner's words do not place are put after them.
    """
    words = recipe(task.kind, task.language)
    asks_score = wish.score and not (logprobs and task.kind in {TaskKind.SINGLE, TaskKind.MULTI})
    shape = [words["shape"].replace("{example}", _example(task, wish, asks_score=asks_score))]
    shape += [words["reason"]] if wish.reason else []
    shape += [words["confidence"]] if asks_score else []
    values = {
        "title": task.title,
        "guideline": guideline.strip()[:GUIDELINE_MOST],
        "labels": _listed(task),
        "shape": "\n".join(shape),
    }
    frame = wish.words.strip() or words["system"]
    frame += "".join(
        f"\n\n{{{name}}}" for name in ("labels", "shape") if f"{{{name}}}" not in frame
    )
    system = _PLACE.sub(lambda found: values[found[1]], frame)
    return Prompt(
        model=wish.model,
        system=_GAPS.sub("\n\n", system).strip(),
        item=words["item"],
        sharper=words["sharper"],
        schema=_json(schema_of(task, reason=wish.reason, score=asks_score)),
        max_tokens=TOKENS[task.kind] + (REASON_TOKENS if wish.reason else 0),
        constrained=constrained,
        logprobs=logprobs,
        shots=tuple(shots),
    )


def schema_of(task: Task, *, reason: bool = False, score: bool = False) -> dict[str, Any]:
    """The JSON schema of an answer. The label comes first: its tokens are its probability's."""
    keys = [label.key for label in task.labels]
    label = {"type": "string", "enum": keys}
    found: dict[str, Any]
    if task.kind is TaskKind.SINGLE:
        found = {"label": label}
    elif task.kind is TaskKind.MULTI:
        found = {"labels": {"type": "array", "items": label, "maxItems": len(keys)}}
    elif task.kind is TaskKind.SPANS:
        passage = {
            "quote": {"type": "string", "minLength": 1},
            "label": label,
            "occurrence": {"type": "integer", "minimum": 1},
        }
        found = {"spans": {"type": "array", "items": _object(passage)}}
    else:
        found = {"fields": _object({one.key: _field_schema(one) for one in task.fields})}
    if reason:
        found["reason"] = {"type": "string", "maxLength": 300}
    if score:
        found["confidence"] = {"type": "integer", "minimum": 0, "maximum": 100}
    return _object(found)


def written(task: Task, value: Value, text: str) -> str:
    """An answer as a teacher is to write it, for examples."""
    found: Any
    if task.kind is TaskKind.SINGLE:
        found = {"label": value.labels[0] if value.labels else ""}
    elif task.kind is TaskKind.MULTI:
        found = {"labels": value.labels}
    elif task.kind is TaskKind.SPANS:
        found = {"spans": [_quoted(text, one.start, one.end, one.label) for one in value.spans]}
    else:
        said: dict[str, list[str]] = {}
        for name, held in value.fields:
            said.setdefault(name, []).append(held)
        found = {
            "fields": {one.key: _field_example(one, said.get(one.key, [])) for one in task.fields}
        }
    return json.dumps(found, ensure_ascii=False)


def _quoted(text: str, start: int, end: int, label: str) -> dict[str, Any]:
    quote, count, at = text[start:end], 1, text.find(text[start:end])
    while -1 < at < start:
        count, at = count + 1, text.find(quote, at + 1)
    return {"quote": quote, "label": label, "occurrence": count}


def _field_example(one: Field, said: Sequence[str]) -> Any:
    plain = [held == "yes" if one.type is FieldType.FLAG else held for held in said]
    if one.many:
        return plain
    return plain[0] if plain else None


def _field_schema(one: Field) -> dict[str, Any]:
    """The schema of one field; a document need not have it."""
    types = {
        FieldType.TEXT: ["string"],
        FieldType.NUMBER: ["number", "string"],
        FieldType.DATE: ["string"],
        FieldType.CHOICE: ["string"],
        FieldType.FLAG: ["boolean"],
    }[one.type]
    if one.many:
        held: dict[str, Any] = {"type": types if len(types) > 1 else types[0]}
        if one.type is FieldType.CHOICE:
            held["enum"] = list(one.choices)
        return {"type": "array", "items": held}
    if one.type is FieldType.CHOICE:
        return {"enum": [*one.choices, None]}
    return {"type": [*types, "null"]}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _listed(task: Task) -> str:
    """The labels or fields, one a line: key, name where it says more, what it means."""
    lines = []
    for one in task.labels or task.fields:
        name = "" if one.name.casefold() == one.key.casefold() else f" ({one.name})"
        about = f": {one.about}" if one.about else ""
        choices = f" [{' | '.join(one.choices)}]" if isinstance(one, Field) and one.choices else ""
        lines.append(f"- {one.key}{name}{choices}{about}")
    return "\n".join(lines)


def _example(task: Task, wish: Wish, *, asks_score: bool) -> str:
    """The form of an answer, written out."""
    found: dict[str, Any]
    if task.kind is TaskKind.SINGLE:
        found = {"label": "…"}
    elif task.kind is TaskKind.MULTI:
        found = {"labels": ["…"]}
    elif task.kind is TaskKind.SPANS:
        found = {"spans": [{"quote": "…", "label": "…", "occurrence": 1}]}
    else:
        found = {"fields": {one.key: ["…"] if one.many else "…" for one in task.fields}}
    if wish.reason:
        found["reason"] = "…"
    if asks_score:
        found["confidence"] = 90
    return json.dumps(found, ensure_ascii=False)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
