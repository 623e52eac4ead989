# SPDX-License-Identifier: EUPL-1.2
"""Models in OpenAI's shape, with what the house knows of them under ``hausgeist``.

The list carries the keys of Anthropic's as well (``type``, ``display_name``, ``has_more`` …): both live at
``/v1/models``, and neither's clients mind the other's keys.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.models import ModelCard
from hausgeist.core.people import Principal
from hausgeist.core.policy import Facts, Policy, Verdict, decide

_text = msgspec.json.Encoder().encode


class ModelPrice(msgspec.Struct):
    """EUR per million tokens, and where the number comes from."""

    input: float
    output: float
    cached_input: float | None
    as_of: str
    source: str


class HouseFacts(msgspec.Struct):
    """What the house knows of a model.

    ``data_class`` is the highest that this caller may send there, None for none. ``context`` is the
    effective window and ``max_output`` the longest answer, in tokens; None means unknown.
    """

    title: str
    zone: str
    country: str | None
    data_class: str | None
    context: int | None
    max_output: int | None
    capabilities: list[str]
    price: ModelPrice | None


class ModelOut(msgspec.Struct):
    """One model. ``created`` is in seconds since the epoch."""

    id: str
    created: int
    owned_by: str
    display_name: str
    created_at: str
    hausgeist: HouseFacts
    object: str = "model"
    type: str = "model"


class ModelList(msgspec.Struct):
    """The models a caller may use."""

    data: list[ModelOut]
    first_id: str | None
    last_id: str | None
    object: str = "list"
    has_more: bool = False


def model(card: ModelCard, principal: Principal, policy: Policy) -> bytes:
    """One model as a body."""
    return _text(_model(card, principal, policy))


def models(cards: Sequence[ModelCard], principal: Principal, policy: Policy) -> bytes:
    """The models as a body, in the order of the cards."""
    data = [_model(card, principal, policy) for card in cards]
    return _text(ModelList(data, data[0].id if data else None, data[-1].id if data else None))


def _model(card: ModelCard, principal: Principal, policy: Policy) -> ModelOut:
    price = card.price
    return ModelOut(
        id=card.id,
        created=card.created,
        owned_by=card.provider,
        display_name=card.name,
        created_at=datetime.fromtimestamp(card.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        hausgeist=HouseFacts(
            title=card.name,
            zone=card.zone,
            country=card.country,
            data_class=_clearance(card, principal, policy),
            context=card.context,
            max_output=card.max_output,
            capabilities=sorted(card.capabilities),
            price=ModelPrice(
                price.input, price.output, price.cached_input, price.as_of, price.source
            )
            if price
            else None,
        ),
    )


def _clearance(card: ModelCard, principal: Principal, policy: Policy) -> str | None:
    """The highest class the border lets through, if the detectors find nothing more delicate."""
    for data_class in reversed(DataClass):
        facts = Facts(data_class=data_class, purpose=Purpose.API, max_class=principal.max_class)
        if decide(facts, [card], policy).verdict is not Verdict.REFUSE:
            return data_class.word
    return None
