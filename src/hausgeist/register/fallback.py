# SPDX-License-Identifier: EUPL-1.2
"""Texts go to a task by its name; each is answered by the first who is sure: rule, student, teacher, people.

Every hop is a call of its own through the gateway, in the caller's name: the border decides on it, and what
it refuses is no reason to fail, but to ask the next. What a teacher costs is booked to the caller, or to the
task's owner where the chain says so; what is asked beside is the owner's in any case. A budget that is spent
ends the asking of teachers. What nobody answers waits for a person, on top of the queue.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any

from hausgeist.core.answers import Guess, Value
from hausgeist.core.calls import Call
from hausgeist.core.events import Started
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.people import Principal
from hausgeist.core.service import OWNER
from hausgeist.core.tasks import Task
from hausgeist.errors import BudgetExhausted, HausgeistError, NotFound, Unavailable
from hausgeist.gateway import Gateway
from hausgeist.identity.tokens import new_id
from hausgeist.register.human_queue import BUDGET, NOBODY, HumanQueue, class_of
from hausgeist.register.serving import TEXTS, Placed, Post, Serving, by_of
from hausgeist.store import datasets, deployments, items, suggestions
from hausgeist.store.db import Store
from hausgeist.store.deployments import AUDIT, Served
from hausgeist.workbench.asking import GatewayAsker
from hausgeist.workbench.reading_answers import probability, read
from hausgeist.workbench.teacher import Prompt, Wish, make

log = logging.getLogger("hausgeist.register")

AT_ONCE = 8
"""Texts of one request that teachers are asked about at once."""
PROMPT_MS = 60_000
"""How long a teacher's prompt is remembered."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a text. ``value`` of None: a person is to answer; ``ticket`` asks for it again.

    ``guess`` is what the student thought where it was not sure. ``model`` is who answered. ``why``: nobody
    answers, and nobody will: full, delicate, nobody, budget.
    """

    value: Value | None
    by: str
    score: float | None
    model: str
    version: int
    guess: Guess | None = None
    ticket: str = ""
    why: str = ""


@dataclass(slots=True)
class _Request:
    """One request on its way through the chain. ``spent``: teachers that a budget no longer pays for."""

    post: Post
    call: Call
    rows: list[Served] = field(default_factory=list)
    spent: set[str] = field(default_factory=set)


class Fallback:
    """Asks the chain of a task. ``secret`` binds tickets to who got them."""

    def __init__(
        self,
        serving: Serving,
        store: Store,
        gateway: Gateway,
        secret: bytes,
        now_ms: Callable[[], int],
    ) -> None:
        self.serving = serving
        self._store = store
        self._gateway = gateway
        self._key = hmac.digest(secret, b"tickets of tasks", "sha256")
        self._now_ms = now_ms
        self._behind: set[asyncio.Task[None]] = set()
        self._prompts: dict[tuple[str, str], tuple[int, Prompt]] = {}
        self._people = HumanQueue(store, gateway, self._key, now_ms)
        serving.on_answered = self.answered

    def post(self, name: str, who: Principal) -> Post:
        """The task in service under a name.

        Raises:
            NotFound: there is none, or it is not for this caller.
        """
        post = self.serving.posts.get(f"task/{name}")
        if post is None:
            raise NotFound
        try:
            self._gateway.directory.candidates(post.model, who)
        except HausgeistError as error:
            raise NotFound from error
        return post

    async def ask(
        self,
        post: Post,
        who: Principal,
        texts: Sequence[str],
        *,
        call_id: str,
        declared: DataClass | None,
        agreed: Callable[[Call], Call] = lambda call: call,
    ) -> list[Told]:
        """Have texts answered, in their order.

        Raises:
            HausgeistError: the caller may not, or has no budget left.
        """
        call = agreed(
            Call(
                id=call_id,
                principal=who,
                purpose=Purpose.API,
                model=post.model,
                messages=tuple(text_message("user", one) for one in texts),
                declared=declared,
                stream=False,
                extra=((TEXTS, len(texts)),),
            )
        )
        try:
            events = await self._gateway.whole(call)
        except Unavailable as error:
            log.warning("a student does not answer: %s", error.code)
            found: tuple[tuple[str, Guess | None], ...] = (("", None),) * len(texts)
        else:
            started = events[0]
            judged = started.judged if isinstance(started, Started) else None
            found = judged.guesses if judged is not None else (("", None),) * len(texts)
        gate = asyncio.Semaphore(AT_ONCE)
        request = _Request(post, call)

        async def one(text: str, place: tuple[str, Guess | None]) -> Told:
            made, guess = place
            placed = post.placed(made) or post.newest
            deployment = placed.deployment
            if guess is not None and guess.score >= deployment.threshold:
                by = by_of(guess)
                row = self.serving.row(post, deployment, by, guess, text)
                request.rows.append(row)
                self._beside(post, placed, call, text, guess, row)
                return Told(guess.value, by, guess.score, post.model, placed.student.number)
            async with gate:
                return await self._left(request, placed, text, guess)

        asked = [asyncio.ensure_future(one(*both)) for both in zip(texts, found, strict=True)]
        try:
            told = await asyncio.gather(*asked)
        finally:
            for each in asked:
                each.cancel()  # where one text could not be dealt with, nobody is asked for the others
            if request.rows:
                self._store.write_later(deployments.record, request.rows)
        return list(told)

    async def waiting(self, post: Post, who: Principal, ticket: str) -> Told:
        """What a person has said meanwhile of a text that waited.

        Raises:
            NotFound: the ticket is nobody's, or another's.
        """
        served_id, _, mark = ticket.partition(".")
        if not hmac.compare_digest(mark, self._mark(served_id, who)):
            raise NotFound
        task = post.task

        def look(connection: Any) -> tuple[Served | None, Value | None]:
            found = deployments.one_served(connection, task.id, served_id)
            if found is None or found.item_id is None:
                return found, None
            return found, datasets.resolved_one(connection, task, found.item_id)

        found, value = await self._store.read(look)
        if found is None:
            raise NotFound
        version = post.newest.student.number
        if value is None:
            return Told(None, "queue", None, "", version, None, ticket)
        return Told(value, "person", None, "", version)

    def answered(self, post: Post, call: Call, text: str, guess: Guess) -> None:
        """A student has answered in a model's place: shadow and audit as for any other."""
        self._beside(post, post.newest, call, text, guess, None)

    async def close(self) -> None:
        """Let go of what is asked beside."""
        for one in tuple(self._behind):
            one.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)

    # -- after the student ------------------------------------------------------------------------

    async def _left(
        self, request: _Request, placed: Placed, text: str, guess: Guess | None
    ) -> Told:
        """Ask the teachers, then people."""
        post, call, made = request.post, request.call, placed.deployment
        version = post.newest.student.number
        for model in made.chain.teachers:
            told = await self._asked(request, placed, model, text)
            if told is not None:
                value, score = told
                kept = self.serving.row(post, made, "teacher", guess, text)
                request.rows.append(replace(kept, value=value))
                if made.chain.queue:
                    self._later(self._people.learn(post.task, call, text))
                return Told(value, "teacher", score, model, version, guess)
        if not made.chain.queue:
            return Told(None, "", None, "", version, guess, why=BUDGET if request.spent else NOBODY)
        put = await self._people.ask(post.task, call, text)
        if put.why:
            return Told(None, "", None, "", version, guess, why=put.why)
        row = replace(self.serving.row(post, made, "queue", guess, text), item_id=put.item_id)
        await self._store.write(lambda connection: deployments.record(connection, [[row]]))
        ticket = f"{row.id}.{self._mark(row.id, call.principal)}"
        return Told(None, "queue", None, "", version, guess, ticket)

    async def _asked(
        self, request: _Request, placed: Placed, model: str, text: str
    ) -> tuple[Value, float | None] | None:
        """What a teacher says, as long as it is paid for: by the caller, or by the owner for so many."""
        if model in request.spent:
            return None
        who = request.call.principal
        if placed.deployment.chain.payer == OWNER:
            pays = placed.owner is not None
            if not (pays and await self._people.may_be_taught(request.post.task, request.call)):
                request.spent.add(model)
                return None
            who = replace(who, payer=placed.owner)
        call = replace(request.call, principal=who)
        try:
            return await self._taught(request.post, model, call, text)
        except BudgetExhausted as error:
            log.info("a fallback is not paid for: %s", error.code)
            request.spent.add(model)
            return None

    async def _taught(
        self,
        post: Post,
        model: str,
        call: Call,
        text: str,
        purpose: Purpose = Purpose.API,
    ) -> tuple[Value, float | None] | None:
        """What a teacher says; None: the rules do not let it, it is not there, or it cannot be read.

        Raises:
            BudgetExhausted: whoever pays can no longer.
        """
        task = post.task
        prompt = await self._prompt(task, model)
        asked = prompt.call(
            task,
            text,
            call_id=f"{call.id}-{secrets.token_hex(4)}",
            principal=call.principal,
            purpose=purpose,
            data_class=class_of(task, call),
            consented=call.consented,
        )
        try:
            found = await GatewayAsker(self._gateway, self._now_ms).ask(asked)
        except BudgetExhausted:
            raise
        except HausgeistError as error:
            log.info("a fallback does not answer: %s", error.code)
            return None
        told = read(task, text, found.text, cut=found.cut)
        if told.value is None:
            return None
        score = probability(told.value, found.text, found.logprobs)
        return told.value, told.stated if score is None else score

    async def _prompt(self, task: Task, model: str) -> Prompt:
        """The prompt that the model was last asked with in this task, else the recipe's."""
        key, now = (task.id, model), self._now_ms()
        known = self._prompts.get(key)
        if known is None or now - known[0] > PROMPT_MS:
            found = await self._store.read(partial(_kept_prompt, task=task, model=model))
            self._prompts[key] = known = (now, found)
        return known[1]

    # -- beside it ----------------------------------------------------------------------------------

    def _beside(  # noqa: PLR0917  one answer and all that is known of it
        self,
        post: Post,
        placed: Placed,
        call: Call,
        text: str,
        guess: Guess,
        row: Served | None,
    ) -> None:
        """Have some of the answers looked at: by the teacher, and blind by people."""
        made = placed.deployment
        if made.chain.teachers and self.serving.chance() < made.shadow:
            row = row or self.serving.row(post, made, "student", guess, text)
            self._later(self._shadow(post, placed, call, text, guess, row))
        if not made.chain.queue:
            return
        drawn = self._people.draws(post.task.id, self.serving.chance())
        if drawn is not False:
            self._later(self._audit(post, placed, call, text, guess, needed=bool(drawn)))

    async def _audit(
        self, post: Post, placed: Placed, call: Call, text: str, guess: Guess, *, needed: bool
    ) -> None:
        item_id = await self._people.audit(post.task, call, text, needed=needed)
        if item_id is None:
            return
        made = placed.deployment
        row = replace(self.serving.row(post, made, AUDIT, guess, text), item_id=item_id)
        self._store.write_later(deployments.record, [row])

    async def _shadow(  # noqa: PLR0917  one answer and all that is known of it
        self,
        post: Post,
        placed: Placed,
        call: Call,
        text: str,
        guess: Guess,
        row: Served,
    ) -> None:
        """The caller has not asked for it: its owner pays, and people's calls go before it."""
        model = placed.deployment.chain.teachers[0]
        if placed.owner is None or not await self._people.may_be_taught(post.task, call, "shadow"):
            return
        call = replace(call, principal=replace(call.principal, payer=placed.owner))
        try:
            told = await self._taught(post, model, call, text, Purpose.EVALUATE)
        except BudgetExhausted as error:
            log.info("a shadow is not paid for: %s", error.code)
            return
        if told is not None:
            agrees = told[0] == guess.value
            kept = replace(row, id=new_id(), by=deployments.SHADOW, agrees=agrees)
            self._store.write_later(deployments.record, [kept])

    def _later(self, work: Coroutine[Any, Any, object]) -> None:
        async def go() -> None:
            await work

        task = asyncio.create_task(go())
        self._behind.add(task)
        task.add_done_callback(self._behind.discard)

    def _mark(self, served_id: str, who: Principal) -> str:
        return hmac.new(self._key, f"{served_id}\n{who.id}".encode(), sha256).hexdigest()[:32]


def _kept_prompt(connection: Any, task: Task, model: str) -> Prompt:
    for row in suggestions.prompts(connection, task.id):
        if row.model == model:
            found = items.several(connection, task.id, Prompt.items_of(row.body))
            kept = Prompt.of_body(row.body, {name: one.text for name, one in found.items()})
            if kept is not None:
                return kept
    return make(task, Wish(model=model))
