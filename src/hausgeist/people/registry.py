# SPDX-License-Identifier: EUPL-1.2
"""The registry of every store of personal data: which tables, how they are read out, how erased.

A table that points at a person, directly or through another, must be named here; a test walks the schema.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from hausgeist.errors import N_
from hausgeist.store import appeals, jobs, personal, tasks, traffic
from hausgeist.store.db import Store

Row = dict[str, Any]
PAGE = 20
"""Rows that are read at once where they may be long."""


@dataclass(frozen=True, slots=True)
class PersonalStore:
    """Tables with a person's data. Both verbs take the store's connection and the person's id.

    ``title`` is what people call it. ``paged``: ``export`` also takes ``after`` (an id) and ``most``.
    """

    name: str
    title: str
    tables: frozenset[str]
    export: Callable[..., list[Row]]
    erase: Callable[[Any, str], int]
    paged: bool = False

    def rows(self, store: Store, user_id: str) -> Iterator[Row]:
        """Everything of a person, read a page at a time; no connection is held in between."""
        if not self.paged:
            yield from store.read_now(lambda connection: self.export(connection, user_id))
            return
        after = ""
        while found := store.read_now(partial(self._page, user_id, after)):
            yield from found
            after = found[-1]["id"]

    def _page(self, user_id: str, after: str, connection: Any) -> list[Row]:
        return self.export(connection, user_id, after, PAGE)


STORES = (
    PersonalStore(
        "files",
        N_("Files"),
        frozenset({"files", "file_contents"}),
        personal.files_of,
        personal.erase_files,
        paged=True,
    ),
    PersonalStore(
        "shares",
        N_("Links to shared conversations"),
        frozenset({"shares"}),
        personal.shared,
        personal.erase_shares,
    ),
    PersonalStore(
        "imports",
        N_("Imports from other programs"),
        frozenset({"imports", "import_pieces", "imported"}),
        personal.imports_of,
        personal.erase_imports,
    ),
    PersonalStore(
        "conversations",
        N_("Conversations"),
        frozenset({"conversations", "messages", "search_words", "veils"}),
        personal.talks,
        personal.erase_talks,
        paged=True,
    ),
    PersonalStore(
        "appeals",
        N_("Objections to rules"),
        frozenset({"appeals"}),
        appeals.exported,
        appeals.erase,
    ),
    PersonalStore(
        "readings",
        N_("Who asked to read your conversations"),
        frozenset({"readings"}),
        personal.readings_of,
        personal.erase_readings,
    ),
    PersonalStore(
        "folders",
        N_("Folders"),
        frozenset({"folders"}),
        personal.folders_of,
        personal.erase_folders,
    ),
    PersonalStore(
        "library",
        N_("Assistants and prompts"),
        frozenset({"library_items", "library_versions", "library_grants"}),
        personal.library,
        personal.erase_library,
    ),
    PersonalStore(
        "jobs",
        N_("Background work"),
        frozenset({"jobs"}),
        jobs.exported,
        jobs.forget_starter,
    ),
    PersonalStore(
        "holds", N_("Legal holds"), frozenset({"holds"}), personal.holds_on, personal.erase_holds
    ),
    PersonalStore(
        "policies",
        N_("Rules of the border"),
        frozenset({"policies"}),
        personal.policies_by,
        personal.forget_policies,
    ),
    PersonalStore(
        "tasks",
        N_("Tasks of the workbench"),
        frozenset({"task_members"}),
        tasks.exported,
        tasks.forget_person,
    ),
    PersonalStore(
        "traffic",
        N_("Samples of your keys' calls, where you agreed to tasks"),
        frozenset({"traffic_templates", "traffic_samples"}),
        traffic.exported,
        traffic.erase,
    ),
    PersonalStore(
        "keys", N_("API keys"), frozenset({"api_keys"}), personal.keys, personal.erase_keys
    ),
    PersonalStore(
        "sessions",
        N_("Sessions"),
        frozenset({"sessions"}),
        personal.open_sessions,
        personal.erase_sessions,
    ),
    PersonalStore(
        "groups",
        N_("Groups"),
        frozenset({"memberships"}),
        personal.groups_of,
        personal.erase_memberships,
    ),
    PersonalStore(
        "logins",
        N_("Links to other logins"),
        frozenset({"login_subjects"}),
        personal.logins,
        personal.erase_logins,
    ),
    PersonalStore(
        "account",
        N_("Account"),
        frozenset({"users"}),
        personal.account,
        personal.erase_account,
    ),
)
"""In the order of erasure: what points at a person goes before the person."""
