# SPDX-License-Identifier: EUPL-1.2
"""What the house holds of a person: export and erasure over every registered store."""

from hausgeist.people.registry import STORES, PersonalData, PersonalStore

__all__ = ["STORES", "PersonalData", "PersonalStore"]
