# SPDX-License-Identifier: EUPL-1.2
"""A teacher and an annotator that need neither a model nor a person: truths go in, what they say comes out.

The teacher is a provider, so that it is asked through the gateway like any other, and an asker, for what
needs no gateway. The annotator answers through the same door as people. Both are deterministic; both err
in the ways of ``testing.mistakes``.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.answers import Value
from hausgeist.core.asked import Asked
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Finished
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard, Price
from hausgeist.core.tasks import Mode, Task, TaskKind
from hausgeist.core.terms import Terms
from hausgeist.errors import Unsupported
from hausgeist.gateway.providers import Embeddings
from hausgeist.store.tasks import Member
from hausgeist.testing.mistakes import Mistakes, draw
from hausgeist.workbench.queue import WorkItem
from hausgeist.workbench.review import Said
from hausgeist.workbench.teacher import written

ACCURACIES = (0.75, 0.85, 0.92)
"""How good a simulated teacher can be asked to be: a small model, a middling one, a large one."""
PRICE = Price(0.4, 1.6, as_of="2026-01-01", source="simulated")
CHARS_PER_TOKEN = 3
PROSE = (
    "Das lässt sich nicht so einfach sagen. Es kommt darauf an, wie man den Text versteht.",
    "As a language model I would want to know more before I decide.",
    "Gerne! Hier ist meine Einschätzung: Der Text berührt mehrere Themen.",
)

_ITEM = re.compile(r"<text>\n(.*)\n</text>", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class SimulatedTeacher:
    """Knows the truths of a task by their texts, and says of each what ``mistakes`` makes of it.

    ``unparsed``: of the answers, that are prose without an answer; asked again, half of them are readable.
    ``seconds``: how long an answer takes. ``failing`` is raised instead of the next answer, once.
    """

    task: Task
    truths: Mapping[str, Value]
    accuracy: float = 0.85
    unparsed: float = 0.015
    seconds: float = 0.0
    price: Price | None = PRICE
    seed: str = "teacher"
    name: str = "simulated"
    model: str = "simulated-teacher"
    pairs: Mapping[str, str] = field(default_factory=dict)
    failing: Exception | None = None
    asked: list[str] = field(default_factory=list)
    """The texts it was asked about, in order, every time."""
    _mistakes: Mistakes | None = None

    @classmethod
    def of(cls, task: Task, truths: Sequence[tuple[str, Value]], **more: Any) -> "SimulatedTeacher":
        """A teacher that knows these texts."""
        return cls(task=task, truths=dict(truths), **more)

    def says(self, text: str) -> Value:
        """What it thinks of a text; of one that it does not know, the first label that comes to mind."""
        if self._mistakes is None:
            self._mistakes = Mistakes.of(
                self.task, self.truths, self.accuracy, seed=self.seed, pairs=self.pairs
            )
        truth = self.truths.get(text)
        if truth is None and self.task.kind is TaskKind.SINGLE:
            labels = self.task.labels
            return Value.of_labels([labels[int(draw(self.seed, text) * len(labels))].key])
        return Value() if truth is None else self._mistakes.said(text, truth)

    def writes(self, text: str, schema: str = "", *, again: bool = False) -> str:
        """Its answer as a model writes it: JSON, or now and then prose."""
        prose = draw(self.seed, "prose", text) < self.unparsed
        if prose and not (again and draw(self.seed, "again", text) < 0.5):
            return PROSE[int(draw(self.seed, "which", text) * len(PROSE))]
        said = self.says(text)
        found = json.loads(written(self.task, said, text))
        if '"reason"' in schema:
            found["reason"] = "Die Wörter des Textes sprechen dafür."
        if '"confidence"' in schema:
            found["confidence"] = self._confidence(text, right=said == self.truths.get(text))
        return json.dumps(found, ensure_ascii=False)

    def _confidence(self, text: str, *, right: bool) -> int:
        """Too sure of itself: wrong answers are hardly less sure than right ones."""
        return round((99 if right else 94) - 30 * draw(self.seed, "sure", text) ** 2)

    # -- as a provider ----------------------------------------------------------------------------

    async def stream(self, call: Call, card: ModelCard) -> AsyncIterator[Burst]:
        """Answer a call; see ``Provider.stream``."""
        del card
        text, again = asked_about(call)
        self.asked.append(text)
        if self.failing is not None:
            error, self.failing = self.failing, None
            raise error
        await asyncio.sleep(self.seconds)
        answer = self.writes(text, _schema_of(call), again=again)
        yield [Delta(answer), Finished("stop", self._usage(call, answer))]

    async def embed(self, texts: Sequence[str], card: ModelCard) -> Embeddings:
        """A teacher makes no vectors."""
        del texts
        raise Unsupported(what=f"Embedding with {card.id}", param="model")

    async def describe(self) -> list[ModelCard]:
        """Its one model."""
        return [self.card()]

    def card(
        self,
        *,
        zone: Zone = Zone.HOUSE,
        cleared_for: DataClass = DataClass.INTERNAL,
        outputs_may_train: bool | None = True,
    ) -> ModelCard:
        """The card of its model; any zone, so that the border's rules can be tested with it."""
        return ModelCard(
            id=self.model,
            provider=self.name,
            upstream=self.model,
            zone=zone,
            cleared_for=cleared_for,
            price=self.price,
            terms=Terms(contract_since="2026-01-01", outputs_may_train=outputs_may_train),
            capabilities=frozenset({Capability.COMPLETION, Capability.JSON_SCHEMA}),
        )

    # -- as an asker ------------------------------------------------------------------------------

    async def ask(self, call: Call) -> Asked:
        """Answer a call without a gateway; see ``workbench.asking.Asker``."""
        events = [event async for burst in self.stream(call, self.card()) for event in burst]
        answer = "".join(event.text for event in events if isinstance(event, Delta))
        usage = self._usage(call, answer)
        return Asked(
            text=answer,
            usage=usage,
            micro_eur=cost_micro_eur(usage, self.price),
            ms=round(self.seconds * 1000),
            model=self.model,
            call_id=call.id,
            policy="simulated",
            terms="yes",
        )

    def _usage(self, call: Call, answer: str) -> Usage:
        words = sum(len(message.text) for message in call.messages)
        return Usage(
            input_tokens=words // CHARS_PER_TOKEN + 1,
            output_tokens=len(answer) // CHARS_PER_TOKEN + 1,
        )


def asked_about(call: Call) -> tuple[str, bool]:
    """The item's text that a call asks about, and whether it asks a second time."""
    last = len(call.messages) - 1
    for place in range(last, -1, -1):
        found = _ITEM.search(call.messages[place].text)
        if found is not None and call.messages[place].role == "user":
            return found[1], place < last
    return call.messages[last].text, False


def _schema_of(call: Call) -> str:
    return call.format.schema or "" if call.format is not None else ""


class Door(Protocol):
    """Where people's answers go: ``bench.review``."""

    async def record(self, task: Task, member: Member, item_id: str, said: Said) -> str:
        """Keep what a member says of an item; gives the answer's id."""
        ...


@dataclass(slots=True, kw_only=True)
class SimulatedAnnotator:
    """Answers items like somebody who errs now and then, and who gives in to suggestions.

    ``accuracy``: of the answers that nothing influenced. ``anchoring``: of the suggestions that differ from
    the own answer, that are taken over all the same, right or wrong. ``seconds``: for an answer, in the mean;
    only told, never waited for.
    """

    door: Door
    task: Task
    member: Member
    truths: Mapping[str, Value]
    accuracy: float = 0.96
    anchoring: float = 0.3
    seconds: float = 8.0
    seed: str = "annotator"
    spent_ms: int = 0
    """Of its working time so far, in milliseconds."""
    answered: int = 0
    _mistakes: Mistakes | None = None

    def thinks(self, text: str) -> Value:
        """What it would say of a text alone."""
        if self._mistakes is None:
            self._mistakes = Mistakes.of(
                self.task, self.truths, self.accuracy, seed=f"{self.seed}{self.member.id}"
            )
        truth = self.truths.get(text)
        return Value() if truth is None else self._mistakes.said(text, truth)

    def said(self, item: WorkItem) -> Said:
        """What it says of an item as it is shown."""
        text, mode = item.item.text, item.mode
        own = self.thinks(text)
        ms = round(self.seconds * 500 * (1 + 2 * draw(self.seed, "time", text)))
        said = Said(value=own, mode=mode, ms=ms, drawn=item.drawn)
        shown = item.shown
        if mode is Mode.BLIND or item.suggestion is None or shown is None:
            return said
        gives_in = shown != own and draw(self.seed, "anchor", text) < self.anchoring
        return replace(
            said,
            value=shown if gives_in else own,
            first=own if mode is Mode.OWN_FIRST else None,
            shown=item.suggestion.id,
            planted=item.planted,
        )

    async def answer(self, item: WorkItem) -> str:
        """Answer an item; gives the answer's id."""
        said = self.said(item)
        made = await self.door.record(self.task, self.member, item.item.id, said)
        self.spent_ms += said.ms
        self.answered += 1
        return made
