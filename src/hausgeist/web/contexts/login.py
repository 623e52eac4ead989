# SPDX-License-Identifier: EUPL-1.2
"""What the login page shows. The password typed before is never shown again."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class LoginPage:
    """``next`` is the checked local path to go to afterwards; ``name`` what was typed before.

    ``empty``: nobody has an account yet, so the set-up link comes first.
    """

    shell: Shell
    organisation: str
    next: str = "/"
    name: str = ""
    error: str | None = None
    empty: bool = False
