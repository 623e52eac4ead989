# SPDX-License-Identifier: EUPL-1.2
"""Titles by a model in the house: a first question and its answer flow in, a few words flow out, or none.

In the background, one at a time, bounded in tokens and time; what goes wrong is silent, and the words
that stand there already stay. Nothing ever leaves the house for a title: the border refuses it, and no
model outside is asked.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import aclosing
from typing import Final

from hausgeist.chat.question import new_id
from hausgeist.chat.titles import tidy
from hausgeist.core.calls import Call, Sampling
from hausgeist.core.events import Delta, Failed
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import text_message
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal
from hausgeist.errors import HausgeistError
from hausgeist.gateway import Gateway
from hausgeist.store import answers
from hausgeist.store.chats import Said
from hausgeist.store.db import DatabaseError, Store

log = logging.getLogger("hausgeist.chat")

SECONDS: Final = 20.0
"""A title that takes longer is not worth it."""
WAITING_MOST: Final = 16
"""Conversations that wait for a title; with more, the house has other things to do."""
LINGER: Final = 30.0
"""Seconds a title is told to viewers that come late."""
TOKENS: Final = 24
READ_MOST: Final = 1200
"""Characters of the question, and of the answer, that are read for a title."""
LONGEST: Final = 60
MOST_WORDS: Final = 9

REQUEST = {
    "de": "Gib dem folgenden Gespräch eine Überschrift aus höchstens sechs Wörtern, in der Sprache der "
    "Frage. Antworte nur mit der Überschrift.",
    "en": "Give the following conversation a heading of at most six words, in the language of the "
    "question. Answer with the heading only.",
}

_LABEL = re.compile(
    r"^\W*(?:titel|title|überschrift|heading|thema|topic|betreff|subject)\W*:\s*", re.IGNORECASE
)
_STRAY = re.compile(
    r"\b(?:titel|title|überschrift|heading|conversation|gespräch|assistant|user|question|frage"
    r"|antwort|answer|sorry|as an ai)\b",
    re.IGNORECASE,
)
_EDGES = " \t\"'`*#_„“”«»‚‘’[]()<>-–—:;,.…"  # noqa: RUF001  the quotation marks of several languages
_WORD = re.compile(r"[^\W\d_]{4,}")


class Naming:
    """Makes titles for conversations that have none by a person, over a store and a gateway."""

    def __init__(self, store: Store, gateway: Gateway, in_memory: Callable[[str], bool]) -> None:
        self._store = store
        self._gateway = gateway
        self._in_memory = in_memory
        self._coming: dict[str, asyncio.Future[str | None]] = {}
        self._unnamed: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._one = asyncio.Lock()

    def expect(self, conversation_id: str) -> None:
        """A conversation has begun: whoever asks ``coming`` waits until its first answer is named."""
        loop = asyncio.get_running_loop()
        self._coming[conversation_id] = loop.create_future()
        self._unnamed.add(conversation_id)

    async def coming(self, conversation_id: str) -> str | None:
        """The title that a model has just given; None when none is on its way, or if none came."""
        future = self._coming.get(conversation_id)
        return None if future is None else await asyncio.shield(future)

    def answered(self, who: Principal, conversation_id: str, question: str, answer: Said) -> None:
        """The first answer is there; makes the title, unless there is nothing to make it with."""
        if conversation_id not in self._unnamed:
            return
        self._unnamed.discard(conversation_id)
        card = self._card(who, answer.model or "")
        if answer.state != "done" or card is None or len(self._tasks) >= WAITING_MOST:
            self._settle(conversation_id, None)
            return
        job = self._make(who, card, conversation_id, question, answer)
        task = asyncio.create_task(job, name=f"title {conversation_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """At shutdown: no title is waited for."""
        for task in self._tasks:
            task.cancel()
        for conversation_id in list(self._coming):
            self._settle(conversation_id, None)

    def _settle(self, conversation_id: str, title: str | None) -> None:
        future = self._coming.get(conversation_id)
        if future is not None and not future.done():
            future.set_result(title)
            loop = asyncio.get_running_loop()
            loop.call_later(LINGER, self._coming.pop, conversation_id, None)

    def _card(self, who: Principal, answered: str) -> ModelCard | None:
        """A model in the house: the one that answered, else one in memory, else the smallest.

        What the chat does not offer it does not load by itself either.
        """
        directory = self._gateway.directory
        house = [
            card
            for card in directory.visible(who)
            if card.zone is Zone.HOUSE
            and card.can(Capability.COMPLETION)
            and (card.id == answered or not directory.note(card.id).hidden)
        ]
        house.sort(
            key=lambda card: (card.id != answered, not self._in_memory(card.id), card.size_bytes)
        )
        return house[0] if house else None

    async def _make(
        self, who: Principal, card: ModelCard, conversation_id: str, question: str, answer: Said
    ) -> None:
        title = None
        try:
            async with self._one, asyncio.timeout(SECONDS):
                raw = await self._written(who, card, question, answer)
                title = heading(raw, f"{question} {answer.text}")
            if title is not None and not await self._entitle(who, conversation_id, title):
                title = None  # a person was faster, or it is gone
        except (TimeoutError, DatabaseError, HausgeistError) as error:
            log.debug("no title was made: %s", type(error).__name__)
        finally:
            self._settle(conversation_id, title)

    async def _entitle(self, who: Principal, conversation_id: str, title: str) -> bool:
        return await self._store.write(lambda c: answers.entitle(c, who.id, conversation_id, title))

    async def _written(self, who: Principal, card: ModelCard, question: str, answer: Said) -> str:
        request = REQUEST.get(who.locale, REQUEST["en"])
        text = f"{request}\n\n„{question[:READ_MOST]}“\n\n„{answer.text[:READ_MOST]}“"
        call = Call(
            id=f"title-{new_id()}",
            principal=who,
            purpose=Purpose.TITLE,
            model=card.id,
            messages=(text_message("user", text),),
            declared=DataClass.parse(answer.data_class or DataClass.INTERNAL.word),
            sampling=Sampling(max_tokens=TOKENS, temperature=0.2),
            effort="none",
        )
        words: list[str] = []
        async with aclosing(self._gateway.answer(call)) as bursts:  # type: ignore[type-var]
            async for burst in bursts:
                for event in burst:
                    if isinstance(event, Delta):
                        words.append(event.text)
                    elif isinstance(event, Failed):
                        return ""
        return "".join(words).encode("utf-8", "ignore").decode()  # halves of characters go


def heading(raw: str, about: str) -> str | None:
    """A model's words as a title; None when they are none worth showing.

    Too long, empty, repeating itself, talking of itself, or about something else than ``about``: then
    the first words of the question are the better title.
    """
    lines = [line for line in raw.strip().splitlines() if line.strip()]
    if not lines:
        return None
    title = tidy(_LABEL.sub("", lines[0])).strip(_EDGES)
    words = title.split()
    letters = [word.casefold() for word in words]
    if not words or len(title) > LONGEST or len(words) > MOST_WORDS or len(title) < len("abc"):
        return None
    if len(words) > 1 and len(set(letters)) * 4 < len(letters) * 3:
        return None
    if _STRAY.search(title):
        return None
    known = {word[:4] for word in _WORD.findall(about.casefold())}
    return title if any(word[:4] in known for word in _WORD.findall(title.casefold())) else None
