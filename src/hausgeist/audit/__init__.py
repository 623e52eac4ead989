# SPDX-License-Identifier: EUPL-1.2
"""What happened in the house, so that an outsider can check it: one append function."""

from hausgeist.audit.changes import Changed, Changes
from hausgeist.audit.trail import Trail

__all__ = ["Changed", "Changes", "Trail"]
