# SPDX-License-Identifier: EUPL-1.2
"""Sums as words: what is unknown of them is said, and energy says how it is known."""

from hausgeist.errors import N_
from hausgeist.ledger.usage import Grid
from hausgeist.locale import counter, translator
from hausgeist.store.usage import Sum
from hausgeist.web.amounts import euros, number


def cost(sum_: Sum, language: str) -> str:
    """EUR, and how many calls nobody knows the cost of."""
    turn, counted = translator(language), counter(language)
    if not sum_.unpriced:
        return euros(sum_.micro_eur, language)
    if sum_.unpriced == sum_.calls and not sum_.micro_eur:
        return turn(N_("unknown"))
    return counted(
        "{known} + {count} call unknown",
        "{known} + {count} calls unknown",
        number(sum_.unpriced, language),
        known=euros(sum_.micro_eur, language),
    )


def energy(sum_: Sum, language: str) -> str:
    """Kilowatt-hours: measured, estimated, and how many calls nobody knows of."""
    turn = translator(language)
    found = []
    if sum_.measured_mwh:
        found.append(turn(N_("{kwh} kWh measured")).format(kwh=_kwh(sum_.measured_mwh, language)))
    if sum_.estimated_mwh:
        found.append(turn(N_("{kwh} kWh estimated")).format(kwh=_kwh(sum_.estimated_mwh, language)))
    if sum_.unmeasured:
        if not found:
            return turn(N_("unknown"))
        counted = counter(language)
        calls = number(sum_.unmeasured, language)
        found.append(counted("{count} call unknown", "{count} calls unknown", calls))
    return ", ".join(found) if found else f"{_kwh(0, language)} kWh"


def carbon(sum_: Sum, grid: Grid, language: str) -> str:
    """Kilograms of CO2 of the energy that is known."""
    turn = translator(language)
    known = sum_.measured_mwh + sum_.estimated_mwh
    if sum_.unmeasured and not known:
        return turn(N_("unknown"))
    words = f"{number(grid.kilograms(known), language, 2)} kg"
    return turn(N_("{known} + unknown")).format(known=words) if sum_.unmeasured else words


def change(now: Sum, before: Sum | None, language: str) -> str:
    """The cost of the month before up to the same day, and by how much it changed."""
    if before is None or not before.calls:
        return "-"
    words = cost(before, language)
    if before.micro_eur and not before.unpriced and not now.unpriced:
        share = 100 * (now.micro_eur - before.micro_eur) / before.micro_eur
        words += f" ({share:+.0f} %)"
    return words


def _kwh(milliwatt_hours: int, language: str) -> str:
    value = milliwatt_hours / 1e6
    return number(value, language, 2 if value >= 0.01 or not value else 4)
