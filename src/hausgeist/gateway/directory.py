# SPDX-License-Identifier: EUPL-1.2
"""Which models the house serves: names to cards, cards to providers.

Several cards may bear one id (the same model at two providers): they are the candidates of a call.
Sources (the shelf of local files, configured providers, the built-in encoder) put their cards in under
their own name and replace them as a whole. Reading costs a dictionary look-up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from hausgeist.core.models import Energy, ModelCard, Price
from hausgeist.core.people import Principal
from hausgeist.errors import UnknownModel
from hausgeist.gateway.providers import Provider


@dataclass(frozen=True, slots=True)
class Note:
    """What the house says of a model: empty texts leave the card as it is; ``hidden``: not in the chat."""

    title: str = ""
    description: str = ""
    hidden: bool = False


class Directory:
    """The models on offer. Replaced source by source; never half-written."""

    def __init__(self) -> None:
        self._providers: dict[str, Provider] = {}
        self._sources: dict[str, tuple[ModelCard, ...]] = {}
        self._by_id: dict[str, tuple[ModelCard, ...]] = {}
        self._notes: dict[str, Note] = {}
        self.price_of: Callable[[ModelCard], Price | None] = lambda card: card.price
        """What a card costs; it is asked when cards are put in, and at ``reprice``."""
        self.energy_of: Callable[[ModelCard], Energy | None] = lambda card: card.energy
        """What a call to a card takes, likewise."""

    def put(self, source: str, provider: Provider, cards: Iterable[ModelCard]) -> None:
        """Replace what a source offers."""
        self._providers[source] = provider
        self._sources[source] = tuple(cards)
        self._index()

    def drop(self, source: str) -> None:
        """Remove a source and its cards."""
        self._providers.pop(source, None)
        self._sources.pop(source, None)
        self._index()

    def annotate(self, notes: Mapping[str, Note]) -> None:
        """Show what the house says of its models."""
        if notes != self._notes:
            self._notes = dict(notes)
            self._index()

    def reprice(self) -> None:
        """Ask again what the cards cost and take."""
        self._index()

    def note(self, model: str) -> Note:
        """What the house says of a model."""
        return self._notes.get(model, Note())

    def knows(self, model: str) -> bool:
        """Whether the house has a model of this name, for whomever."""
        return model in self._by_id

    def has(self, source: str) -> bool:
        """Whether a source offers anything."""
        return source in self._sources

    def sources(self) -> list[str]:
        """The sources there are."""
        return list(self._providers)

    def provider(self, card: ModelCard) -> Provider:
        """The provider that serves a card."""
        return self._providers[card.provider]

    def candidates(self, model: str, principal: Principal) -> tuple[ModelCard, ...]:
        """The cards a caller may mean by a name; ``name`` and ``name:latest`` are the same.

        Raises:
            UnknownModel: there is none, or the credential is not scoped to it: the same answer.
        """
        cards = self._by_id.get(model) or self._by_id.get(_other_name(model), ())
        if not cards or not _may_use(cards[0], principal):
            raise UnknownModel(model=model, param="model")
        return cards

    def visible(self, principal: Principal) -> list[ModelCard]:
        """One card per model the caller may use, those in the house first, then by name."""
        return [card for card in self.everything() if _may_use(card, principal)]

    def offered(self, principal: Principal) -> list[ModelCard]:
        """What ``visible`` gives without the models that the chat does not offer."""
        seen = self.visible(principal)
        return [card for card in seen if card.in_chat and not self.note(card.id).hidden]

    def everything(self) -> list[ModelCard]:
        """One card per model, whoever may use it, for the administration; in the order of ``visible``."""
        cards = [cards[0] for cards in self._by_id.values()]
        return sorted(cards, key=lambda card: (card.zone != "house", card.id))

    def cards(self) -> list[ModelCard]:
        """Every card of every source."""
        return [card for cards in self._by_id.values() for card in cards]

    def _index(self) -> None:
        by_id: dict[str, list[ModelCard]] = {}
        for cards in self._sources.values():
            for card in cards:
                by_id.setdefault(card.id, []).append(self._noted(card))
        self._by_id = {model: tuple(cards) for model, cards in by_id.items()}

    def _noted(self, card: ModelCard) -> ModelCard:
        price, energy = self.price_of(card), self.energy_of(card)
        if price is not card.price or energy is not card.energy:
            card = replace(card, price=price, energy=energy)
        note = self._notes.get(card.id)
        if note is None or not (note.title or note.description):
            return card
        return replace(
            card,
            title=note.title or card.title,
            description=note.description or card.description,
        )


def _may_use(card: ModelCard, principal: Principal) -> bool:
    if not principal.may_use(card.id):
        return False
    who = card.only_for
    return (
        who is None
        or principal.id in who
        or not who.isdisjoint(principal.groups | {principal.group})
    )


def _other_name(model: str) -> str:
    return model.removesuffix(":latest") if model.endswith(":latest") else model + ":latest"
