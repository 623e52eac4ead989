# SPDX-License-Identifier: EUPL-1.2
"""Names, addresses and dates of birth in German and English texts.

The web process needs ``spread`` alone; what finds names is loaded where it is asked for, in the child.
"""

from typing import TYPE_CHECKING, Any

from hausgeist.gateway.privacy.names.spreading import spread

if TYPE_CHECKING:
    from hausgeist.gateway.privacy.names.finder import Names

__all__ = ["Names", "spread"]


def __getattr__(name: str) -> Any:
    if name != "Names":
        raise AttributeError(name)
    from hausgeist.gateway.privacy.names.finder import Names  # noqa: PLC0415  30 ms of patterns

    return Names
