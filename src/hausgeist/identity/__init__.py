# SPDX-License-Identifier: EUPL-1.2
"""Who is asking: keys, sessions, passwords, the first-run link."""

from hausgeist.identity.identity import Identity
from hausgeist.identity.keys import Key, KeyWish
from hausgeist.identity.passwords import LEAST, generated
from hausgeist.identity.people import Person
from hausgeist.identity.sessions import OpenSession

__all__ = ["LEAST", "Identity", "Key", "KeyWish", "OpenSession", "Person", "generated"]
