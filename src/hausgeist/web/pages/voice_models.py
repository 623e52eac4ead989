# SPDX-License-Identifier: EUPL-1.2
"""Which model hears or speaks for a person, if any: the buttons are there only then."""

from hausgeist.core.labels import DataClass
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.policy import Verdict
from hausgeist.web.visit import Visit


def voice_model(visit: Visit, capability: Capability, data_class: DataClass) -> ModelCard | None:
    """The first model this person may use for it with data of this class; the house's come first."""
    gateway = visit.house.gateway
    cards = [card for card in gateway.directory.visible(visit.principal) if card.can(capability)]
    for card in sorted(cards, key=lambda card: ("house", "eu", "world").index(card.zone.value)):
        decision = gateway.outlook(visit.principal, card.id, data_class)
        if decision.verdict in {Verdict.ALLOW, Verdict.EXAMINE}:
            return card
    return None
