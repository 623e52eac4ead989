# SPDX-License-Identifier: EUPL-1.2
"""Prompts that could become tasks: what each costs, what its answers look like; and the task made of one.

Whoever asks is a person, for their own keys, or an administrator, for services'. Of a prompt they see what
stays the same and its answers' values, never a text: texts are seen by who works on the task.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.answer_shapes import Shape, as_task_says, shape_of
from hausgeist.core.asked import TrainingTerms
from hausgeist.core.items import TEXT_MOST, Item, fingerprint
from hausgeist.core.labels import DataClass
from hausgeist.core.tasks import METRICS, Field, FieldType, Label, Partition, Task, TaskKind
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.gateway import Gateway
from hausgeist.identity.tokens import new_id
from hausgeist.sealing import SealBroken
from hausgeist.store import items, suggestions, tasks, traffic
from hausgeist.store.db import Store
from hausgeist.store.suggestions import Suggestion
from hausgeist.store.traffic import TemplateRow
from hausgeist.workbench.asking import training_terms
from hausgeist.workbench.labelling import keys_for
from hausgeist.workbench.reading_answers import read
from hausgeist.workbench.tasks import Tasks
from hausgeist.workbench.traffic import Prompt, Traffic

LOOKED_AT = 300
"""Samples of a prompt that a list looks at."""
LISTED_MOST = 40
MONTH_MS = 30 * 86_400_000
DAY_MS = 86_400_000
CHOICES_MOST = 12
_RANDOM = SystemRandom()
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}\.\d{1,2}\.\d{4}")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A prompt as its owner sees it. Costs and energy are a month's at the pace so far; None: unknown.

    ``partly``: the price of some of its calls is unknown. ``different``: answers among the ``samples``.
    """

    id: str
    key_name: str
    model: str
    prompt: Prompt
    shape: Shape
    different: int
    calls: int
    samples: int
    since: int
    last: int
    micro_eur: int | None
    partly: bool
    energy_mwh: int | None
    data_class: DataClass
    terms: TrainingTerms
    task_id: str | None


@dataclass(frozen=True, slots=True)
class Made:
    """The task that was made; how many texts it has, and how many with the model's answer."""

    task: Task
    texts: int
    suggested: int


class Candidates:
    """Lists prompts and makes tasks of them. ``owner`` is a person's id; None: of the services' keys."""

    def __init__(  # noqa: PLR0917  the parts it stands on
        self,
        store: Store,
        trail: Trail,
        traffic_of: Traffic,
        tasks_of: Tasks,
        gateway: Gateway | None,
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._trail = trail
        self._traffic = traffic_of
        self._tasks = tasks_of
        self._gateway = gateway
        self._now_ms = now_ms

    async def listed(self, owner: str | None) -> list[Candidate]:
        """The prompts of somebody's keys: what could be a task first, by what it would save a month."""

        def look(connection: Any) -> list[Candidate]:
            found = traffic.owned(connection, owner)[:LISTED_MOST]
            return [one for row, key in found if (one := self._candidate(connection, row, key))]

        return sorted(await self._store.read(look), key=_order)

    async def keys(self, owner: str | None) -> list[tuple[str, int]]:
        """Names of the keys whose owner agreed, with since when (milliseconds)."""
        return await self._store.read(lambda connection: traffic.keys_agreed(connection, owner))

    async def one(self, owner: str | None, template_id: str) -> Candidate:
        """One prompt.

        Raises:
            NotFound: there is none, or it is of a key of somebody else.
        """

        def look(connection: Any) -> Candidate | None:
            found = traffic.owned(connection, owner, template_id)
            return self._candidate(connection, *found[0]) if found else None

        candidate = await self._store.read(look)
        if candidate is None:
            raise NotFound
        return candidate

    async def make(self, owner: str | None, template_id: str, title: str, by: str) -> Made:
        """Make a task of a prompt, owned by who asks: labels and suggestions from the model's answers.

        Where the provider's terms forbid to train with its answers, the texts come without them.

        Raises:
            NotFound: there is no such prompt.
            InvalidField: its answers are no task's, or the title is missing.
        """
        row, prompt, pairs, shape = await self._read(owner, template_id)
        if shape.kind is None:
            raise InvalidField(
                field="template", reason=N_("its answers are no task's answers"), param="template"
            )
        title = title.strip()
        fresh = Task(
            id="",
            name=await self._tasks.free_name(title),
            title=title,
            kind=shape.kind,
            metric=METRICS[shape.kind][0],
            data_class=row.data_class,
            teacher=row.model,
        )
        keys: Mapping[str, str]
        if shape.kind is TaskKind.RECORD:
            keys = keys_for(shape.fields)
            fresh = replace(fresh, fields=_fields(shape, keys, pairs))
        else:
            spelt: dict[
                str, str
            ] = {}  # labels that differ by case only are one: the usual spelling
            for value, _ in shape.values:
                spelt.setdefault(value.casefold(), value)
            names = list(spelt.values())
            keys = keys_for(names)
            fresh = replace(fresh, labels=tuple(Label(keys[name], name) for name in names))
        task = await self._tasks.create(fresh, by)
        terms = self._terms(row)
        version = self._traffic.vault.answer_hash(f"{row.id} {row.kin}")[:32]
        now = self._now_ms()
        texts = [(_item(task, text, now), answer) for text, answer in pairs if _usable(text)]
        said = {} if terms == "no" else _said(task, texts, keys, _Maker(row, version, terms, now))
        counted: list[int] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            counted.clear()
            fresh_items = [replace(item, seq=at) for at, (item, _) in enumerate(texts, 1)]
            kept = items.add_many(connection, fresh_items)
            done = suggestions.put(connection, [said[one] for one in kept if one in said])
            body = self._traffic.vault.sealed_prompt(prompt, f"task {task.id}")
            traffic.remember(connection, task.id, body, now)
            traffic.change(connection, row.id, task_id=task.id)
            tasks.put(connection, replace(task, updated_at=now))
            counted.extend((len(kept), done))
            return {"items": len(kept), "suggestions": done, "service": owner is None}

        await self._trail.change("task.from_traffic", keep, actor=by, subject=task.id)
        return Made(task, *counted)

    # -- beneath ----------------------------------------------------------------------------------

    async def _read(
        self, owner: str | None, template_id: str
    ) -> tuple[TemplateRow, Prompt, list[tuple[str, str]], Shape]:
        """A prompt with all its samples as (text, answer), and their shape."""

        def look(connection: Any) -> tuple[TemplateRow, Prompt, list[tuple[str, str]]] | None:
            found = traffic.owned(connection, owner, template_id)
            if not found:
                return None
            row = found[0][0]
            prompt = self._opened(row)
            if prompt is None:
                return None
            return row, prompt, self._pairs(connection, row, prompt, self._traffic.samples_most)

        held = await self._store.read(look)
        if held is None:
            raise NotFound
        return *held, shape_of(held[2])

    def _opened(self, row: TemplateRow) -> Prompt | None:
        """The prompt of a row; None where another secret sealed it."""
        with suppress(SealBroken):
            return self._traffic.vault.prompt(row.body, row.id)
        return None

    def _pairs(
        self, connection: Any, row: TemplateRow, prompt: Prompt, most: int
    ) -> list[tuple[str, str]]:
        vault, frame = self._traffic.vault, prompt.frame
        found = []
        for one in traffic.samples(connection, row.id, most):
            with suppress(SealBroken):
                said = vault.text(one.text, one.id)
                text = frame.gap(said) if frame.holds(said) else said.strip()
                found.append((text, vault.text(one.answer, one.id + " answer")))
        return found

    def _candidate(self, connection: Any, row: TemplateRow, key_name: str) -> Candidate | None:
        prompt = self._opened(row)
        if prompt is None or (prompt.whole and row.calls == 1):
            return None  # a call that came once is no prompt that comes again
        shape = Shape(None, "few", seen=row.samples)
        if not prompt.whole:
            shape = shape_of(self._pairs(connection, row, prompt, LOOKED_AT))
        elif row.calls > 1:
            shape = Shape(None, "same", seen=row.samples)
        pace = MONTH_MS / max(DAY_MS, self._now_ms() - row.first_at)
        return Candidate(
            id=row.id,
            key_name=key_name,
            model=row.model,
            prompt=prompt,
            shape=shape,
            different=traffic.different(connection, row.id),
            calls=row.calls,
            samples=row.samples,
            since=row.first_at,
            last=row.last_at,
            micro_eur=None if row.unpriced == row.calls else round(row.micro_eur * pace),
            partly=0 < row.unpriced < row.calls,
            energy_mwh=None if row.unmetered == row.calls else round(row.energy_mwh * pace),
            data_class=row.data_class,
            terms=self._terms(row),
            task_id=row.task_id,
        )

    def _terms(self, row: TemplateRow) -> TrainingTerms:
        """Whether the answers may train a model, by the terms of who gave them last."""
        cards = () if self._gateway is None else self._gateway.directory.cards()
        meant = (one for one in cards if (one.id, one.provider) == (row.answered_by, row.provider))
        card = next(meant, None)
        return "unknown" if card is None else training_terms(card)


def _order(one: Candidate) -> tuple[bool, int, int, str]:
    return one.shape.kind is None, -(one.micro_eur or 0), -one.calls, one.id


def _usable(text: str) -> bool:
    return bool(text) and len(text) <= TEXT_MOST and "\x00" not in text


def _item(task: Task, text: str, now: int) -> Item:
    return Item(
        id=new_id(),
        task_id=task.id,
        seq=0,
        text=text,
        text_hash=fingerprint(text),
        source="traffic",
        rank=_RANDOM.random(),
        partition=Partition.POOL,
        created_at=now,
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    """Who made the suggestions, and under which version."""

    row: TemplateRow
    version: str
    terms: TrainingTerms
    at: int


def _said(
    task: Task, texts: Sequence[tuple[Item, str]], keys: Mapping[str, str], by: _Maker
) -> dict[str, Suggestion]:
    """The model's answers as suggestions, by item; what cannot be read as an answer is left out."""
    found = {}
    for item, answer in texts:
        plain = as_task_says(task.kind, item.text, answer)
        if plain is not None and task.kind is TaskKind.RECORD:
            held = json.loads(plain)["fields"]
            known = {keys[name]: one for name, one in held.items() if name in keys}
            plain = json.dumps({"fields": known}, ensure_ascii=False)
        value = None if plain is None else read(task, item.text, plain).value
        if value is None:
            continue
        found[item.id] = Suggestion(
            id=new_id(),
            task_id=task.id,
            item_id=item.id,
            job="",
            producer="import",
            model=by.row.answered_by,
            version=by.version,
            state="ok",
            value=value,
            terms=by.terms,
            at=by.at,
        )
    return found


def _fields(
    shape: Shape, keys: Mapping[str, str], pairs: Sequence[tuple[str, str]]
) -> tuple[Field, ...]:
    """The fields of a record, each with the type that its values have."""
    held: dict[str, list[Any]] = {name: [] for name in shape.fields}
    many: set[str] = set()
    for text, answer in pairs:
        plain = as_task_says(TaskKind.RECORD, text, answer)
        if plain is None:
            continue
        for name, one in json.loads(plain)["fields"].items():
            if name in held:
                many |= {name} if isinstance(one, list) else set()
                held[name] += one if isinstance(one, list) else [one]
    return tuple(
        _field(keys[name], name, [one for one in held[name] if one is not None], name in many)
        for name in shape.fields
    )


def _field(key: str, name: str, said: Sequence[Any], many: bool) -> Field:  # noqa: FBT001  one of four facts
    words = [json.dumps(one) if isinstance(one, bool) else str(one) for one in said]
    values = sorted(set(words))
    kind, choices = FieldType.TEXT, ()
    if said and all(isinstance(one, bool) for one in said):
        kind = FieldType.FLAG
    elif words and all(_NUMBER.fullmatch(one) for one in words):
        kind = FieldType.NUMBER
    elif words and all(_DATE.fullmatch(one) for one in words):
        kind = FieldType.DATE
    elif 1 < len(values) <= min(CHOICES_MOST, len(words) // 8):
        return Field(key, name, FieldType.CHOICE, choices=tuple(values), many=many)
    return Field(key, name, kind, choices=choices, many=many)
