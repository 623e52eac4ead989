# SPDX-License-Identifier: EUPL-1.2
"""Texts go to a task by its name; each is answered by the first who is sure: rule, student, teacher, people.

Every hop is a call of its own through the gateway, in the caller's name: the border decides on it, and what
it refuses is no reason to fail, but to ask the next. What nobody answers waits for a person, on top of the
queue.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

from hausgeist.core.answers import Guess, Value
from hausgeist.core.calls import Call
from hausgeist.core.events import Started
from hausgeist.core.items import Item
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import text_message
from hausgeist.core.people import Principal
from hausgeist.core.service import Deployment
from hausgeist.core.tasks import Partition, Task
from hausgeist.errors import DetectorDown, HausgeistError, NotFound, Unavailable, VeilDown
from hausgeist.gateway import Gateway
from hausgeist.identity.tokens import new_id
from hausgeist.register.serving import TEXTS, Post, Serving, by_of
from hausgeist.store import datasets, deployments, items, suggestions
from hausgeist.store.db import DatabaseError, Store
from hausgeist.store.deployments import AUDIT, ON_TOP, SOURCE, Served
from hausgeist.workbench.asking import GatewayAsker
from hausgeist.workbench.reading_answers import probability, read
from hausgeist.workbench.teacher import Prompt, Wish, make

log = logging.getLogger("hausgeist.register")

AT_ONCE = 8
"""Texts of one request that teachers are asked about at once."""
AUDIT_SHARE = 0.01
AUDIT_WEEKLY = 30
"""So many answers a week are drawn for people at least."""
WEEK_MS = 7 * 86_400_000
PROMPT_MS = 60_000
"""How long a teacher's prompt is remembered."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a text. ``value`` of None: a person is to answer; ``ticket`` asks for it again.

    ``guess`` is what the student thought where it was not sure. ``model`` is who answered.
    """

    value: Value | None
    by: str
    score: float | None
    model: str
    version: int
    guess: Guess | None = None
    ticket: str = ""


@dataclass(slots=True)
class Drawn:
    """How many answers of a task were drawn for the blind audit this week, and when it was last looked up."""

    count: int = 0
    seen: int = 0
    since: int = 0


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
        self._drawn: dict[str, Drawn] = {}
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
        rows: list[Served] = []

        async def one(text: str, place: tuple[str, Guess | None]) -> Told:
            made, guess = place
            placed = post.placed(made) or post.newest
            deployment = placed.deployment
            if guess is not None and guess.score >= deployment.threshold:
                by = by_of(guess)
                rows.append(self.serving.row(post, deployment, by, guess, text))
                self._beside(post, deployment, call, text, guess, rows[-1])
                return Told(guess.value, by, guess.score, post.model, placed.student.number)
            async with gate:
                return await self._left(post, deployment, call, text, guess, rows)

        asked = [asyncio.ensure_future(one(*both)) for both in zip(texts, found, strict=True)]
        try:
            told = await asyncio.gather(*asked)
        finally:
            for each in asked:
                each.cancel()  # where one text could not be dealt with, nobody is asked for the others
            if rows:
                self._store.write_later(deployments.record, rows)
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
        self._beside(post, post.newest.deployment, call, text, guess, None)

    async def close(self) -> None:
        """Let go of what is asked beside."""
        for one in tuple(self._behind):
            one.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)

    # -- after the student ------------------------------------------------------------------------

    async def _left(  # noqa: PLR0917  one text and all that is known of it
        self,
        post: Post,
        made: Deployment,
        call: Call,
        text: str,
        guess: Guess | None,
        rows: list[Served],
    ) -> Told:
        """Ask the teachers, then people."""
        version = post.newest.student.number
        for model in made.chain.teachers:
            told = await self._taught(post, model, call, text)
            if told is not None:
                value, score = told
                kept = self.serving.row(post, made, "teacher", guess, text)
                rows.append(replace(kept, value=value))
                if made.chain.queue:
                    self._later(self._enqueue(post.task, call, text, SOURCE))
                return Told(value, "teacher", score, model, version, guess)
        if not made.chain.queue:
            raise Unavailable
        item_id = await self._enqueue(post.task, call, text, SOURCE)
        row = replace(self.serving.row(post, made, "queue", guess, text), item_id=item_id)
        await self._store.write(lambda connection: deployments.record(connection, [[row]]))
        ticket = f"{row.id}.{self._mark(row.id, call.principal)}"
        return Told(None, "queue", None, "", version, guess, ticket)

    async def _taught(
        self, post: Post, model: str, call: Call, text: str
    ) -> tuple[Value, float | None] | None:
        """What a teacher says; None: the rules do not let it, it is not there, or it cannot be read."""
        task = post.task
        prompt = await self._prompt(task, model)
        asked = prompt.call(
            task,
            text,
            call_id=f"{call.id}-{secrets.token_hex(4)}",
            principal=call.principal,
            purpose=Purpose.API,
            data_class=_class_of(task, call),
            consented=call.consented,
        )
        try:
            found = await GatewayAsker(self._gateway, self._now_ms).ask(asked)
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

    async def _enqueue(self, task: Task, call: Call, text: str, source: str) -> str | None:
        """Put a text into the task's queue; None where it cannot go there."""
        if _class_of(task, call) > task.data_class:
            hidden = await self._hidden(call, text)
            if hidden is None:
                return None
            text = hidden
        worth = ON_TOP if source == SOURCE else 0.0
        item = Item(
            id=new_id(),
            task_id=task.id,
            seq=0,
            text=text,
            text_hash="",
            source=source,
            rank=secrets.randbelow(1 << 30) / (1 << 30),
            worth=worth,
            created_at=self._now_ms(),
        )
        try:
            item_id, partition = await self._store.write(
                partial(deployments.to_people, task=task, made=item)
            )
        except DatabaseError as error:
            log.warning("a text could not be put into the queue: %s", type(error).__name__)
            return None
        return item_id if partition is Partition.POOL else None

    async def _hidden(self, call: Call, text: str) -> str | None:
        """A text that is more delicate than the task's, with pseudonyms; None where none can be made."""
        veils = self._gateway.veils
        if veils is None:
            return None
        alone = replace(call, messages=(text_message("user", text),), extra=())
        try:
            found = await self._gateway.border.examiner.examine([text])
            veiled = await veils.hide(alone, found, None)
        except (DetectorDown, VeilDown) as error:
            log.warning("a text stays out of the queue: %s", error.code)
            return None
        return veiled.call.messages[0].text

    # -- beside it ----------------------------------------------------------------------------------

    def _beside(  # noqa: PLR0917  one answer and all that is known of it
        self,
        post: Post,
        made: Deployment,
        call: Call,
        text: str,
        guess: Guess,
        row: Served | None,
    ) -> None:
        """Have some of the answers looked at: by the teacher, and blind by people."""
        if made.chain.teachers and self.serving.chance() < made.shadow:
            row = row or self.serving.row(post, made, "student", guess, text)
            self._later(self._shadow(post, made, call, text, guess, row))
        if made.chain.queue and self.serving.chance() < self._audit_share(post.task.id):
            self._later(self._audit(post, made, call, text, guess))

    def _audit_share(self, task_id: str) -> float:
        """One in a hundred, and more where that would be fewer than thirty a week."""
        drawn, now = self._drawn.setdefault(task_id, Drawn(since=self._now_ms())), self._now_ms()
        if now - drawn.since >= WEEK_MS:
            drawn.count, drawn.seen, drawn.since = 0, 0, now
        drawn.seen += 1
        if drawn.count >= AUDIT_WEEKLY:
            return AUDIT_SHARE
        return max(AUDIT_SHARE, AUDIT_WEEKLY / max(drawn.seen, 100))

    async def _audit(
        self, post: Post, made: Deployment, call: Call, text: str, guess: Guess
    ) -> None:
        item_id = await self._enqueue(post.task, call, text, AUDIT)
        if item_id is None:
            return
        self._drawn[post.task.id].count += 1
        row = replace(self.serving.row(post, made, AUDIT, guess, text), item_id=item_id)
        self._store.write_later(deployments.record, [row])

    async def _shadow(  # noqa: PLR0917  one answer and all that is known of it
        self,
        post: Post,
        made: Deployment,
        call: Call,
        text: str,
        guess: Guess,
        row: Served,
    ) -> None:
        told = await self._taught(post, made.chain.teachers[0], call, text)
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


def _class_of(task: Task, call: Call) -> DataClass:
    """The class of a text: what the caller says, else the task's; never less than the task's."""
    return task.data_class if call.declared is None else max(call.declared, task.data_class)


def _kept_prompt(connection: Any, task: Task, model: str) -> Prompt:
    for row in suggestions.prompts(connection, task.id):
        if row.model == model:
            found = items.several(connection, task.id, Prompt.items_of(row.body))
            kept = Prompt.of_body(row.body, {name: one.text for name, one in found.items()})
            if kept is not None:
                return kept
    return make(task, Wish(model=model))
