# SPDX-License-Identifier: EUPL-1.2
"""The frame around every page: who is reading, in which language, in which light."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Theme: TypeAlias = Literal["auto", "light", "dark"]
Nav: TypeAlias = Literal["", "chat", "account", "admin"]


@dataclass(frozen=True, slots=True)
class Shell:
    """Values every page has.

    ``title`` is already in the reader's language. ``user_name`` is None for a reader who has not
    logged in: the header then shows neither navigation nor menu. ``active_nav`` names the entry of
    the navigation to mark. ``static_version`` is the fingerprint of all static files. There is no
    CSRF token: state changes are checked by origin.
    """

    title: str
    organisation: str
    language: str
    theme: Theme = "auto"
    user_name: str | None = None
    is_admin: bool = False
    active_nav: Nav = ""
    static_version: str = ""
