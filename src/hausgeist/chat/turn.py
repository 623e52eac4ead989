# SPDX-License-Identifier: EUPL-1.2
"""One turn: a call to the gateway flows in, its answer flows into the database and to viewers.

A task of its own, so that it ends when the answer does and not when a browser goes. What has arrived is
handed to the database every ``FLUSH_SECONDS`` or ``FLUSH_CHARS``, whichever comes first. A model that
is still being loaded is asked again; one that falls silent, or never ends, is ended. Knows nothing of
HTTP; what the words mean is the renderer's.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from hausgeist.chat.continuing import HELD_BACK, seam
from hausgeist.chat.failures import values_of
from hausgeist.chat.replay import Ended, Replay, Thought, Waiting
from hausgeist.core.accounting import cost_micro_eur
from hausgeist.core.calls import Call
from hausgeist.core.events import (
    Burst,
    Delta,
    Event,
    Failed,
    Finished,
    Flagged,
    Started,
    Withheld,
)
from hausgeist.core.messages import Part, Reasoning, Text, Usage
from hausgeist.core.models import ModelCard
from hausgeist.errors import HausgeistError, Internal, ModelLoading, UpstreamTimeout
from hausgeist.gateway import Gateway
from hausgeist.gateway.run import CHARS_PER_TOKEN
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
ENDLESS = "endless"
"""Why such an answer ended; beside the upstreams' words in ``Said.finish``."""
SILENCE_MOST = 900.0
"""Seconds without a word after which a model counts as silent; a large prompt takes minutes without a GPU."""
WAKE = 1.0
"""Seconds after which viewers of a silent turn are woken, so that they notice when theirs is over."""
LOADING_MOST = 600.0
"""Seconds a turn waits for its model to be loaded."""
FLAGS_MOST = 20
"""Notices of guards that are kept with an answer."""
OF_PSEUDONYMS = "pseudonyms."
"""What the rules of notices about pseudonyms begin with."""
WITHHELD = "[…]"
"""Stands where a guard held something back."""

Ending: TypeAlias = Literal["stopped", "interrupted", "deleted", "silent"]


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: State
    error: HausgeistError | None = None


class Turn:
    """One answer under way. ``id`` is its message's.

    ``in_memory`` tells whether a model is loaded; ``now_ms`` gives milliseconds since the epoch. Words
    that ``said`` has already are what an earlier answer left: this one goes on from them.
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
        self._kept = said.text
        self._begun: list[str] | None = [] if self._kept else None  # held back for the seam
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._signature = ""
        self._chars = 0
        self._flushed = 0
        self._heard_at = 0.0
        self._woken_at = 0.0
        self._first_token_ms: int | None = None
        self._about: dict[str, Any] = dict(said.about)
        self._flushed_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._error: HausgeistError | None = None
        self._ending: Ending | None = None
        self._under_way = False
        self._task: asyncio.Task[None] | None = None

    def start(self, over: Callable[["Turn"], None]) -> None:
        """Let it run; ``over`` is told when it has ended."""
        self._heard_at = self._woken_at = asyncio.get_running_loop().time()
        if self.said.reasoning:
            self._reasoning.append(self.said.reasoning)
            self.replay.add(Thought(self.said.reasoning))
        if self._kept:
            self._write(self._kept)
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
            if self._under_way:  # a task that is cancelled before its first step never takes one
                self._task.cancel()

    async def _run(self) -> None:
        outcome = await self._outcome()
        self._ending = self._ending or "stopped"  # from here on nothing cancels the writing
        if self._timer is not None:
            self._timer.cancel()
        self._end_seam()
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
        self._under_way = True
        if self._is_ended:
            return self._early()
        try:
            return await self._attempts()
        except asyncio.CancelledError:
            if self._ending is None or self._task is None:
                raise
            self._task.uncancel()
            return self._early()
        except Exception:  # a job step: whatever happens, the turn ends and says so
            log.exception("turn %s failed", self.id)
            return _Outcome("failed", Internal())

    @property
    def _is_ended(self) -> bool:
        return self._ending is not None

    def _early(self) -> _Outcome:
        """How a turn ends that was ended."""
        if self._ending == "silent":
            provider = self._about.get("provider") or self._call.model
            error = UpstreamTimeout(provider=provider, seconds=round(SILENCE_MOST))
            return _Outcome("failed", error)
        return _Outcome("interrupted" if self._ending == "interrupted" else "stopped")

    async def _attempts(self) -> _Outcome:
        """Ask, and ask again while the model is being loaded."""
        until = asyncio.get_running_loop().time() + LOADING_MOST
        attempt = 1
        while True:
            error = await self._ask(replace(self._call, id=f"{self._call.id}-{attempt}"))
            if error is None:
                return _Outcome("done")
            loading = isinstance(error, ModelLoading) and self._chars == len(self._kept)
            if not loading or asyncio.get_running_loop().time() > until:
                return _Outcome("failed", error)
            self.replay.add(Waiting(self._call.model))
            self._heard_at = asyncio.get_running_loop().time()
            await asyncio.sleep(min(error.retry_after or 2, 10))
            attempt += 1

    async def _ask(self, call: Call) -> HausgeistError | None:
        self._error = None
        async with aclosing(self._gateway.answer(call)) as bursts:  # type: ignore[type-var]
            async for burst in bursts:
                self._take(burst)
                if self._chars > ANSWER_MOST:
                    self._finish = ENDLESS
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
        self._heard_at = asyncio.get_running_loop().time()
        if self._first_token_ms is None and (text or thought):
            self._first_token_ms = self._now_ms() - self.said.created_at
        if thought:
            self._reasoning.append(thought)
            self._chars += len(thought)
            self.replay.add(Thought(thought))
        if text and self._begun is not None:
            self._begun.append(text)
            if sum(map(len, self._begun)) >= HELD_BACK:
                self._end_seam()
        elif text:
            self._write(text)
        if self._chars - self._flushed >= max(FLUSH_CHARS, self._chars // 16):
            self._flush()

    def _write(self, text: str) -> None:
        """Words of the answer: to be kept, and to be seen."""
        self._text.append(text)
        self._chars += len(text)
        for op in self._blocks.feed(text):
            self.replay.add(op)

    def _end_seam(self) -> None:
        """Enough has come to see where the new words join those that were kept."""
        if self._begun is None:
            return
        begun, self._begun = "".join(self._begun), None
        if new := seam(self._kept, begun):
            self._write(new)

    def _note(self, event: Event) -> None:
        if isinstance(event, Started):
            self._about |= {"provider": event.provider, "policy": event.policy_version}
            self._about |= _border(event)
            if card := self._card(event.model, event.provider):
                self._about |= _version(card)
            self.said = replace(
                self.said,
                model=event.model,
                zone=event.zone.value,
                data_class=event.data_class.word,
                about=dict(self._about),
            )
        elif isinstance(event, Flagged):
            self._flagged(event)
        elif isinstance(event, Finished):
            self._usage, self._finish = event.usage, event.reason
        elif isinstance(event, Failed):
            known = isinstance(event.error, HausgeistError)
            self._error = event.error if known else Internal()  # type: ignore[assignment]
            self._usage = event.usage

    def _flagged(self, event: Flagged) -> None:
        """A guard's notice; of pseudonyms that stay in the answer, only how many."""
        if event.rule.startswith(OF_PSEUDONYMS):
            self._about["unassigned"] = self._about.get("unassigned", 0) + 1
            return
        flags = self._about.get("flags", [])
        flag = {"rule": event.rule, "reason": event.reason, "place": event.place}
        if flag not in flags and len(flags) < FLAGS_MOST:
            self._about["flags"] = [*flags, flag]

    # -- into the database ------------------------------------------------------------------------

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._heard_at > SILENCE_MOST:
            self.end("silent")
        if loop.time() - self._woken_at > WAKE:
            self._woken_at = loop.time()
            self.replay.wake()
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
        now, error, usage = self._now_ms(), outcome.error, self._usage or self._guess()
        card = self._card(self.said.model or "", str(self._about.get("provider", "")))
        if self._first_token_ms is not None:
            self._about["first_token_ms"] = self._first_token_ms
        if usage is not None:
            self._about |= _counted(usage)
        if card is not None and card.price is not None:
            self._about["price"] = " ".join(filter(None, (card.price.source, card.price.as_of)))
        return replace(
            self.said,
            parts=self._parts(),
            state=outcome.state,
            error=error.code if error else None,
            error_values=values_of(error) if error else {},
            finish=self._finish,
            input_tokens=usage.input_tokens if usage else None,
            output_tokens=usage.output_tokens if usage else None,
            micro_eur=cost_micro_eur(usage, card.price, self.said.created_at)
            if usage and card
            else None,
            about=dict(self._about),
            duration_ms=now - self.said.created_at,
            touched_at=now,
        )

    def _guess(self) -> Usage | None:
        """What an answer that was ended early used, by our own count; None when nothing was sent."""
        if self.said.zone is None:
            return None
        return Usage(
            input_tokens=int(self._about.get("estimated_tokens", 0)),
            output_tokens=max(0, self._chars - len(self._kept)) // CHARS_PER_TOKEN,
            estimated=True,
        )

    def _card(self, model: str, provider: str) -> ModelCard | None:
        """The card that answers; None when it was removed meanwhile."""
        try:
            cards = self._gateway.directory.candidates(model, self._call.principal)
        except HausgeistError:
            return None
        return next((card for card in cards if card.provider == provider), None)


def _version(card: ModelCard) -> dict[str, Any]:
    """What is known of a model's version, and where it is, as JSON values."""
    known = {
        "country": card.country,
        "upstream": card.upstream if card.upstream != card.id else None,
        "digest": card.digest,
        "parameters": card.parameters,
        "quantisation": card.quantisation,
    }
    return {key: value for key, value in known.items() if value}


def _border(event: Started) -> dict[str, Any]:
    """What the border did with the call, as JSON values: counts by kind, and who was asked for."""
    told: dict[str, Any] = {"hidden": dict(event.hidden)} if event.hidden else {}
    if event.wanted:
        told["wanted"] = event.wanted
    return told


def _counted(usage: Usage) -> dict[str, Any]:
    """What the numbers of tokens are worth, as JSON values."""
    told: dict[str, Any] = {"estimated": True} if usage.estimated else {}
    if usage.cached_tokens:
        told["cached_tokens"] = usage.cached_tokens
    if usage.reasoning_tokens:
        told["reasoning_tokens"] = usage.reasoning_tokens
    return told


def _whole(pieces: list[str]) -> str:
    """The pieces joined; halves of characters that never met become the replacement character."""
    text = "".join(pieces)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
