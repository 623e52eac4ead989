# SPDX-License-Identifier: EUPL-1.2
"""What calls cost: reserved before, settled after, booked once. Rows carry the group, not the actor."""

from hausgeist.ledger.book import Book

__all__ = ["Book"]
