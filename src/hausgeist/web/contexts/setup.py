# SPDX-License-Identifier: EUPL-1.2
"""What the first-run page shows to the holder of the one-time set-up link."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class SetupPage:
    """``token`` travels back in a hidden field; ``error`` says what to change.

    ``least`` is the number of characters a password must have.
    """

    shell: Shell
    token: str
    least: int
    error: str | None = None
    organisation: str = ""
    login: str = ""
    name: str = ""
