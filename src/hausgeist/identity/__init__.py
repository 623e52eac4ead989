# SPDX-License-Identifier: EUPL-1.2
"""Who is asking: keys, sessions, passwords, the first-run link."""

from hausgeist.identity.announcements import Announcement, Wording
from hausgeist.identity.branding import Brand
from hausgeist.identity.groups import Group, Member
from hausgeist.identity.identity import Identity
from hausgeist.identity.keys import Key, KeyWish
from hausgeist.identity.passwords import LEAST, generated
from hausgeist.identity.people import Person
from hausgeist.identity.sessions import OpenSession

__all__ = [
    "LEAST",
    "Announcement",
    "Brand",
    "Group",
    "Identity",
    "Key",
    "KeyWish",
    "Member",
    "OpenSession",
    "Person",
    "Wording",
    "generated",
]
