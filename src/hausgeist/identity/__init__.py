# SPDX-License-Identifier: EUPL-1.2
"""Who is asking: keys, sessions, passwords, the first-run link."""

from hausgeist.identity.identity import Identity

__all__ = ["Identity"]
