# SPDX-License-Identifier: EUPL-1.2
"""The frame around every page: who is reading, in which language, in which light."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Theme: TypeAlias = Literal["auto", "light", "dark"]
Nav: TypeAlias = Literal["", "chat", "library", "tasks", "account", "admin"]


@dataclass(frozen=True, slots=True)
class Bar:
    """An announcement over the page. ``html`` is clean; ``warn``: it is more than news.

    Without an ``id`` it is about the reader alone, and cannot be put away.
    """

    id: str
    html: str
    warn: bool


@dataclass(frozen=True, slots=True)
class Looks:
    """How the organisation's pages differ from ours: addresses of its logo and colours, or empty.

    ``links`` are pairs of words and address; ``login`` has the paragraphs over the login form.
    """

    logo: str = ""
    colours: str = ""
    footer: str = ""
    links: tuple[tuple[str, str], ...] = ()
    login: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shell:
    """Values every page has.

    ``title`` is already in the reader's language. ``user_name`` is None for a reader who has not
    logged in: the header then shows neither navigation nor menu. ``active_nav`` names the entry of
    the navigation to mark. There is no CSRF token: state changes are checked by origin.
    """

    title: str
    organisation: str
    language: str
    theme: Theme = "auto"
    user_name: str | None = None
    is_admin: bool = False
    oversees: bool = False
    active_nav: Nav = ""
    looks: Looks = Looks()
    bars: tuple[Bar, ...] = ()
