# SPDX-License-Identifier: EUPL-1.2
"""Every table, for SQLite and PostgreSQL alike.

``*_at`` columns are milliseconds since the epoch; money is micro-EUR; JSON columns hold text that the
aggregate's file encodes. A table that holds a person's data is registered in ``people``.
"""

from hausgeist.store.tables.audit import (
    audit_changes,
    audit_checkpoints,
    audit_erased,
    audit_leaves,
    audit_nodes,
    audit_payloads,
    connections,
)
from hausgeist.store.tables.border import (
    appeals,
    canaries,
    departures,
    drills,
    egress_reports,
    guard_rules,
    own_words,
    policies,
    readings,
    veils,
)
from hausgeist.store.tables.conversations import (
    conversations,
    file_contents,
    files,
    folders,
    messages,
    search_words,
)
from hausgeist.store.tables.house import announcements, meta, model_notes, providers, retention
from hausgeist.store.tables.ledger import (
    budget_rules,
    budgets,
    house_costs,
    ledger,
    prices,
    processes,
    reservations,
    usage_closed,
    usage_days,
)
from hausgeist.store.tables.library import library_grants, library_items, library_versions
from hausgeist.store.tables.people import (
    api_keys,
    groups,
    login_sources,
    login_subjects,
    memberships,
    sessions,
    setup_tokens,
    throttles,
    users,
)
from hausgeist.store.tables.schema import metadata
from hausgeist.store.tables.sharing import holds, import_pieces, imported, imports, shares

__all__ = [
    "announcements",
    "api_keys",
    "appeals",
    "audit_changes",
    "audit_checkpoints",
    "audit_erased",
    "audit_leaves",
    "audit_nodes",
    "audit_payloads",
    "budget_rules",
    "budgets",
    "canaries",
    "connections",
    "conversations",
    "departures",
    "drills",
    "egress_reports",
    "file_contents",
    "files",
    "folders",
    "groups",
    "guard_rules",
    "holds",
    "house_costs",
    "import_pieces",
    "imported",
    "imports",
    "ledger",
    "library_grants",
    "library_items",
    "library_versions",
    "login_sources",
    "login_subjects",
    "memberships",
    "messages",
    "meta",
    "metadata",
    "model_notes",
    "own_words",
    "policies",
    "prices",
    "processes",
    "providers",
    "readings",
    "reservations",
    "retention",
    "search_words",
    "sessions",
    "setup_tokens",
    "shares",
    "throttles",
    "usage_closed",
    "usage_days",
    "users",
    "veils",
]
