# SPDX-License-Identifier: EUPL-1.2
"""Tables of the ledger: groups, never persons."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table, Text

from hausgeist.store.tables.schema import metadata

budgets = Table(
    "budgets",
    metadata,
    Column("scope", String(128), primary_key=True),  # group:…, key:…, cost_centre:…
    Column("period", String(8), primary_key=True),  # month, as 2026-11
    Column("limit_tokens", BigInteger),
    Column("limit_micro_eur", BigInteger),
    Column("reserved_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reserved_micro_eur", BigInteger, nullable=False, server_default="0"),
    Column("spent_tokens", BigInteger, nullable=False, server_default="0"),
    Column("spent_micro_eur", BigInteger, nullable=False, server_default="0"),
    Column("warned_percent", Integer, nullable=False, server_default="0"),  # told of, this month
)

_CALL = (
    ("group_id", String(64), False),
    ("cost_centre", String(64), True),
    ("service_key", String(32), True),
    ("purpose", String(16), False),
    ("model", String(200), False),
    ("provider", String(64), False),
    ("zone", String(8), False),
    ("data_class", String(16), False),
    ("policy_version", String(64), False),
)


def _decided() -> tuple[Column[str], ...]:
    """What the border said of a call; at the end of a table, because they came later."""
    return (
        Column("verdict", String(16), nullable=False, server_default="allow"),
        Column("assistant_id", String(32)),
    )


reservations = Table(
    "reservations",
    metadata,
    Column("call_id", String(64), primary_key=True),
    Column("at", BigInteger, nullable=False),  # few rows: no index
    *(Column(name, kind, nullable=null) for name, kind, null in _CALL),
    Column("tokens", BigInteger, nullable=False),
    Column("micro_eur", BigInteger),
    Column("scopes", Text, nullable=False),  # JSON list
    *_decided(),
    Column("process", String(32), nullable=False, server_default=""),  # see ``processes``
    sqlite_with_rowid=False,  # one tree to write instead of two
)

# servers on one database: one whose beats stand still is dead, and what it reserved is lost
processes = Table(
    "processes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("beats", BigInteger, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("call_id", String(64), primary_key=True),  # a call is booked once
    Column("at", BigInteger, nullable=False, index=True),
    *(Column(name, kind, nullable=null) for name, kind, null in _CALL),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("micro_eur", BigInteger),  # NULL: unknown
    Column("price_source", String(200), nullable=False),
    Column("energy_mwh", BigInteger),  # NULL: unknown
    Column("energy_source", String(64), nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("first_token_ms", Integer),
    Column("outcome", String(16), nullable=False),  # ok, failed, aborted, lost, refused
    *_decided(),
    Column("event", BigInteger),  # of the trail, with a hash of what was booked together
    sqlite_with_rowid=False,
)

# limits that hold every month; a month's row in ``budgets`` is made from them with its first call
budget_rules = Table(
    "budget_rules",
    metadata,
    Column("scope", String(128), primary_key=True),  # as in budgets
    Column("limit_tokens", BigInteger),
    Column("limit_micro_eur", BigInteger),
    Column("warn_percent", Integer),  # from which on people are told
    Column("updated_at", BigInteger, nullable=False),
)

# prices of providers' models that somebody entered, beside those of the catalogue
prices = Table(
    "prices",
    metadata,
    Column("provider", String(64), primary_key=True),
    Column("model", String(200), primary_key=True),  # empty: what the provider costs by itself
    Column("valid_from", String(10), primary_key=True),  # a date, as 2026-11-01
    Column("rules", Text, nullable=False),  # JSON, see ledger
    Column("source", String(300), nullable=False),
    Column("entered_at", BigInteger, nullable=False),
)

# what a model in the house costs: the operator's power and hardware figures
house_costs = Table(
    "house_costs",
    metadata,
    Column("model", String(200), primary_key=True),  # empty: the house as a whole
    Column("valid_from", String(10), primary_key=True),
    Column("figures", Text, nullable=False),  # JSON, see ledger
    Column("entered_at", BigInteger, nullable=False),
)

# days that are over, added up without persons: see ledger.crowd. One row in one cell for good
usage_days = Table(
    "usage_days",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),  # since the epoch, UTC
    Column("group_id", String(64), primary_key=True),
    Column("cost_centre", String(64), primary_key=True),  # empty: none
    Column("service_key", String(32), primary_key=True),  # empty: people
    Column("model", String(200), primary_key=True),
    Column("provider", String(64), primary_key=True),
    Column("zone", String(8), primary_key=True),
    Column("cell", String(8), nullable=False),  # own, others, key; empty: in no figure
    Column("calls", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("estimated", BigInteger, nullable=False),  # calls whose tokens were estimated
    Column("micro_eur", BigInteger, nullable=False),
    Column("unpriced", BigInteger, nullable=False),  # calls whose cost nobody knows
    Column("measured_mwh", BigInteger, nullable=False),
    Column("estimated_mwh", BigInteger, nullable=False),
    Column("unmeasured", BigInteger, nullable=False),  # calls whose energy nobody knows
    sqlite_with_rowid=False,
)

usage_closed = Table(
    "usage_closed",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("event", BigInteger, nullable=False),  # the trail's last then: what is booked later is
    # counted with a later day
)
