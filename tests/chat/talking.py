# SPDX-License-Identifier: EUPL-1.2
"""Two people, a chat, and short ways to ask."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from hausgeist.chat import Chat, Ended
from hausgeist.chat.shelf import Shelves
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal, Role
from hausgeist.gateway import Directory, Gateway
from hausgeist.testing.echo import EchoProvider

ANNA = Principal(id="anna", name="Anna", role=Role.MEMBER, session_id="s1")
BERND = Principal(id="bernd", name="Bernd", role=Role.MEMBER, session_id="s2")


@dataclass
class Talk:
    """The chat, the echo behind it, and short ways to ask."""

    chat: Chat
    echo: EchoProvider
    renew: Callable[[], Chat]
    shelves_of: Callable[[Chat], Shelves]
    directory: Directory = field(default_factory=Directory)
    gateway: Gateway | None = None
    now: list[int] = field(default_factory=lambda: [1_790_000_000_000])

    @property
    def shelves(self) -> Shelves:
        """The lists of the people's conversations."""
        return self.shelves_of(self.chat)

    async def ask(self, text="eins zwei", who=ANNA, model="echo", **more):
        """Begin a turn."""
        return await self.chat.turn(
            who, text, model=model, data_class=more.pop("data_class", DataClass.INTERNAL), **more
        )

    async def answered(self, text="eins zwei", **more):
        """Begin a turn and wait for its end."""
        turn = await self.ask(text, **more)
        await turn.wait()
        return turn

    async def texts(self, talk_id, who=ANNA):
        """What the shown branch says, message by message."""
        opened = await self.chat.open(who, talk_id)
        return [said.text for said in opened.branch]


async def heard(turn, word):
    """Wait until a viewer of a turn has been told a word."""
    async with aclosing(turn.replay.follow(0)) as stream:
        async for batch in stream:
            if any(word in repr(one.event) for one in batch):
                return
    raise AssertionError(f"the turn ended without {word}")


async def kept(talk, turn, word):
    """Wait until the database has a word of a turn."""
    for _ in range(500):
        if word in (await talk.texts(turn.conversation_id))[-1]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{word} was not stored")


async def followed(stream):
    """All events of a turn, and how it ended."""
    events = [one async for batch in stream for one in batch]
    assert isinstance(events[-1].event, Ended)
    return events, events[-1].event.said
