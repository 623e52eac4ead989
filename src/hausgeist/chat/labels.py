# SPDX-License-Identifier: EUPL-1.2
"""Data classes and zones in words of the catalogue, for pages and for what is saved."""

from hausgeist.core.labels import DataClass, Zone
from hausgeist.errors import N_

CLASSES = {
    DataClass.PUBLIC: N_("Public"),
    DataClass.INTERNAL: N_("Internal"),
    DataClass.PERSONAL: N_("Personal data"),
    DataClass.SPECIAL: N_("Specially protected"),
}
ZONES = {
    Zone.HOUSE: N_("In the house"),
    Zone.EU: N_("In Europe, under contract"),
    Zone.WORLD: N_("Outside Europe"),
}
