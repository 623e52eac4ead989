# SPDX-License-Identifier: EUPL-1.2
"""What calls cost: reserved before, settled after, booked once. Rows carry the group, not the actor."""

from hausgeist.ledger.book import Book
from hausgeist.ledger.energy import EnergyMeter
from hausgeist.ledger.limits import Budgets
from hausgeist.ledger.prices import Prices
from hausgeist.ledger.usage import Usage

__all__ = ["Book", "Budgets", "EnergyMeter", "Prices", "Usage"]
