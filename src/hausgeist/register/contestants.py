# SPDX-License-Identifier: EUPL-1.2
"""Who answers the same items: the student, its teacher, the rules, and the most frequent answer.

Texts go in, results come out, one a text. The teacher is asked with one frozen prompt at temperature 0, for
the purpose of evaluation, and again where its answer cannot be read, as when it suggests; an answer that then
still cannot be read is an error. A teacher that does not answer at all ends the work, which goes on later.
"""

import asyncio
import hashlib
import json
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Protocol

from hausgeist.core.answers import Guess, Value
from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.core.items import Item
from hausgeist.core.labels import Purpose
from hausgeist.core.people import Principal, Role
from hausgeist.core.rules import Rule
from hausgeist.core.tasks import Task, TaskKind
from hausgeist.errors import Unavailable
from hausgeist.jobs.work import Asker
from hausgeist.store.evaluations import MAJORITY, RULES, STUDENT, TEACHER, Result
from hausgeist.training.rules.ruleset import RuleSet
from hausgeist.workbench.reading_answers import probability, read
from hausgeist.workbench.suggesting import SHARPER, WAIT_MOST, WAITS
from hausgeist.workbench.teacher import Prompt

MODELS_AT_ONCE = 100
TEACHER_AT_ONCE = 8
"""Items between two times that results are kept."""
CALLS_AT_ONCE = 4


class Predicts(Protocol):
    """Whoever runs students: see ``training.process.Predictor``."""

    async def predict(self, folder: Path, texts: Sequence[str]) -> list[Guess]:
        """One guess a text."""
        ...

    async def close(self) -> None:
        """Let go of what it runs in."""
        ...


class Contestant(Protocol):
    """Somebody who answers. ``subject`` is the name in evaluations; ``at_once``: items between two keeps."""

    subject: str
    at_once: int

    async def answer(self, items: Sequence[Item]) -> list[Result]:
        """One result an item, in their order.

        Raises:
            HausgeistError: it does not answer at all now.
        """
        ...


@dataclass(slots=True)
class Student:
    """A trained student in its folder."""

    subject: str
    folder: Path
    predictor: Predicts
    at_once: int = MODELS_AT_ONCE

    @classmethod
    def of(cls, student_id: str, folder: Path, predictor: Predicts) -> "Student":
        """By its id."""
        return cls(f"{STUDENT}:{student_id}", folder, predictor)

    async def answer(self, items: Sequence[Item]) -> list[Result]:
        """See ``Contestant``."""
        texts = [one.text for one in items]
        await self.predictor.predict(self.folder, texts[:1])  # loading is no part of answering
        began = perf_counter()
        guesses = await self.predictor.predict(self.folder, texts)
        return _timed(items, guesses, perf_counter() - began)


@dataclass(slots=True)
class Rules:
    """A task's active rules, compiled at the first use."""

    subject: str
    task: Task
    rules: Sequence[Rule]
    at_once: int = MODELS_AT_ONCE
    _compiled: RuleSet | None = None

    @classmethod
    def of(cls, task: Task, rules: Sequence[Rule]) -> "Rules":
        """Named by what they are, not by when: equal rules are one subject."""
        lines = [(one.kind.value, one.pattern, one.label) for one in rules]
        written = json.dumps(lines, ensure_ascii=False).encode()
        return cls(f"{RULES}:{hashlib.sha256(written).hexdigest()[:16]}", task, rules)

    async def answer(self, items: Sequence[Item]) -> list[Result]:
        """See ``Contestant``."""
        began = perf_counter()
        guesses = await asyncio.to_thread(self._said, [one.text for one in items])
        return _timed(items, guesses, perf_counter() - began)

    def _said(self, texts: Sequence[str]) -> list[Guess]:
        if self._compiled is None:
            self._compiled = RuleSet.compile(self.rules, self.task.kind, self.task.fields)
        return self._compiled.predict(texts)


@dataclass(slots=True)
class Majority:
    """Whoever always gives the most frequent answer: the least that anything must beat."""

    value: Value
    subject: str = MAJORITY
    at_once: int = 1_000

    @classmethod
    def of(cls, kind: TaskKind, learnt: Iterable[tuple[Value, float]]) -> "Majority":
        """By what a student learnt from, with weights; of passages and records: nothing at all."""
        weights: defaultdict[str, float] = defaultdict(float)
        total = 0.0
        for value, weight in learnt:
            total += weight
            for key in value.labels:
                weights[key] += weight
        if kind is TaskKind.SINGLE and weights:
            best = min(weights, key=lambda key: (-weights[key], key))
            return cls(Value.of_labels([best]))
        if kind is TaskKind.MULTI:
            return cls(Value.of_labels(key for key in weights if weights[key] > total / 2))
        return cls(Value())

    async def answer(self, items: Sequence[Item]) -> list[Result]:
        """See ``Contestant``."""
        return [Result(one.id, self.value, ms=0.0, micro_eur=0) for one in items]


@dataclass(slots=True)
class Teacher:
    """A model with a frozen prompt. ``by`` is the person whose calls these are."""

    subject: str
    task: Task
    prompt: Prompt
    asker: Asker
    by: str
    consented: bool = False
    at_once: int = TEACHER_AT_ONCE

    @classmethod
    def of(
        cls, task: Task, version: str, prompt: Prompt, asker: Asker, by: str, *, consented: bool
    ) -> "Teacher":
        """By the version of its prompt."""
        return cls(f"{TEACHER}:{version}", task, prompt, asker, by, consented)

    async def answer(self, items: Sequence[Item]) -> list[Result]:
        """See ``Contestant``."""
        gate = asyncio.Semaphore(CALLS_AT_ONCE)

        async def one(item: Item) -> Result:
            async with gate:
                return await self._said(item)

        return list(await asyncio.gather(*map(one, items)))

    async def _said(self, item: Item) -> Result:
        found = Result(item.id, None, ms=0.0, micro_eur=0)
        unread: str | None = None
        for _ in range(1 + SHARPER):
            asked = await self._patiently(item.text, unread)
            told = read(self.task, item.text, asked.text, cut=asked.cut)
            known = found.micro_eur is not None and asked.micro_eur is not None
            cost = (found.micro_eur or 0) + (asked.micro_eur or 0) if known else None
            found = replace(found, ms=(found.ms or 0) + asked.ms, micro_eur=cost, code=told.code)
            if told.value is not None:
                score = probability(told.value, asked.text, asked.logprobs)
                stated = told.stated if score is None else score
                return replace(found, said=told.value, score=stated)
            unread = asked.text
        return found

    async def _patiently(self, text: str, unread: str | None) -> Asked:
        for wait in WAITS:
            try:
                return await self.asker.ask(self._call(text, unread))
            except Unavailable as error:
                told = error.retry_after
            await asyncio.sleep(min(WAIT_MOST, wait if told is None else told))
        return await self.asker.ask(self._call(text, unread))

    def _call(self, text: str, unread: str | None) -> Call:
        return self.prompt.call(
            self.task,
            text,
            call_id=secrets.token_hex(10),
            principal=Principal(id=self.by, name="", role=Role.MEMBER),
            purpose=Purpose.EVALUATE,
            unread=unread,
            consented=self.consented,
        )


async def run(
    contestant: Contestant,
    ids: Sequence[str],
    texts: Callable[[Sequence[str]], Awaitable[dict[str, Item]]],
    keep: Callable[[list[Result], bool], Awaitable[None]],
    done: Sequence[Result] = (),
) -> list[Result]:
    """Have the items answered that are not yet, some at a time; ``keep`` is told all results each time.

    An item that is gone has no answer; whoever asks sees that by its code.
    """
    known = {one.item: one for one in done}
    left = [one for one in ids if one not in known]
    for start in range(0, len(left), contestant.at_once):
        some = left[start : start + contestant.at_once]
        there = await texts(some)
        items = [there[one] for one in some if one in there]
        answered = await contestant.answer(items) if items else []
        known |= {one.item: one for one in answered}
        known |= {one: Result(one, None, code="gone") for one in some if one not in there}
        await keep([known[one] for one in ids if one in known], len(known) == len(ids))
    return [known[one] for one in ids]


def _timed(items: Sequence[Item], guesses: Sequence[Guess], seconds: float) -> list[Result]:
    each = round(seconds * 1000 / max(1, len(items)), 4)
    return [
        Result(item.id, guess.value, round(guess.score, 4), each)
        for item, guess in zip(items, guesses, strict=True)
    ]
