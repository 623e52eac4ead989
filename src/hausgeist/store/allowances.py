# SPDX-License-Identifier: EUPL-1.2
"""Verbs of allowances: so many of something within a time, counted for all replicas together.

They stand beside the counters of logins, in the same table: a scope, a count, and the moment from which on it
starts anew. A scope has no names in it; whoever makes one puts in a keyed hash.
"""

from sqlalchemy import Connection, delete, insert, select, text, update

from hausgeist.store.tables import throttles

MARK = "allowed:"
"""Before each scope here: no counter of a login begins so."""
_LOCK = 0x616C6C6F  # any fixed number: PostgreSQL's advisory lock, so that counting is exact


def take(  # noqa: PLR0917  one allowance and all that bounds it
    connection: Connection, scope: str, wanted: int, most: int, until_ms: int, now_ms: int
) -> int:
    """Take up to ``wanted`` of what ``most`` leaves; gives how many were there to take.

    ``until_ms``: when the count starts anew. What is over is deleted on the way.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    over = throttles.c.scope.like(f"{MARK}%"), throttles.c.until_at <= now_ms
    connection.execute(delete(throttles).where(*over))
    name = MARK + scope
    known = connection.execute(
        select(throttles.c.failures).where(throttles.c.scope == name)
    ).scalar_one_or_none()
    given = max(0, min(wanted, most - (known or 0)))
    if not given:
        return 0
    if known is None:
        values = {"scope": name, "failures": given, "until_at": until_ms}
        connection.execute(insert(throttles).values(**values))
    else:
        query = update(throttles).where(throttles.c.scope == name)
        connection.execute(query.values(failures=known + given))
    return given


def give_back(connection: Connection, scope: str, many: int) -> None:
    """What was taken and not needed."""
    connection.execute(
        update(throttles)
        .where(throttles.c.scope == MARK + scope, throttles.c.failures >= many)
        .values(failures=throttles.c.failures - many)
    )
