# SPDX-License-Identifier: EUPL-1.2
"""What the administration shows of the house itself: looks, announcements, changes."""

from dataclasses import dataclass

from hausgeist.web.contexts.admin import Tabs
from hausgeist.web.contexts.shell import Bar, Shell


@dataclass(frozen=True, slots=True)
class AppearancePage:
    """``accent`` is the colour in the form, ``ours`` the one without any choice.

    ``preview``: it is not saved yet, and ``colours`` is the address of its stylesheet. ``corrected``: what
    is used on light grounds instead, because it can be read; empty where nothing was changed.
    """

    shell: Shell
    tabs: Tabs
    organisation: str
    footer: str
    imprint: str
    privacy: str
    login_de: str
    login_en: str
    accent: str
    ours: str
    chosen: bool
    preview: bool
    colours: str
    corrected: str
    logo: str
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """An announcement of the list; ``span`` says from when until when."""

    id: str
    html: str
    warn: bool
    state: str
    span: str


@dataclass(frozen=True, slots=True)
class AnnouncementsPage:
    """``id`` is set where one is changed; ``preview`` shows what the form would say."""

    shell: Shell
    tabs: Tabs
    rows: tuple[AnnouncementRow, ...]
    clock: str
    id: str = ""
    kind: str = "info"
    text: str = ""
    starts: str = ""
    ends: str = ""
    preview: Bar | None = None
    done: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change: when, who, what, on whom or what; ``facts`` are name, before, after."""

    seq: int
    when: str
    who: str
    what: str
    kind: str
    subject: str
    address: str
    facts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """``kinds``: what the list can be narrowed to; ``older``: the address of the next page, or empty."""

    shell: Shell
    tabs: Tabs
    rows: tuple[ChangeRow, ...]
    kinds: tuple[tuple[str, str], ...]
    chosen: str
    older: str
    newest: str
