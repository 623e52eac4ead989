# SPDX-License-Identifier: EUPL-1.2
"""What leaves the house, written down before it does: the border's decision meets the request on its way.

``declare`` is told of every decision, in the one place of the pipeline where decisions are made. Then
``Departures.depart`` is asked by ``net`` before each request to the outside: one that carries a call goes
only if a decision on that call names its model; whatever goes has its row before its first byte. Rows
tell no person, no group and no content.
"""

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass

from hausgeist.core.calls import Call
from hausgeist.core.labels import Zone
from hausgeist.core.models import ModelCard
from hausgeist.core.policy import Decision
from hausgeist.errors import EgressDenied
from hausgeist.gateway.privacy import Veiled
from hausgeist.net import Departure, Leaving, Told
from hausgeist.store import departures
from hausgeist.store.db import Store

PURPOSES = {"provider": "models", "test": "models", "login": "login", "model": "weights"}
"""Why something leaves that is no call, by the first word of the allow list's reason: a provider is asked
for its models, somebody logs in, a model's file is fetched."""


@dataclass(frozen=True, slots=True)
class _Errand:
    """A call with the decision on it."""

    call: Call
    decision: Decision
    veiled: Veiled | None


_errand: ContextVar[_Errand | None] = ContextVar("errand", default=None)


def declare(call: Call, decision: Decision, veiled: Veiled | None) -> None:
    """From here on, what this task sends to a model is this call, under this decision."""
    _errand.set(_Errand(call, decision, veiled))


def declared(leaving: Leaving) -> tuple[_Errand, ModelCard]:
    """The call that a request carries, and the card it is for.

    Raises:
        EgressDenied: no decision on the call names the model.
    """
    errand = _errand.get()
    reason = leaving.destination.reason
    cards = [] if errand is None else [c for c in errand.decision.models if c.id == leaving.model]
    if errand is None or not cards:
        raise EgressDenied(host=f"{leaving.host}:{leaving.port}", provider=_name(reason))
    named = (card for card in cards if card.provider == _name(reason))
    return errand, next(named, cards[0])


class Departures:
    """Writes down what leaves."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._now_ms = now_ms
        self._ended: Counter[tuple[str, str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()

    async def depart(self, leaving: Leaving) -> Departure | None:
        """Write a request down, and let it go once that is committed; None: it stays in the house.

        Raises:
            EgressDenied: it carries a call on which nobody decided.
        """
        row = self._row(leaving)
        if row is None:
            return None
        left = _Left(self, row)
        written = self._store.write_many(departures.start, row)
        try:
            await asyncio.shield(written)
        except (
            asyncio.CancelledError
        ):  # the commit cannot be called back: it is completed as unsent
            left.ended(Told("aborted", 0, 0, 0))
            raise
        return left

    async def recover(self, older_than_s: float = 0.0) -> None:
        """Say of what a killed process left open that its end is not known."""
        before = self._now_ms() - int(older_than_s * 1000)
        await self._store.write(lambda connection: departures.give_up(connection, before))

    def complete(self, row: dict[str, object], told: Told) -> None:
        """Complete a row; nobody waits for the commit."""
        self._store.write_later(
            departures.complete,
            {
                "row": row["id"],
                "ended_at": self._now_ms(),
                "bytes_out": told.bytes_out,
                "bytes_in": told.bytes_in,
                "sockets": told.sockets,
                "outcome": told.outcome,
            },
        )
        zone = str(row["zone"])
        self._ended[zone, str(row["purpose"]), told.outcome] += 1
        self._bytes[zone, "out"] += told.bytes_out
        self._bytes[zone, "in"] += told.bytes_in

    def counts(self) -> tuple[Iterable[tuple[tuple[str, ...], int]], ...]:
        """Since the start: departures by zone, purpose and outcome; bytes by zone and direction."""
        return self._ended.items(), self._bytes.items()

    def _row(self, leaving: Leaving) -> dict[str, object] | None:
        where = leaving.destination
        row: dict[str, object] = {
            "id": secrets.token_hex(16),
            "call_id": "",
            "at": self._now_ms(),
            "ended_at": None,
            "host": leaving.host[:253],
            "port": leaving.port,
            "reason": where.reason[:64],
            "provider": _name(where.reason)[:64],
            "model": leaving.model[:200],
            "zone": where.zone,
            "country": where.country or None,
            "purpose": PURPOSES.get(where.reason.partition(":")[0], "other"),
            "data_class": "",
            "verdict": "",
            "policy_version": "",
            "hidden": "{}",
            "bytes_out": leaving.bytes_out,
            "bytes_in": 0,
            "sockets": 0,
            "outcome": "opened",
        }
        if not leaving.model:
            return row
        errand, card = declared(leaving)
        if card.zone is Zone.HOUSE:
            return None
        decision = errand.decision
        return row | {
            "call_id": errand.call.id[:64],
            "provider": card.provider[:64],
            "zone": card.zone.value,
            "country": card.country,
            "purpose": errand.call.purpose.value,
            "data_class": decision.data_class.word,
            "verdict": decision.verdict.value,
            "policy_version": decision.policy_version,
            "hidden": json.dumps(dict(errand.veiled.hidden) if errand.veiled is not None else {}),
        }


@dataclass(slots=True)
class _Left:
    """A request with its row."""

    departures: Departures
    row: dict[str, object]

    def ended(self, told: Told) -> None:
        self.departures.complete(self.row, told)


def _name(reason: str) -> str:
    """The provider that a reason of the allow list names."""
    return reason.partition(":")[2]
