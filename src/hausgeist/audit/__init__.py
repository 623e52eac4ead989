# SPDX-License-Identifier: EUPL-1.2
"""What happened in the house, so that an outsider can check it: one append function, signed heads, proofs."""

from hausgeist.audit.changes import Changed, Changes
from hausgeist.audit.checkpoints import Checkpoint, Checkpoints, Looked, Proof
from hausgeist.audit.notes import Notary
from hausgeist.audit.trail import Trail

__all__ = [
    "Changed",
    "Changes",
    "Checkpoint",
    "Checkpoints",
    "Looked",
    "Notary",
    "Proof",
    "Trail",
]
