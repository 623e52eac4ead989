# SPDX-License-Identifier: EUPL-1.2
"""What the login page shows. The password typed before is never shown again."""

from dataclasses import dataclass

from hausgeist.web.contexts.shell import Shell


@dataclass(frozen=True, slots=True)
class LoginPage:
    """``next`` is the checked local path to go to afterwards; ``name`` what was typed before.

    ``empty``: nobody has an account yet, so the set-up link comes first. ``offers``: login sources with
    pages of their own, as pairs of title and address. ``tucked``: the form is for few, and folded away.
    ``way_out``: title and address of the source whose session may still run there.
    """

    shell: Shell
    organisation: str
    next: str = "/"
    name: str = ""
    error: str | None = None
    empty: bool = False
    offers: tuple[tuple[str, str], ...] = ()
    tucked: bool = False
    way_out: tuple[str, str] | None = None
