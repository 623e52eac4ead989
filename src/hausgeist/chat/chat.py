# SPDX-License-Identifier: EUPL-1.2
"""The door of the chat: conversations of one person at a time, and the turns that run in this process.

In: who asks, and what. Out: values and turns. What is not the asker's is not found. Which model may see
what is the gateway's to decide; lists, folders and the bin are the shelves'; how anything looks is the
edge's.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any

from hausgeist.chat.asking import Asking
from hausgeist.chat.drafts import Drafts
from hausgeist.chat.files import Files
from hausgeist.chat.leaving import UNSAID, Leaving, Seen
from hausgeist.chat.library import Library
from hausgeist.chat.naming import Naming
from hausgeist.chat.question import Question
from hausgeist.chat.replay import Numbered, Stored
from hausgeist.chat.running import Running
from hausgeist.chat.titles import tidy
from hausgeist.chat.turn import LONG, Turn
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, NotFound
from hausgeist.gateway import Gateway
from hausgeist.store import answers, chats
from hausgeist.store.chats import Opened, Said
from hausgeist.store.db import Store

DEAD_AFTER_MS = 30_000
"""A running turn of another process that gave no sign for so long has died with it."""
POLL = 0.5
"""Seconds between two looks at a turn that another process runs."""
STOP_SECONDS = 3.0
"""How long is waited for another process to stop its turn; it does so in any case."""
TITLE_MOST = 200


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
        files: Files,
        library: Library,
        in_memory: Callable[[str], bool] = lambda _model: True,
    ) -> None:
        self.in_memory = in_memory
        self.files = files
        self.library = library
        self._store = store
        self._gateway = gateway
        self._now_ms = now_ms
        self._running = Running(store)
        self._naming = Naming(store, gateway, in_memory)
        self._asking = Asking(
            store,
            gateway,
            now_ms,
            in_memory=in_memory,
            files=files,
            drafts=Drafts(gateway, files, library),
            running=self._running,
            naming=self._naming,
        )

    # -- conversations ----------------------------------------------------------------------------

    async def open(
        self,
        who: Principal,
        conversation_id: str,
        most: int | None = None,
        *,
        above: str | None = None,
        at: str | None = None,
    ) -> Opened:
        """A conversation with the branch that is shown, at most its last ``most`` messages.

        With ``above``, the messages before that one instead, whichever branch it is on. With ``at``, the
        newest branch through that message, as ``show`` would show it, and so many that it is among them;
        nothing is changed. A message that is not there is passed over.

        Raises:
            NotFound: there is none of this person's.
        """

        def read(connection: Any) -> Opened | None:
            leaf, enough = None, most
            through = chats.opened(connection, who.id, conversation_id, at, 1) if at else None
            if at and through is not None:
                leaf = through.leaf_below(at)
                depth = through.depth_below(at, leaf) + 1
                enough = None if most is None else max(most, depth)
            return chats.opened(connection, who.id, conversation_id, leaf, enough, above=above)

        opened = await self._store.read(read)
        if opened is None:
            raise NotFound
        branch = [await self._alive(said) for said in opened.branch]
        beside = {
            one: tuple([await self._alive(said) for said in others])
            for one, others in opened.beside.items()
        }
        return replace(opened, branch=tuple(branch), beside=beside)

    async def message(self, who: Principal, conversation_id: str, message_id: str) -> Said:
        """One message, a question or an answer, as the database has it.

        Raises:
            NotFound: there is none of this person's.
        """
        said = await self._store.read(
            lambda c: chats.message(c, who.id, conversation_id, message_id)
        )
        if said is None:
            raise NotFound
        return await self._alive(said)

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
            lambda c: chats.change(c, who.id, conversation_id, title=words, title_by="person")
        ):
            raise NotFound

    async def end_of(self, owner_id: str) -> None:
        """Somebody is erased: what runs for them in this process ends."""
        await self._running.end_of(owner_id)

    def ended(self, conversation_id: str) -> None:
        """A conversation was deleted, by whatever way: its turns in this process end."""
        for turn in self._running.in_conversation(conversation_id):
            turn.end("deleted")

    async def show(self, who: Principal, conversation_id: str, message_id: str) -> int:
        """Show the newest branch through a message; gives how many messages there are from it on.

        Raises:
            NotFound: there is none of this person's.
        """

        def work(connection: Any) -> int:
            opened = chats.opened(connection, who.id, conversation_id, message_id, most=1)
            if opened is None:
                return 0
            leaf = opened.leaf_below(message_id)
            chats.change(connection, who.id, conversation_id, leaf_id=leaf)
            return opened.depth_below(message_id, leaf)

        depth = await self._store.write(work)
        if not depth:
            raise NotFound
        return depth

    async def keep(self, who: Principal, conversation_id: str, message_id: str) -> None:
        """Keep one of several answers side by side, and show it; the others end, and stay as versions.

        Raises:
            NotFound: there is no such answer of this person's.
        """

        def work(connection: Any) -> list[str]:
            others = answers.keep(connection, who.id, conversation_id, message_id)
            opened = chats.opened(connection, who.id, conversation_id, message_id, most=1)
            if opened is not None:
                columns = {"leaf_id": opened.leaf_below(message_id), "model": kept.model}
                chats.change(connection, who.id, conversation_id, **columns)
            return others

        kept = await self._message(who, conversation_id, message_id)
        for other in await self._store.write(work):
            turn = self._running.of(who, other)
            if turn is not None:
                turn.end("stopped")
            elif not self._store.is_sqlite:
                await self._ask_to_stop(who, conversation_id, other)

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
        """Ask one model; without a conversation a new one begins. Raises as ``ask``."""
        question = Question(
            text=text,
            models=(model,),
            data_class=data_class,
            conversation_id=conversation_id,
            parent_id=parent_id,
        )
        return (await self.ask(who, question))[0]

    async def ask(self, who: Principal, question: Question) -> tuple[Turn, ...]:
        """Ask one model, or several side by side; see ``Asking.ask``."""
        return await self._asking.ask(who, question)

    async def preview(self, who: Principal, question: Question) -> tuple[Seen, ...]:
        """What would become of a question, and would be hidden of it; see ``Asking.preview``."""
        return await self._asking.preview(who, question)

    async def again(
        self,
        who: Principal,
        conversation_id: str,
        message_id: str,
        *,
        model: str,
        data_class: DataClass,
        against: Sequence[str] = (),
        saw: DataClass | None = None,
        leaving: Leaving = UNSAID,
    ) -> Turn:
        """Answer a question once more; see ``Asking.again``."""
        models = (model, *against)
        return await self._asking.again(
            who, conversation_id, message_id, models, data_class, saw=saw, leaving=leaving
        )

    async def go_on(
        self,
        who: Principal,
        conversation_id: str,
        message_id: str,
        *,
        model: str,
        data_class: DataClass,
        saw: DataClass | None = None,
        leaving: Leaving = UNSAID,
    ) -> Turn:
        """Go on from what an answer left that broke off; see ``Asking.go_on``."""
        return await self._asking.go_on(
            who, conversation_id, message_id, model, data_class, saw=saw, leaving=leaving
        )

    def beside(self, who: Principal, turn: Turn) -> tuple[Turn, ...]:
        """The turns that were begun side by side with one, itself among them, in their order."""
        if turn.said.contest_id is None:
            return (turn,)
        ours = self._running.in_contest(who, turn.said.contest_id)
        return tuple(sorted(ours, key=lambda one: one.said.created_at))

    def running(self, who: Principal, turn_id: str) -> Turn | None:
        """A turn of this person's that runs in this process, or ended a moment ago."""
        return self._running.of(who, turn_id)

    async def stop(self, who: Principal, conversation_id: str, turn_id: str) -> None:
        """Stop a turn, whatever process runs it; what has arrived is kept. One that is over stays.

        Raises:
            NotFound: there is none of this person's.
        """
        turn = self.running(who, turn_id)
        if turn is not None and turn.conversation_id == conversation_id:
            turn.end("stopped")
            await turn.wait()
            return
        said = await self._message(who, conversation_id, turn_id)
        if said.state == "running" and await self._ask_to_stop(who, conversation_id, turn_id):
            until = asyncio.get_running_loop().time() + STOP_SECONDS
            while said.state == "running" and asyncio.get_running_loop().time() < until:
                await asyncio.sleep(POLL / 2)
                said = await self._message(who, conversation_id, turn_id)

    async def title_coming(self, conversation_id: str) -> str | None:
        """Wait for the title that a model may be making; None when none is made, or on its way."""
        return await self._naming.coming(conversation_id)

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
        self._naming.close()
        await self._running.close(grace)

    # -- beneath ------------------------------------------------------------------------------------

    async def _ask_to_stop(self, who: Principal, conversation_id: str, turn_id: str) -> bool:
        now = self._now_ms()
        return await self._store.write(
            lambda c: answers.ask_to_stop(c, who.id, conversation_id, turn_id, now)
        )

    async def _message(self, who: Principal, conversation_id: str, said_id: str) -> Said:
        said = await self.message(who, conversation_id, said_id)
        if said.role != "assistant":
            raise NotFound
        return said

    async def _alive(self, said: Said) -> Said:
        """A running answer, marked as interrupted if the process that wrote it has died."""
        if said.state != "running" or said.id in self._running:
            return said
        since = self._now_ms() - DEAD_AFTER_MS
        if said.touched_at is not None and said.touched_at >= since:
            return said
        await self._store.write(lambda c: chats.interrupt(c, since))
        return replace(said, state="interrupted")

    async def _look(
        self, who: Principal, conversation_id: str, said: Said
    ) -> AsyncIterator[list[Numbered]]:
        """A turn of another process; a long answer is looked at less often, so that it stays linear."""
        yield [Numbered(0, Stored(said))]
        while said.state == "running":
            await asyncio.sleep(POLL * max(1.0, len(said.text) / LONG))
            now = await self._message(who, conversation_id, said.id)
            yield [Numbered(0, Stored(now))] if now != said else []
            said = now
