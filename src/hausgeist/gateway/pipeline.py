# SPDX-License-Identifier: EUPL-1.2
"""River 1: a request becomes a stream. One step per line: ``Gateway._way``, ``answer``, ``Way.out``.

In: a ``Call`` with its ``Principal``. Out: bursts of events. A refusal is an event, never an exception.
Knows nothing of HTTP or wire formats.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hausgeist.audit import Trail
from hausgeist.core.accounting import Settlement
from hausgeist.core.calls import Call
from hausgeist.core.events import Burst, Failed, Finished
from hausgeist.core.findings import Examination
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.messages import Usage
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal
from hausgeist.core.policy import Decision, Verdict
from hausgeist.core.preview import Preview
from hausgeist.core.voice import Recording, Speech
from hausgeist.errors import HausgeistError, Unsupported
from hausgeist.gateway.border import Border
from hausgeist.gateway.departures import declare
from hausgeist.gateway.directory import Directory
from hausgeist.gateway.guard import Guards
from hausgeist.gateway.privacy import Hides, Veiled
from hausgeist.gateway.providers import (
    Counts,
    Embeddings,
    Hears,
    Provider,
    Speaks,
    Transcript,
)
from hausgeist.gateway.routing import Routes, characters
from hausgeist.gateway.run import Run, credible, estimate
from hausgeist.gateway.shape import Shape
from hausgeist.gateway.tap import Tap
from hausgeist.gateway.way import Way
from hausgeist.ledger import Book

T = TypeVar("T")

BOOKING_SECONDS = 5.0
"""How long, at shutdown, calls that were cancelled may take to be booked."""


@dataclass(slots=True, kw_only=True)
class Gateway:
    """The river and what stands on its banks. ``now_ms`` gives milliseconds since the epoch."""

    directory: Directory
    routes: Routes
    book: Book
    trail: Trail
    now_ms: Callable[[], int]
    border: Border = field(default_factory=Border)
    veils: Hides | None = None
    """Who makes pseudonyms; without them, what would need some stays in the house."""
    guards: Guards = field(default_factory=Guards)
    on_settled: Callable[[Settlement], None] = lambda _settlement: None
    replaced: Callable[[Call, Decision, list[ModelCard]], list[ModelCard]] | None = None
    """Puts a student before the models whose work it has learnt; None while none does any of it."""
    tap: Tap = field(default_factory=Tap)
    """Where calls are laid aside whose owner agreed that a task may be made of them."""
    running: int = 0
    """Calls under way; ``ended`` waits for them."""

    def __post_init__(self) -> None:
        self.border.spares = self._spares

    async def answer(self, call: Call) -> AsyncIterator[Burst]:
        """Answer a call. Closing the iterator cancels the upstream and still books what was used."""
        run = Run(call, self.now_ms())
        if call.principal.collected:
            run.ear = self.tap.ear(call)
        self.running += 1
        way: Way | None = None
        try:
            way = await self._way(run)
            async with aclosing(self.routes.open(way.cards, way.call)) as stream:  # type: ignore[type-var]
                async for card, burst in stream:
                    if run.first_token_ms is None:
                        yield [way.started(card, burst), *way.flags]
                    run.saw(card, burst, self.now_ms())
                    yield way.out(burst) if run.ear is None else run.ear.hear(way.out(burst))
        except HausgeistError as error:
            run.failed(error)
            yield [*(way.left(error) if way else ()), Failed(error, run.counted())]
        finally:
            self.running -= 1
            self._settle(run)

    async def whole(self, call: Call) -> Burst:
        """Answer a call in one piece: the same steps as ``answer``, without the cost of a stream.

        Raises:
            HausgeistError: as ``answer``'s ``Failed``, raised.
        """
        run = Run(call, self.now_ms())
        if call.principal.collected:
            run.ear = self.tap.ear(call)
        self.running += 1
        try:
            way = await self._way(run)

            def saw(card: ModelCard, burst: Burst) -> None:
                run.saw(card, burst, self.now_ms())

            card, burst = await self.routes.whole(way.cards, way.call, saw)
            said = way.out(burst) if run.ear is None else run.ear.hear(way.out(burst))
            return [way.started(card, burst), *way.flags, *said]
        except HausgeistError as error:
            run.failed(error)
            raise
        finally:
            self.running -= 1
            self._settle(run)

    async def _way(self, run: Run) -> Way:
        """All steps before anything is opened, in their order.

        Raises:
            HausgeistError: one of them refuses.
        """
        call = run.call
        candidates = self.directory.candidates(call.model, call.principal)
        run.wanted = candidates[0]
        decision, veiled = await self._permitted(call, candidates)
        run.veiled = veiled
        flags = self.guards.check(call)
        shape = Shape(call)
        sent = call if veiled is None else veiled.call
        able = self.line_up(sent, decision)
        if self.replaced is not None:
            able = self.replaced(call, decision, able)
        cards = await self._reserve(run, decision, able)
        sent = run.capped(sent)
        return Way(call.model, sent, cards, decision, veiled, flags, self.guards.output(), shape)

    def line_up(
        self,
        call: Call,
        decision: Decision,
        *,
        routes: Routes | None = None,
        tokens: int | None = None,
    ) -> list[ModelCard]:
        """Who is asked, one after the other, until one answers; a drill asks the same.

        After the decision's models comes the model of the house that the rules name to stand in.
        ``routes`` stands in for those that remember failures; ``tokens`` as in ``Routes.fitting``.

        Raises:
            Unsupported, ContextOverflow, Unavailable: see ``Routes.fitting``.
        """
        spares = self.border.stand_ins(call, decision)
        return (routes or self.routes).fitting(decision.models, call, spares, tokens)

    async def embed(self, call: Call, texts: Sequence[str]) -> Embeddings:
        """Turn texts into vectors; the call carries who asks, why and with which model.

        Raises:
            HausgeistError: as ``answer``'s ``Failed``, raised.
        """

        async def ask(provider: Provider, card: ModelCard, run: Run) -> tuple[Embeddings, Usage]:
            hidden = run.veiled.texts if run.veiled is not None else None
            result = await provider.embed(texts if hidden is None else hidden, card)
            if not result.usage.total or not credible(result.usage):  # it gave no number
                usage = Usage(input_tokens=run.input_tokens(), estimated=True)
                result = replace(result, usage=usage)
            return result, result.usage

        return await self._once(call, texts, Capability.EMBEDDING, "Embedding", ask)

    async def transcribe(self, call: Call, recording: Recording) -> Transcript:
        """Write down a recording. No detector hears it: where the rule asks, it counts as personal.

        Raises:
            HausgeistError: as ``answer``'s ``Failed``, raised.
        """

        async def ask(provider: Provider, card: ModelCard, _: Run) -> tuple[Transcript, Usage]:
            if not isinstance(provider, Hears):
                raise Unsupported(what=f"Transcribing with {card.id}", param="model")
            result = await provider.transcribe(recording, card)
            return result, result.usage

        hints = [recording.prompt or ""]
        return await self._once(
            call, hints, Capability.TRANSCRIPTION, "Transcribing", ask, unseen=True, may_hide=False
        )

    async def speak(self, call: Call, speech: Speech) -> AsyncIterator[bytes]:
        """Read a text aloud, as it comes. Closing the iterator ends the upstream and still books it.

        Raises:
            HausgeistError: as ``answer``'s ``Failed``, raised, before or after the first bytes.
        """
        texts = [speech.text, speech.instructions or ""]
        run = Run(call, self.now_ms(), texts)
        self.running += 1
        try:
            # spoken pseudonyms cannot be restored
            card = await self._admit(run, Capability.SPEECH, "Speaking", may_hide=False)
            provider = self.directory.provider(card)
            if not isinstance(provider, Speaks):
                raise Unsupported(what=f"Speaking with {card.id}", param="model")
            async with aclosing(provider.speak(speech, card)) as sound:  # type: ignore[type-var]
                async for chunk in sound:
                    yield chunk
            usage = Usage(input_tokens=run.input_tokens(), estimated=True)
            run.saw(card, [Finished("stop", usage)], self.now_ms())
        except HausgeistError as error:
            run.failed(error)
            raise
        finally:
            self.running -= 1
            self._settle(run)

    async def count(self, call: Call) -> Usage:
        """How many tokens a call's input comes to; books nothing, and answers only who may call.

        A provider that counts sees the content, so the border decides as it would for the call.

        Raises:
            HausgeistError: as ``answer``'s ``Failed``, raised.
        """
        candidates = self.directory.candidates(call.model, call.principal)
        decision, veiled = await self._permitted(call, candidates)
        card = decision.models[0]
        provider = self.directory.provider(card)
        if not isinstance(provider, Counts):
            return Usage(input_tokens=estimate(call, characters(call)), estimated=True)
        if card.zone is not Zone.HOUSE:
            self.trail.note(
                "call.counted",
                actor=call.principal.id,
                subject=call.id,
                data_class=decision.data_class.word,
                zone=card.zone,
                model=card.id,
                provider=card.provider,
            )
        sent = call if veiled is None else veiled.call
        return Usage(input_tokens=await provider.count_tokens(sent, card))

    async def ended(self) -> None:
        """At shutdown: wait until the last call is booked. Who asked is gone, so none takes long."""
        until = asyncio.get_running_loop().time() + BOOKING_SECONDS
        while self.running and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110  no event: it would cost every call
            await asyncio.sleep(0.01)

    def outlook(
        self,
        principal: Principal,
        model: str,
        data_class: DataClass,
        assistant: str | None = None,
        purpose: Purpose = Purpose.CHAT,
    ) -> Decision:
        """What the border says to a call before there is any content; EXAMINE if that would matter.

        Raises:
            UnknownModel: there is none, or not for this caller.
        """
        candidates = self.directory.candidates(model, principal)
        call = Call(
            id="outlook",
            principal=principal,
            purpose=purpose,
            model=model,
            declared=data_class,
            assistant=assistant,
        )
        return self.border.first(call, candidates)

    async def preview(self, call: Call) -> Preview:
        """What would be decided of a call, and what of its texts would be hidden; nothing is sent or stored.

        Raises:
            UnknownModel: there is none, or not for this caller.
            DetectorDown, VeilDown: it cannot be said; the call would not leave either.
        """
        decision, found = await self._decided(call)
        refused = decision.verdict is Verdict.REFUSE  # what was found may be a mistake to put right
        if self.veils is None or not (refused or await self._is_to_veil(call, decision)):
            return Preview(decision)
        return Preview(decision, await self.veils.preview(call, found))

    async def decided(self, call: Call) -> Decision:
        """What is decided of a call with its content; nothing is sent or stored. Raises as ``preview``."""
        return (await self._decided(call))[0]

    async def _decided(self, call: Call) -> tuple[Decision, Examination]:
        candidates = self.directory.candidates(call.model, call.principal)
        decision = self.border.first(call, candidates)
        if decision.verdict is not Verdict.EXAMINE:
            return decision, Examination()
        return await self.border.look(call, candidates, may_hide=self.veils is not None)

    async def _once(
        self,
        call: Call,
        texts: Sequence[str],
        capability: Capability,
        doing: str,
        ask: Callable[[Provider, ModelCard, Run], Awaitable[tuple[T, Usage]]],
        *,
        unseen: bool = False,
        may_hide: bool = True,
    ) -> T:
        """A call that is answered in one piece: decide, reserve, ask, settle."""
        run = Run(call, self.now_ms(), texts)
        self.running += 1
        try:
            card = await self._admit(run, capability, doing, unseen=unseen, may_hide=may_hide)
            result, usage = await ask(self.directory.provider(card), card, run)
            run.saw(card, [Finished("stop", usage)], self.now_ms())
        except HausgeistError as error:
            run.failed(error)
            raise
        else:
            return result
        finally:
            self.running -= 1
            self._settle(run)

    async def _permitted(
        self,
        call: Call,
        candidates: Sequence[ModelCard],
        texts: Sequence[str] | None = None,
        *,
        unseen: bool = False,
        may_hide: bool = True,
    ) -> tuple[Decision, Veiled | None]:
        """The border's decision; where it is to pseudonymise, the call as it may leave.

        Raises:
            HausgeistError: it may not leave, or could not be examined or veiled.
        """
        whole = texts is None  # only a conversation can be answered by another model
        decision = self.border.decide(call, candidates, may_reroute=whole)
        found, veiled = Examination(), None
        may_hide = may_hide and self.veils is not None
        if decision.verdict is Verdict.EXAMINE:
            decision, found = await self.border.examine(
                call, candidates, texts, unseen=unseen, may_hide=may_hide, may_reroute=whole
            )
        if may_hide and await self._is_to_veil(call, decision):
            assert self.veils is not None
            veiled = await self.veils.hide(call, found, texts)
        declare(call, decision, veiled)  # or nothing of it leaves
        return decision, veiled

    async def _is_to_veil(self, call: Call, decision: Decision) -> bool:
        """Whether pseudonyms are due: by the rule, by a person's mark, or since the conversation has some."""
        if decision.verdict is Verdict.PSEUDONYMISE or self.veils is None:
            return decision.verdict is Verdict.PSEUDONYMISE
        if all(card.zone is Zone.HOUSE for card in decision.models):
            return False
        return await self.veils.due(call)

    async def _admit(
        self,
        run: Run,
        capability: Capability,
        doing: str,
        *,
        unseen: bool = False,
        may_hide: bool = True,
    ) -> ModelCard:
        """The card that may and can, with the budget reserved."""
        cards = self.directory.candidates(run.call.model, run.call.principal)
        run.wanted = cards[0]
        decision, run.veiled = await self._permitted(
            run.call, cards, run.texts, unseen=unseen, may_hide=may_hide
        )
        card = next((card for card in decision.models if card.can(capability)), None)
        if card is None:
            raise Unsupported(what=f"{doing} with {run.call.model}", param="model")
        await self._reserve(run, decision, [card])
        return card

    def _spares(self, call: Call, names: Sequence[str]) -> list[ModelCard]:
        """The models of these names that the caller may use and that can answer the call."""
        who = call.principal
        known = [name for name in names if self.directory.knows(name) and who.may_use(name)]
        cards = [card for name in known for card in self.directory.candidates(name, who)]
        return self.routes.able(cards, call)

    async def _reserve(
        self, run: Run, decision: Decision, cards: Sequence[ModelCard]
    ) -> Sequence[ModelCard]:
        """Hold the worst that any of the cards can come to; gives those that the budgets can cover."""
        scopes = self.book.scopes_of(run.call.principal)
        if scopes:
            cards = _payable(self.book, decision, cards, scopes)
        reservation = run.reserve(decision, cards, scopes)
        await self.book.reserve(reservation)
        run.reservation = reservation
        return cards

    def _settle(self, run: Run) -> None:
        """Book the call, which puts it into the trail; needs no await, so cancellation cannot skip it."""
        who = run.call.principal.id
        code = run.error.code if run.error else ""
        if run.reservation is None:
            refused = run.refused(self.now_ms())
            if refused is not None:
                self.book.settle(refused)
            self.trail.note("call.refused", actor=who, subject=run.call.id, code=code or "aborted")
            return
        settlement = run.settle(self.now_ms())
        self.book.settle(settlement)
        self.on_settled(settlement)
        if run.ear is not None:
            self.tap.offer(run.ear, settlement)


def _payable(
    book: Book, decision: Decision, cards: Sequence[ModelCard], scopes: Sequence[str]
) -> Sequence[ModelCard]:
    """The cards that the budgets can cover. A stand-in never makes up for an unknown price."""
    meant = decision.models[0].id
    own = [card for card in cards if card.id == meant]
    spares = [card for card in cards if card.id != meant]
    if not own or not spares:
        return book.payable(cards, scopes)
    own = [*book.payable(own, scopes)]
    covered = {id(card) for card in book.payable([*own, *spares], scopes)}
    kept = {id(card) for card in own} | covered
    return [card for card in cards if id(card) in kept]
