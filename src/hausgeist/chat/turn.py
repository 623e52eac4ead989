# SPDX-License-Identifier: EUPL-1.2
"""One turn: a call to the gateway flows in, its answer flows into the database and to viewers.

A task of its own, so that it ends when the answer does and not when a browser goes. What has arrived is
handed to the database every ``FLUSH_SECONDS`` or ``FLUSH_CHARS``, whichever comes first. A model that
is still being loaded is asked again. Knows nothing of HTTP; what the words mean is the renderer's.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from hausgeist.chat.failures import values_of
from hausgeist.chat.replay import Ended, Replay, Thought, Waiting
from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Delta, Event, Failed, Finished, Started, Withheld
from hausgeist.core.messages import Part, Reasoning, Text, Usage
from hausgeist.errors import HausgeistError, Internal, ModelLoading
from hausgeist.gateway import Gateway
from hausgeist.render import BlockStream
from hausgeist.store import chats
from hausgeist.store.chats import Said, State
from hausgeist.store.db import Store

log = logging.getLogger("hausgeist.chat")

FLUSH_SECONDS = 0.25
FLUSH_CHARS = 2048
SIGN_OF_LIFE = 10.0
"""Seconds after which a silent turn tells the database that it is alive."""
LONG = 100_000
"""Characters from which on flushes become rarer, so that their cost stays linear."""
ANSWER_MOST = 1_000_000
"""Characters after which an answer that never ends is ended."""
LOADING_MOST = 600.0
"""Seconds a turn waits for its model to be loaded."""
WITHHELD = "[…]"
"""Stands where a guard held something back."""

Ending: TypeAlias = Literal["stopped", "interrupted", "deleted"]


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: State
    error: HausgeistError | None = None


class Turn:
    """One answer under way. ``id`` is its message's.

    ``in_memory`` tells whether a model is loaded; ``now_ms`` gives milliseconds since the epoch.
    """

    def __init__(
        self,
        call: Call,
        said: Said,
        *,
        conversation_id: str,
        gateway: Gateway,
        store: Store,
        now_ms: Callable[[], int],
        in_memory: Callable[[str], bool],
    ) -> None:
        self.id = said.id
        self.owner_id = call.principal.id
        self.conversation_id = conversation_id
        self.replay = Replay()
        self.said = said
        self._call = call
        self._gateway = gateway
        self._store = store
        self._now_ms = now_ms
        self._in_memory = in_memory
        self._blocks = BlockStream(call.principal.locale)
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._signature = ""
        self._chars = 0
        self._flushed = 0
        self._flushed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._error: HausgeistError | None = None
        self._ending: Ending | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, over: Callable[["Turn"], None]) -> None:
        """Let it run; ``over`` is told when it has ended."""
        if self._call.model and not self._in_memory(self._call.model):
            self.replay.add(Waiting(self._call.model))
        self._task = asyncio.create_task(self._run(), name=f"turn {self.id}")
        self._task.add_done_callback(lambda _task: over(self))
        self._tick()

    async def wait(self) -> None:
        """Wait until it is over and stored; whoever waits may be cancelled, the turn is not."""
        assert self._task is not None
        await asyncio.wait([self._task])

    def end(self, ending: Ending) -> None:
        """End it early; what has arrived is kept, unless the conversation goes."""
        if self._ending is None and self._task is not None and not self.replay.over:
            self._ending = ending
            self._task.cancel()

    async def _run(self) -> None:
        outcome = await self._outcome()
        self._ending = self._ending or "stopped"  # from here on nothing cancels the writing
        if self._timer is not None:
            self._timer.cancel()
        for closed in self._blocks.close():
            self.replay.add(closed)
        said = self._now(outcome)
        try:
            await self._store.write_many(chats.finish, (self.owner_id, self.conversation_id, said))
        except Exception:  # a job step: viewers must learn that it was not kept
            log.exception("turn %s could not be written", self.id)
            said = replace(said, state="failed", error=Internal.code, error_values={})
        self.said = said
        self.replay.add(Ended(said))

    async def _outcome(self) -> _Outcome:
        try:
            return await self._attempts()
        except asyncio.CancelledError:
            ending = self._ending
            if ending is None or self._task is None:
                raise
            self._task.uncancel()
            return _Outcome("interrupted" if ending == "interrupted" else "stopped")
        except Exception:  # a job step: whatever happens, the turn ends and says so
            log.exception("turn %s failed", self.id)
            return _Outcome("failed", Internal())

    async def _attempts(self) -> _Outcome:
        """Ask, and ask again while the model is being loaded."""
        until = asyncio.get_running_loop().time() + LOADING_MOST
        attempt = 1
        while True:
            error = await self._ask(replace(self._call, id=f"{self._call.id}-{attempt}"))
            if error is None:
                return _Outcome("done")
            loading = isinstance(error, ModelLoading) and not self._chars
            if not loading or asyncio.get_running_loop().time() > until:
                return _Outcome("failed", error)
            self.replay.add(Waiting(self._call.model))
            await asyncio.sleep(min(error.retry_after or 2, 10))
            attempt += 1

    async def _ask(self, call: Call) -> HausgeistError | None:
        self._error = None
        async with aclosing(self._gateway.answer(call)) as bursts:  # type: ignore[type-var]
            async for burst in bursts:
                self._take(burst)
                if self._chars > ANSWER_MOST:
                    self._finish = "length"
                    break
        return self._error

    def _take(self, burst: Burst) -> None:
        text, thought = "", ""
        for event in burst:
            if isinstance(event, Delta):
                text += event.text
                thought += event.reasoning
                self._signature += event.signature
            elif isinstance(event, Withheld):
                text += WITHHELD
            else:
                self._note(event)
        if thought:
            self._reasoning.append(thought)
            self.replay.add(Thought(thought))
        if text:
            self._text.append(text)
            for op in self._blocks.feed(text):
                self.replay.add(op)
        self._chars += len(text) + len(thought)
        if self._chars - self._flushed >= max(FLUSH_CHARS, self._chars // 16):
            self._flush()

    def _note(self, event: Event) -> None:
        if isinstance(event, Started):
            self.said = replace(
                self.said,
                model=event.model,
                zone=event.zone.value,
                data_class=event.data_class.word,
            )
        elif isinstance(event, Finished):
            self._usage, self._finish = event.usage, event.reason
        elif isinstance(event, Failed):
            known = isinstance(event.error, HausgeistError)
            self._error = event.error if known else Internal()  # type: ignore[assignment]
            self._usage = event.usage

    # -- into the database ------------------------------------------------------------------------

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        rarer = max(1.0, self._chars / LONG)
        due = FLUSH_SECONDS * rarer if self._chars > self._flushed else SIGN_OF_LIFE
        if loop.time() - self._flushed_at >= due:
            self._flush()
        self._timer = loop.call_later(FLUSH_SECONDS, self._tick)

    def _flush(self) -> None:
        self._flushed = self._chars
        self._flushed_at = asyncio.get_running_loop().time()
        said = replace(self.said, parts=self._parts(), touched_at=self._now_ms())
        self._store.write_later(chats.progress, (self.owner_id, self.conversation_id, said))

    def _parts(self) -> tuple[Part, ...]:
        parts: list[Part] = []
        if self._reasoning:
            parts.append(Reasoning(_whole(self._reasoning), self._signature or None))
        if self._text:
            parts.append(Text(_whole(self._text)))
        return tuple(parts)

    def _now(self, outcome: _Outcome) -> Said:
        """The message as it is at its end."""
        now, error, usage = self._now_ms(), outcome.error, self._usage
        return replace(
            self.said,
            parts=self._parts(),
            state=outcome.state,
            error=error.code if error else None,
            error_values=values_of(error) if error else {},
            finish=self._finish,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            micro_eur=self._cost(usage),
            duration_ms=now - self.said.created_at,
            touched_at=now,
        )

    def _cost(self, usage: Usage | None) -> int | None:
        if usage is None or self.said.model is None:
            return None
        try:
            cards = self._gateway.directory.candidates(self.said.model, self._call.principal)
        except HausgeistError:  # it was removed meanwhile
            return None
        card = next((card for card in cards if card.zone.value == self.said.zone), None)
        return cost_micro_eur(usage, card.price) if card else None


def _whole(pieces: list[str]) -> str:
    """The pieces joined; halves of characters that never met become the replacement character."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
