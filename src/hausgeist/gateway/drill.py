# SPDX-License-Identifier: EUPL-1.2
"""The drill: what if a provider, a zone or everything outside were gone tomorrow?

The ledger's calls are decided again by the gateway's own line-up (``drill_forecast``), and a supplied set of
questions is really asked, of the model of today and of the one that would answer (``drill_questions``):
through the gateway, booked as evaluation, and never across the border. Drills are kept in the database with
their progress; who is away comes back to them. Answers are kept with the drill until somebody deletes it.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import starmap
from typing import Any, Literal, TypeAlias

import msgspec

from hausgeist.audit import Trail
from hausgeist.core.absence import Absence
from hausgeist.core.calls import Call, Sampling
from hausgeist.core.events import Burst, Delta, Started
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.models import Capability
from hausgeist.core.months import month_of
from hausgeist.core.people import Principal
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, HausgeistError, InvalidField, NotFound
from hausgeist.gateway.drill_forecast import ROWS_MOST, Forecast, Ground, Replayed, forecast
from hausgeist.gateway.drill_questions import (
    ANSWER_KEPT,
    Answer,
    Asked,
    Question,
    compare,
    judge,
    marked,
)
from hausgeist.gateway.pipeline import Gateway
from hausgeist.ledger.crowd import FEWEST, OTHERS
from hausgeist.ledger.discretion import Payers
from hausgeist.store import budgets, what_if
from hausgeist.store import drills as rows
from hausgeist.store.db import Store

DAY_MS = 86_400_000
DAYS_MOST = 92
MODELS_MOST = 3
"""Models that a set of questions is asked for, where nobody chooses: those with the most calls."""
ANSWER_TOKENS = 600
QUESTION_SECONDS = 180.0
"""Patience with one answer; a model may have to be loaded first."""
SHOWN = 50
WRITE_MS = 1_000
"""Between two writes of a drill that goes on."""

State: TypeAlias = Literal["done", "running", "stopped", "interrupted"]
_log = logging.getLogger(__name__)


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """A drill as it is stored. ``touched`` is when it went on last, in milliseconds."""

    forecast: Forecast
    state: State = "done"
    done: int = 0
    total: int = 0
    touched: int = 0
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill. ``at`` is milliseconds."""

    id: str
    at: int
    body: Body

    @property
    def without(self) -> str:
        """What was gone: ``provider:NAME``, ``zone:eu``, ``zone:world`` or ``world``."""
        return self.body.forecast.without


class Drills:
    """The verbs; ``by`` is the id of who does it, for the trail. ``now_ms`` since the epoch."""

    def __init__(
        self, store: Store, trail: Trail, gateway: Gateway, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._trail = trail
        self._gateway = gateway
        self._now_ms = now_ms
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # -- the ledger's part -----------------------------------------------------------------------

    async def forecast(
        self, without: str, *, days: int = 7, calls: Sequence[Replayed] | None = None
    ) -> Forecast:
        """What would become of the calls of the last days that are over, or of these.

        Of today nothing: or a look before and after somebody's call would tell what became of it.

        Raises:
            InvalidField: nothing of this name can be gone, or the days are out of range.
        """
        self._checked(without)
        if not 1 <= days <= DAYS_MOST:
            raise InvalidField(field="days", reason=N_("this number is out of range"), param="days")
        now = self._now_ms()

        def read(connection: Any) -> Forecast:
            found: Iterable[Replayed] = calls or ()
            if calls is None:
                until = now // DAY_MS * DAY_MS
                stored = rows.calls_between(connection, until - days * DAY_MS, until, ROWS_MOST)
                found = starmap(_replayed, stored)
            return forecast(
                self._gateway,
                _ground(connection, now, days),
                found,
                word=without,
                days=days,
                now_ms=now,
                supplied=calls is not None,
            )

        return await self._store.read(read)

    def choices(self) -> list[str]:
        """What can be gone: everything outside, the zones and providers there are."""
        cards = self._gateway.directory.cards()
        zones = {card.zone for card in cards} - {Zone.HOUSE}
        providers = {card.provider for card in cards if card.can(Capability.COMPLETION)}
        found = [f"zone:{zone}" for zone in (Zone.EU, Zone.WORLD) if zone in zones]
        return [
            *(["world"] if zones else []),
            *found,
            *(f"provider:{one}" for one in sorted(providers)),
        ]

    def affected(self, without: str) -> list[str]:
        """The models whose first provider would be gone."""
        absence = self._checked(without)
        directory = self._gateway.directory
        firsts = {card.id: card for card in reversed(directory.cards())}
        return sorted(
            name
            for name, card in firsts.items()
            if absence.takes(card) and card.can(Capability.COMPLETION)
        )

    def _checked(self, without: str) -> Absence:
        try:
            absence = Absence.parse(without)
        except ValueError as error:
            raise InvalidField(
                field="without",
                reason=N_("use provider:NAME, zone:eu, zone:world or world"),
                param="without",
            ) from error
        if absence.provider and absence.provider not in self._gateway.directory.sources():
            raise InvalidField(
                field="without", reason=N_("there is no provider of this name"), param="without"
            )
        return absence

    # -- drills that are kept ----------------------------------------------------------------------

    async def begin(
        self,
        who: Principal,
        without: str,
        *,
        days: int = 7,
        questions: Sequence[Question] = (),
        models: Sequence[str] = (),
        calls: Sequence[Replayed] | None = None,
    ) -> str:
        """Keep a forecast, and start to ask the questions; gives the drill's id.

        ``models``: for whose calls the questions are asked; else for those that would be missed most.

        Raises:
            InvalidField: as ``forecast``; or there is no model to ask in place of.
        """
        found = await self.forecast(without, days=days, calls=calls)
        wanted = list(models) or self._missed(found)
        if questions and not wanted:
            raise InvalidField(
                field="questions", reason=N_("no model would be gone"), param="questions"
            )
        now, drill_id = self._now_ms(), secrets.token_hex(16)
        body = Body(
            forecast=found,
            state="running" if questions else "done",
            total=len(questions) * len(wanted) if questions else 0,
            touched=now,
        )

        def work(connection: Any) -> dict[str, Fact]:
            rows.add(connection, drill_id, now, without, _encoded(body))
            return {"after.without": without, "after.questions": body.total}

        await self._trail.change("drill.started", work, actor=who.id, subject=drill_id)
        if questions:
            work_on = self._ask_all(drill_id, body, who, list(questions), wanted)
            self._tasks[drill_id] = task = asyncio.create_task(work_on)
            task.add_done_callback(lambda _done: self._tasks.pop(drill_id, None))
        return drill_id

    async def newest(self) -> list[Drill]:
        """The last drills, the newest first."""
        return [self._drill(row) for row in await self._store.read(lambda c: rows.newest(c, SHOWN))]

    async def get(self, drill_id: str) -> Drill:
        """One drill.

        Raises:
            NotFound: there is none.
        """
        row = await self._store.read(lambda c: rows.get(c, drill_id))
        if row is None:
            raise NotFound
        return self._drill(row)

    async def wait(self, drill_id: str) -> Drill:
        """One drill, once this process asks nothing more for it."""
        if (task := self._tasks.get(drill_id)) is not None:
            await asyncio.wait([task])
        return await self.get(drill_id)

    async def stop(self, drill_id: str, *, by: str) -> None:
        """Ask nothing more; what was answered stays.

        Raises:
            NotFound: there is none that runs.
        """

        def work(connection: Any) -> dict[str, Fact]:
            before, body = _stored(connection, drill_id)
            if body.state != "running":
                raise NotFound
            stopped = msgspec.structs.replace(body, state="stopped", touched=self._now_ms())
            rows.save(connection, drill_id, before, _encoded(stopped))
            return {"before.state": "running", "after.state": "stopped"}

        await self._trail.change("drill.stopped", work, actor=by, subject=drill_id)
        if (task := self._tasks.get(drill_id)) is not None:
            task.cancel()

    async def mark(self, drill_id: str, sheet: str, *, by: str) -> None:
        """Read back what people chose on the blind sheet.

        Raises:
            NotFound: there is no such drill.
            InvalidField: it is no sheet of it.
        """

        def work(connection: Any) -> dict[str, Fact]:
            before, body = _stored(connection, drill_id)
            asked = tuple(marked(body.asked, sheet))
            rows.save(
                connection, drill_id, before, _encoded(msgspec.structs.replace(body, asked=asked))
            )
            return {"after.judged": sum(bool(one.choice) for one in asked)}

        await self._trail.change("drill.judged", work, actor=by, subject=drill_id)

    async def delete(self, drill_id: str, *, by: str) -> None:
        """Forget a drill with its answers.

        Raises:
            NotFound: there is none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            _, body = _stored(connection, drill_id)
            rows.remove(connection, drill_id)
            return {"before.without": body.forecast.without}

        await self._trail.change("drill.deleted", work, actor=by, subject=drill_id)
        if (task := self._tasks.get(drill_id)) is not None:
            task.cancel()

    async def close(self) -> None:
        """At shutdown: nothing more is asked."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- asking ----------------------------------------------------------------------------------

    def _missed(self, found: Forecast) -> list[str]:
        """The models that calls would miss, the most missed first; without calls, all that would be gone."""
        counted: dict[str, int] = {}
        for line in found.lines:
            if line.fate in {"moved", "refused"}:
                counted[line.model] = counted.get(line.model, 0) + line.calls
        able = set(self.affected(found.without))
        missed = [name for name in sorted(counted, key=lambda name: -counted[name]) if name in able]
        return (missed or sorted(able))[:MODELS_MOST]

    async def _ask_all(
        self,
        drill_id: str,
        body: Body,
        who: Principal,
        questions: Sequence[Question],
        wanted: Sequence[str],
    ) -> None:
        """Ask, one after the other, and keep each pair of answers at once."""
        absence = Absence.parse(body.forecast.without)
        known, wrote = _encoded(body), self._now_ms()
        try:
            for question in questions:
                for model in wanted:
                    today = await self._ask(who, model, question, None)
                    then = await self._ask(who, model, question, absence)
                    one = Asked(
                        wanted=model,
                        question=question,
                        today=today,
                        then=then,
                        swapped=bool(secrets.randbelow(2)),
                    )
                    last = body.done + 1 == body.total
                    body = msgspec.structs.replace(
                        body,
                        asked=(*body.asked, one),
                        done=body.done + 1,
                        state="done" if last else "running",
                        touched=self._now_ms(),
                    )
                    if not last and self._now_ms() - wrote < WRITE_MS:
                        continue
                    before, known, wrote = known, _encoded(body), self._now_ms()
                    save = partial(rows.save, drill_id=drill_id, before=before, body=known)
                    if not await self._store.write(save):
                        return  # stopped or deleted, perhaps by another server
        except (
            HausgeistError
        ) as error:  # the database is away; the page says that it was broken off
            _log.warning("a drill was broken off: %s", error.code)

    async def _ask(
        self, who: Principal, model: str, question: Question, without: Absence | None
    ) -> Answer:
        call = Call(
            id=secrets.token_hex(16),
            principal=who,
            purpose=Purpose.EVALUATE,
            model=model,
            messages=(text_message("user", question.question),),
            sampling=Sampling(max_tokens=ANSWER_TOKENS, temperature=0.0),
            declared=DataClass.parse(question.data_class),
            without=without,
            stream=False,
        )
        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                burst = await self._gateway.whole(call)
        except HausgeistError as error:
            return Answer(error=error.code)
        except TimeoutError:
            return Answer(error="upstream_timeout")
        return _answer(question, burst)

    def _drill(self, row: Any) -> Drill:
        body = _decoded(row["body"])
        silent = self._now_ms() - body.touched > 3 * QUESTION_SECONDS * 1000
        if body.state == "running" and row["id"] not in self._tasks and silent:
            body = msgspec.structs.replace(body, state="interrupted")
        return Drill(row["id"], row["at"], body)


def _answer(question: Question, burst: Burst) -> Answer:
    started = next(event for event in burst if isinstance(event, Started))
    text = "".join(event.text for event in burst if isinstance(event, Delta))
    return Answer(
        model=started.model,
        provider=started.provider,
        zone=started.zone,
        text=text[:ANSWER_KEPT],
        length=len(text),
        passed=judge(question, text),
    )


def read_calls(text: str) -> list[Replayed]:
    """Calls to replay, one a line of JSON: model, class, purpose, input_tokens, output_tokens, at ….

    Raises:
        InvalidField: a line is none.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=Replayed)
            DataClass.parse(row.data_class)
            Purpose(row.purpose)
        except (msgspec.DecodeError, KeyError, ValueError) as error:
            raise InvalidField(
                field="calls",
                reason=N_("line {number} is no call: {why}"),
                param="calls",
                number=number,
                why=str(error)[:200],
            ) from error
        found.append(row)
    return found


def report(drill: Drill) -> dict[str, Any]:
    """A drill as JSON takes it: what was found, on which rules, with the answers and what they count."""
    body = drill.body
    return {
        "id": drill.id,
        "state": body.state,
        "forecast": msgspec.to_builtins(body.forecast),
        "compared": msgspec.to_builtins(compare(body.asked)),
        "asked": msgspec.to_builtins(body.asked),
    }


def _replayed(*row: Any) -> Replayed:
    """A row of the ledger; of the groups of few, which are counted together, none is told."""
    (cell, at, group, centre, key, assistant, purpose, data_class, model, provider, zone) = row[:11]
    (given, made, cached, took, outcome) = row[11:]
    few = cell == OTHERS
    return Replayed(
        at=at,
        group="" if few else group,
        cost_centre=None if few else centre,
        service_key=key,
        assistant=assistant,
        purpose=purpose,
        data_class=data_class,
        model=model,
        provider=provider,
        zone=zone,
        input_tokens=given,
        output_tokens=made,
        cached_tokens=cached,
        duration_ms=took,
        outcome=outcome,
    )


def _ground(connection: Any, now_ms: int, days: int) -> Ground:
    since = now_ms // DAY_MS * DAY_MS - days * DAY_MS
    rules = budgets.rules(connection)
    months = budgets.months(connection, month_of(now_ms))
    limits = {row.scope: row.limit_micro_eur for row in months}
    limits |= {rule.scope: rule.limit_micro_eur for rule in rules}
    return Ground(
        people=sum(what_if.people_by_group(connection).values()),
        group_models=rows.models_of_groups(connection),
        assistants=frozenset(what_if.assistants_of(connection, FEWEST, since)),
        payers=Payers(*budgets.payers(connection)),
        limits=limits,
    )


def _stored(connection: Any, drill_id: str) -> tuple[str, Body]:
    row = rows.get(connection, drill_id)
    if row is None:
        raise NotFound
    return row["body"], _decoded(row["body"])


def _encoded(body: Body) -> str:
    return msgspec.json.encode(body).decode()


def _decoded(text: str) -> Body:
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(text, type=Body)
    empty = Forecast(without="", at=0, days=1, policy="")
    return Body(forecast=empty, state="interrupted")  # of another version
