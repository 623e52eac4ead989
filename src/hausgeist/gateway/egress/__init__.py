# SPDX-License-Identifier: EUPL-1.2
"""Proof of what left the house: compared with what was really opened, tried with a canary, reported monthly.

``Compared`` says what differs, ``Canary`` flies, ``Reports`` signs; ``Watch`` looks at the kernel's lists.
"""

from hausgeist.gateway.egress.canary import Canary, Flight
from hausgeist.gateway.egress.compare import Compared, Difference, compared
from hausgeist.gateway.egress.proof import Proof, recent
from hausgeist.gateway.egress.report import (
    Reports,
    Signed,
    allowed,
    asked_span,
    report_key,
    verified,
)
from hausgeist.gateway.egress.watch import Watch, own_ways

__all__ = [
    "Canary",
    "Compared",
    "Difference",
    "Flight",
    "Proof",
    "Reports",
    "Signed",
    "Watch",
    "allowed",
    "asked_span",
    "compared",
    "own_ways",
    "recent",
    "report_key",
    "verified",
]
