# SPDX-License-Identifier: EUPL-1.2
"""The door of the chat: conversations of one person at a time, and the turns that run in this process.

In: who asks, and what. Out: values and turns. What is not the asker's is not found. Which model may see
what is the gateway's to decide; how anything looks is the edge's.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hausgeist.chat.history import messages_of
from hausgeist.chat.library import Library
from hausgeist.chat.replay import Numbered, Stored
from hausgeist.chat.titles import tidy, title_of
from hausgeist.chat.turn import Turn
from hausgeist.core.calls import Call
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.messages import Text
from hausgeist.core.people import Principal
from hausgeist.core.policy import Verdict
from hausgeist.errors import BorderRefused, ContextOverflow, InvalidField, NotFound, TooMany
from hausgeist.gateway import Gateway
from hausgeist.store import chats
from hausgeist.store.chats import Conversation, Opened, Said
from hausgeist.store.db import Store

AT_ONCE = 8
"""Turns that one person may have running."""
LINGER = 30.0
"""Seconds a finished turn stays in memory, for viewers that come back."""
DEAD_AFTER_MS = 30_000
"""A running turn of another process that gave no sign for so long has died with it."""
POLL = 0.5
"""Seconds between two looks at a turn that another process runs."""
PAGE = 30
"""Conversations on one page of the list."""
TITLE_MOST = 200
HISTORY_MOST = 4_000_000
"""Characters of a branch that are sent at most, whatever the model's window: about a million tokens."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A page of somebody's conversations; ``older`` is where the next page begins, None at the end."""

    conversations: tuple[Conversation, ...]
    older: tuple[int, str] | None


class Chat:
    """Conversations over a store and a gateway. ``now_ms`` gives milliseconds since the epoch.

    ``in_memory`` tells whether a model is loaded; without it, nothing is said about loading.
    """

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        now_ms: Callable[[], int],
        *,
        in_memory: Callable[[str], bool] = lambda _model: True,
        library: Library | None = None,
    ) -> None:
        self.in_memory = in_memory
        self.library = library
        self._store = store
        self._gateway = gateway
        self._now_ms = now_ms
        self._turns: dict[str, Turn] = {}
        self._closing = False

    # -- conversations ----------------------------------------------------------------------------

    async def shelf(self, who: Principal, before: tuple[int, str] | None = None) -> Shelf:
        """Somebody's conversations, lately used first."""
        found = await self._store.read(lambda c: chats.newest(c, who.id, PAGE + 1, before))
        last = found[PAGE - 1] if len(found) > PAGE else None
        older = (last.updated_at, last.id) if last else None
        return Shelf(tuple(found[:PAGE]), older)

    async def open(self, who: Principal, conversation_id: str, most: int | None = None) -> Opened:
        """A conversation with the branch that is shown, at most its last ``most`` messages.

        Raises:
            NotFound: there is none of this person's.
        """
        opened = await self._store.read(
            lambda c: chats.opened(c, who.id, conversation_id, most=most)
        )
        if opened is None:
            raise NotFound
        branch = [await self._alive(said) for said in opened.branch]
        return replace(opened, branch=tuple(branch))

    async def said(self, who: Principal, conversation_id: str, message_id: str) -> Said:
        """One answer as the database has it.

        Raises:
            NotFound: there is none of this person's.
        """
        return await self._message(who, conversation_id, message_id)

    async def rename(self, who: Principal, conversation_id: str, title: str) -> None:
        """Give a conversation another title.

        Raises:
            NotFound, InvalidField: there is none of this person's; the title is empty or too long.
        """
        words = tidy(title)
        if not words or len(words) > TITLE_MOST:
            reason = f"use 1 to {TITLE_MOST} characters"
            raise InvalidField(field="title", reason=reason, param="title")
        if not await self._store.write(
            lambda c: chats.change(c, who.id, conversation_id, title=words)
        ):
            raise NotFound

    async def delete(self, who: Principal, conversation_id: str) -> None:
        """Delete a conversation; its running turns end.

        Raises:
            NotFound: there is none of this person's.
        """
        if not await self._store.write(lambda c: chats.remove(c, who.id, conversation_id)):
            raise NotFound
        for turn in list(self._turns.values()):
            if turn.conversation_id == conversation_id:
                turn.end("deleted")

    async def show(self, who: Principal, conversation_id: str, message_id: str) -> None:
        """Show the newest branch through a message.

        Raises:
            NotFound: there is none of this person's.
        """

        def work(connection: Any) -> bool:
            opened = chats.opened(connection, who.id, conversation_id, message_id, most=1)
            if opened is None:
                return False
            leaf = opened.leaf_below(message_id)
            return chats.change(connection, who.id, conversation_id, leaf_id=leaf)

        if not await self._store.write(work):
            raise NotFound

    # -- turns ------------------------------------------------------------------------------------

    async def turn(
        self,
        who: Principal,
        text: str,
        *,
        model: str,
        data_class: DataClass,
        conversation_id: str | None = None,
        parent_id: str | None = None,
    ) -> Turn:
        """Ask; without a conversation a new one begins. ``parent_id`` is the message asked after.

        Raises:
            NotFound: no such conversation or parent of this person's.
            UnknownModel, BorderRefused: before anything is stored.
            InvalidField, ContextOverflow: there are no words, or more than any model takes.
            TooMany: too many turns run.
        """
        if not text.strip():
            raise InvalidField(field="text", reason="write a question first", param="text")
        self._check(who, model, data_class)
        now = self._now_ms()
        talk, before = None, None
        if conversation_id is None:
            talk = Conversation(
                id=_new_id(),
                title=title_of(text),
                model=model,
                data_class=data_class.word,
                leaf_id=None,
                created_at=now,
                updated_at=now,
            )
        else:
            before = await self._branch(who, conversation_id, parent_id)
        question = Said(
            id=_new_id(),
            parent_id=before[-1].id if before else None,
            role="user",
            parts=(Text(text),),
            created_at=now,
        )
        answer = self._answer_to(question, model, now + 1)
        return await self._begin(
            who,
            talk or conversation_id or "",
            [*(before or ()), question],
            (question, answer),
            data_class,
        )

    async def again(
        self,
        who: Principal,
        conversation_id: str,
        message_id: str,
        *,
        model: str,
        data_class: DataClass,
    ) -> Turn:
        """Answer a question once more, beside the answer ``message_id``; nothing is overwritten.

        Raises:
            NotFound, UnknownModel, BorderRefused, ContextOverflow, TooMany: as ``turn``.
        """
        self._check(who, model, data_class)
        old = await self._message(who, conversation_id, message_id)
        if old.parent_id is None:
            raise NotFound
        before = await self._branch(who, conversation_id, old.parent_id)
        answer = self._answer_to(before[-1], model, self._now_ms())
        return await self._begin(who, conversation_id, before, (answer,), data_class)

    def running(self, who: Principal, turn_id: str) -> Turn | None:
        """A turn of this person's that runs in this process, or ended a moment ago."""
        turn = self._turns.get(turn_id)
        return turn if turn is not None and turn.owner_id == who.id else None

    async def stop(self, who: Principal, conversation_id: str, turn_id: str) -> None:
        """Stop a turn; what has arrived is kept. A turn that is over stays as it is.

        Raises:
            NotFound: there is none of this person's.
        """
        turn = self.running(who, turn_id)
        if turn is not None and turn.conversation_id == conversation_id:
            turn.end("stopped")
            await turn.wait()
            return
        await self._message(who, conversation_id, turn_id)

    async def follow(
        self, who: Principal, conversation_id: str, turn_id: str, after: int = 0
    ) -> AsyncIterator[list[Numbered]]:
        """The events of a turn with numbers above ``after``, as they come, until it is over.

        A turn that is not in this process is told as the database has it.

        Raises:
            NotFound: there is none of this person's.
        """
        turn = self.running(who, turn_id)
        if turn is not None and turn.conversation_id == conversation_id:
            return turn.replay.follow(after)
        return self._look(who, conversation_id, await self._message(who, conversation_id, turn_id))

    # -- start and stop of the process --------------------------------------------------------------

    async def recover(self) -> None:
        """At start: answers of a process that died are marked as interrupted.

        A SQLite file belongs to one process, so whatever runs there is dead; on PostgreSQL others may be
        alive, and say so.
        """
        alive = 0 if self._store.is_sqlite else DEAD_AFTER_MS
        since = self._now_ms() - alive + 1
        await self._store.write(lambda c: chats.interrupt(c, since))

    async def close(self, grace: float) -> None:
        """At shutdown: running turns may finish for ``grace`` seconds, then they are interrupted."""
        self._closing = True
        running = [turn for turn in self._turns.values() if not turn.replay.over]
        if not running:
            return
        waiting = [asyncio.ensure_future(turn.wait()) for turn in running]
        await asyncio.wait(waiting, timeout=grace)
        for turn in running:
            turn.end("interrupted")
        await asyncio.wait(waiting)

    # -- beneath ------------------------------------------------------------------------------------

    def _check(self, who: Principal, model: str, data_class: DataClass) -> None:
        """Refuse what would be refused anyway, while the words are still in the composer."""
        decision = self._gateway.outlook(who, model, data_class)
        if decision.verdict in {Verdict.REFUSE, Verdict.PSEUDONYMISE}:
            raise BorderRefused(decision.reasons)
        mine = (turn for turn in self._turns.values() if turn.owner_id == who.id)
        if self._closing or sum(not turn.replay.over for turn in mine) >= AT_ONCE:
            raise TooMany(seconds=5, retry_after=5)

    def _answer_to(self, question: Said, model: str, now: int) -> Said:
        return Said(
            id=_new_id(),
            parent_id=question.id,
            role="assistant",
            parts=(),
            created_at=now,
            state="running",
            model=model,
            touched_at=now,
        )

    async def _branch(
        self, who: Principal, conversation_id: str, leaf_id: str | None
    ) -> tuple[Said, ...]:
        opened = await self._store.read(lambda c: chats.opened(c, who.id, conversation_id, leaf_id))
        if opened is None:
            raise NotFound
        return opened.branch

    async def _begin(
        self,
        who: Principal,
        talk: Conversation | str,
        asked: Sequence[Said],
        new: tuple[Said, ...],
        data_class: DataClass,
    ) -> Turn:
        """Store what is new and let the answer, the last of it, come; ``talk`` is new, or the id of one."""
        answer = new[-1]
        model = answer.model or ""
        size = sum(len(said.text) for said in asked)
        if size > HISTORY_MOST:
            raise ContextOverflow(needed=size // 4, model=model, context=HISTORY_MOST // 4)
        talk_id = talk if isinstance(talk, str) else talk.id

        def work(connection: Any) -> bool:
            if isinstance(talk, Conversation):
                chats.create(connection, who.id, talk)
            chats.change(connection, who.id, talk_id, model=model, data_class=data_class.word)
            return chats.add(connection, who.id, talk_id, new)

        if not await self._store.write(work):
            raise NotFound
        turn = Turn(
            Call(
                id=f"chat-{answer.id}",
                principal=who,
                purpose=Purpose.CHAT,
                model=model,
                messages=messages_of(asked),
                declared=data_class,
            ),
            answer,
            conversation_id=talk_id,
            gateway=self._gateway,
            store=self._store,
            now_ms=self._now_ms,
            in_memory=self.in_memory,
        )
        self._turns[turn.id] = turn
        turn.start(self._leave)
        return turn

    def _leave(self, turn: Turn) -> None:
        """A turn is over; viewers that come back find it for a while."""
        loop = asyncio.get_running_loop()
        loop.call_later(LINGER, self._turns.pop, turn.id, None)

    async def _message(self, who: Principal, conversation_id: str, said_id: str) -> Said:
        said = await self._store.read(lambda c: chats.message(c, who.id, conversation_id, said_id))
        if said is None or said.role != "assistant":
            raise NotFound
        return await self._alive(said)

    async def _alive(self, said: Said) -> Said:
        """A running answer, marked as interrupted if the process that wrote it has died."""
        if said.state != "running" or said.id in self._turns:
            return said
        since = self._now_ms() - DEAD_AFTER_MS
        if said.touched_at is not None and said.touched_at >= since:
            return said
        await self._store.write(lambda c: chats.interrupt(c, since))
        return replace(said, state="interrupted")

    async def _look(
        self, who: Principal, conversation_id: str, said: Said
    ) -> AsyncIterator[list[Numbered]]:
        yield [Numbered(0, Stored(said))]
        while said.state == "running":
            await asyncio.sleep(POLL)
            now = await self._message(who, conversation_id, said.id)
            if now != said:
                yield [Numbered(0, Stored(now))]
            said = now


def _new_id() -> str:
    return secrets.token_hex(16)
