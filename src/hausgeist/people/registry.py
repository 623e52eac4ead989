# SPDX-License-Identifier: EUPL-1.2
"""The registry of every store of personal data: which tables, how they are read out, how erased.

A table that points at a person, directly or through another, must be named here; a test walks the schema.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.trail import Fact
from hausgeist.errors import LastAdmin, NotFound
from hausgeist.store import accounts, personal
from hausgeist.store.db import Store

Export = Callable[[Any, str], list[dict[str, Any]]]
Erase = Callable[[Any, str], int]


@dataclass(frozen=True, slots=True)
class PersonalStore:
    """Tables with a person's data. Both verbs take the store's connection and the person's id."""

    name: str
    tables: frozenset[str]
    export: Export
    erase: Erase


STORES = (
    PersonalStore(
        "files", frozenset({"files", "file_contents"}), personal.files_of, personal.erase_files
    ),
    PersonalStore("shares", frozenset({"shares"}), personal.shared, personal.erase_shares),
    PersonalStore(
        "conversations",
        frozenset({"conversations", "messages", "search_words"}),
        personal.talks,
        personal.erase_talks,
    ),
    PersonalStore("folders", frozenset({"folders"}), personal.folders_of, personal.erase_folders),
    PersonalStore(
        "library",
        frozenset({"library_items", "library_versions", "library_grants"}),
        personal.library,
        personal.erase_library,
    ),
    PersonalStore("holds", frozenset({"holds"}), personal.holds_on, personal.erase_holds),
    PersonalStore("keys", frozenset({"api_keys"}), personal.keys, personal.erase_keys),
    PersonalStore(
        "sessions", frozenset({"sessions"}), personal.open_sessions, personal.erase_sessions
    ),
    PersonalStore(
        "groups", frozenset({"memberships"}), personal.groups_of, personal.erase_memberships
    ),
    PersonalStore("logins", frozenset({"login_subjects"}), personal.logins, personal.erase_logins),
    PersonalStore("account", frozenset({"users"}), personal.account, personal.erase_account),
)
"""In the order of erasure: what points at a person goes before the person."""


class PersonalData:
    """Reads out and erases all that is registered. ``changed`` forgets remembered credentials."""

    def __init__(self, store: Store, trail: Trail, changed: Callable[[], None]) -> None:
        self._store = store
        self._trail = trail
        self._changed = changed

    async def export(self, subject: str, by: str) -> dict[str, list[dict[str, Any]]]:
        """Everything of a person, by store (Art. 15 and 20 GDPR).

        Raises:
            NotFound: there is no such person.
        """

        def read(connection: Any) -> dict[str, list[dict[str, Any]]]:
            return {store.name: store.export(connection, subject) for store in STORES}

        found = await self._store.read(read)
        if not found["account"]:
            raise NotFound
        await self._trail.record("user.exported", actor=by, subject=subject)
        return found

    async def erase(self, subject: str, by: str) -> dict[str, int]:
        """Erase everything of a person in one transaction (Art. 17 GDPR); gives rows by store.

        Raises:
            NotFound: there is no such person.
            LastAdmin: nobody would administer the house any more.
        """

        def work(connection: Any) -> dict[str, Fact]:
            person = accounts.user(connection, subject)
            if person is None:
                raise NotFound
            administers = person["role"] == "admin" and person["active"]
            if administers and not accounts.other_admins(connection, subject):
                raise LastAdmin
            return {store.name: store.erase(connection, subject) for store in STORES}

        facts = await self._trail.change("user.erased", work, actor=by, subject=subject)
        self._changed()
        return {name: int(count or 0) for name, count in (facts or {}).items()}
