# SPDX-License-Identifier: EUPL-1.2
"""Temporary chats: what was said flows in with every question, an answer flows out, nothing is kept.

The page holds the conversation, the house does not: a turn writes to no table but the ledger and the
audit trail, which have numbers and no words. No title is made. It ends when nobody reads it any more.
"""

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, cast

from hausgeist.chat.drafts import Draft, Drafts, Helper
from hausgeist.chat.leaving import UNSAID, Leaving, Seen, cleared, seen
from hausgeist.chat.turn import Turn
from hausgeist.core.labels import DataClass
from hausgeist.core.messages import Text
from hausgeist.core.people import Principal
from hausgeist.errors import InvalidField, TooMany
from hausgeist.gateway import Gateway
from hausgeist.store.chats import Attached, Said, SaidPart
from hausgeist.store.db import Store

AT_ONCE = 8
"""Turns that one person may have running."""
READ_AT_ONCE = 20
"""Files that lie here for one person's page at a time: as many as one question may have."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that the page holds: the text that was read out of it, or a picture as a ``data:`` URI."""

    name: str
    text: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that the page holds."""

    role: Literal["user", "assistant"]
    text: str
    papers: tuple[Paper, ...] = ()


class _Nowhere:
    """Stands where a turn keeps its words, and keeps none."""

    def write_later(self, verb: object, item: object) -> None:
        """Nothing is written."""

    async def write_many(self, verb: object, item: object) -> None:
        """Nothing is written."""


class Temporary:
    """Turns of temporary chats over a gateway. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self, gateway: Gateway, now_ms: Callable[[], int], in_memory: Callable[[str], bool]
    ) -> None:
        self._gateway = gateway
        self._now_ms = now_ms
        self._in_memory = in_memory
        self._drafts = Drafts(gateway, None, None)
        self._turns: set[Turn] = set()
        self._reading: Counter[str] = Counter()

    async def begin(
        self,
        who: Principal,
        passed: Sequence[Passed],
        *,
        model: str,
        data_class: DataClass,
        leaving: Leaving = UNSAID,
    ) -> Turn:
        """Answer the last of what was passed, a question.

        Raises:
            InvalidField: it is no question, or has no words.
            UnknownModel, BorderRefused, BorderAsks, DetectorDown, Unsupported, ContextOverflow: as of
                every chat.
            TooMany: too many turns of this person run.
        """
        if sum(turn.owner_id == who.id for turn in self._turns) >= AT_ONCE:
            raise TooMany(seconds=5, retry_after=5)
        now = self._now_ms()
        draft, contents = self._draft(who, passed, model, data_class)
        answer = Said(
            id=secrets.token_hex(16),
            parent_id=None,
            role="assistant",
            parts=(),
            created_at=now,
            state="running",
            model=model,
            touched_at=now,
        )
        call, about = draft.call(contents)
        call, known = await cleared(self._gateway, call, draft.decision, leaving)
        turn = Turn(
            call,
            replace(answer, about={**about, **known}),
            conversation_id="",
            gateway=self._gateway,
            store=cast("Store", _Nowhere()),  # two of its verbs are all that a turn uses
            now_ms=self._now_ms,
            in_memory=self._in_memory,
        )
        self._turns.add(turn)
        turn.start(self._turns.discard)
        return turn

    async def preview(
        self,
        who: Principal,
        passed: Sequence[Passed],
        *,
        model: str,
        data_class: DataClass,
        leaving: Leaving = UNSAID,
    ) -> Seen:
        """What would become of the last of what was passed; nothing is sent. Raises as ``begin``."""
        draft, contents = self._draft(who, passed, model, data_class)
        call, _ = draft.call(contents)
        return await seen(self._gateway, call, draft.decision, leaving)

    def _draft(
        self, who: Principal, passed: Sequence[Passed], model: str, data_class: DataClass
    ) -> tuple[Draft, Mapping[str, str]]:
        if not passed or passed[-1].role != "user" or not passed[-1].text.strip():
            raise InvalidField(field="text", reason="write a question first", param="text")
        branch, contents = _branch(passed, data_class, self._now_ms())
        return self._drafts.draft(who, model, branch, data_class, helper=Helper()), contents

    @contextmanager
    def reading(self, who: Principal) -> Iterator[None]:
        """While a file of this person's arrives and is read for their page: it lies in memory.

        Raises:
            TooMany: ``READ_AT_ONCE`` of them do already.
        """
        if self._reading[who.id] >= READ_AT_ONCE:
            raise TooMany(seconds=5, retry_after=5)
        self._reading[who.id] += 1
        try:
            yield
        finally:
            self._reading[who.id] -= 1
            self._reading += Counter()  # forgets who has none

    async def end_of(self, owner_id: str) -> None:
        """Somebody is erased: what runs for them in this process ends."""
        await self._end([turn for turn in self._turns if turn.owner_id == owner_id])

    async def close(self) -> None:
        """At shutdown: nobody could read on, so all end."""
        await self._end(list(self._turns))

    async def _end(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            turn.end("interrupted")
        await asyncio.gather(*(turn.wait() for turn in turns))


def _branch(
    passed: Sequence[Passed], data_class: DataClass, now_ms: int
) -> tuple[list[Said], Mapping[str, str]]:
    """What was passed as messages of a branch, and the contents of their files by a made-up id."""
    branch: list[Said] = []
    contents: dict[str, str] = {}
    for number, one in enumerate(passed):
        parts: list[SaidPart] = [Text(one.text)]
        for paper in one.papers:
            file_id = f"paper-{len(contents)}"
            contents[file_id] = paper.picture or paper.text
            parts.append(
                Attached(
                    file_id=file_id,
                    name=paper.name,
                    media="image/png" if paper.picture else "text/plain",
                    size=len(paper.picture or paper.text),
                    data_class=data_class.word,
                    chars=len(paper.text),
                )
            )
        branch.append(
            Said(
                id=f"passed-{number}",
                parent_id=branch[-1].id if branch else None,
                role=one.role,
                parts=tuple(parts),
                created_at=now_ms,
            )
        )
    return branch, contents
