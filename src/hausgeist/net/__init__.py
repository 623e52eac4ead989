# SPDX-License-Identifier: EUPL-1.2
"""The only way out of the process: one HTTP client behind an allow list."""

from hausgeist.net.allow import AllowList, Destination
from hausgeist.net.client import Outbound, Response
from hausgeist.net.connections import Connections
from hausgeist.net.departure import Depart, Departure, Leaving, Told
from hausgeist.net.target import Target, locate
from hausgeist.net.wire import Wire

__all__ = [
    "AllowList",
    "Connections",
    "Depart",
    "Departure",
    "Destination",
    "Leaving",
    "Outbound",
    "Response",
    "Target",
    "Told",
    "Wire",
    "locate",
]
