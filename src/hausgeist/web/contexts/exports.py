# SPDX-License-Identifier: EUPL-1.2
"""What the page of exports shows."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class ExportPage:
    """Save one conversation."""

    shell: Shell
    conversation: str
    name: str
