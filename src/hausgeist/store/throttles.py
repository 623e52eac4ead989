# SPDX-License-Identifier: EUPL-1.2
"""Verbs of login throttling: counters by scope, shared by every replica.

An attempt is charged before the password is looked at, and given back when it was right: a burst of
parallel guesses pays like a row of single ones.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, delete, insert, select, text, update

from hausgeist.store.tables import throttles

_LOCK = 0x7468726F  # any fixed number: PostgreSQL's advisory lock, so that counting is exact


def charge(
    connection: Connection,
    scopes: Sequence[str],
    now_ms: int,
    forget_ms: int,
    wait_ms: Callable[[str, int], int],
) -> int:
    """Charge one attempt to every scope, unless one of them has to wait: then nothing is charged.

    ``wait_ms(scope, failures)`` gives the wait after so many attempts in a row; a scope that was quiet
    for ``forget_ms`` starts anew. Gives the milliseconds to wait now, 0 when the attempt may go on.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    connection.execute(delete(throttles).where(throttles.c.until_at < now_ms - forget_ms))
    query = select(throttles).where(throttles.c.scope.in_(scopes))
    known = {row.scope: row for row in connection.execute(query)}
    wait = max((row.until_at - now_ms for row in known.values()), default=0)
    if wait > 0:
        return wait
    for scope in scopes:
        row = known.get(scope)
        failures = row.failures + 1 if row is not None else 1
        values = {"failures": failures, "until_at": now_ms + wait_ms(scope, failures)}
        if row is None:
            connection.execute(insert(throttles).values(scope=scope, **values))
        else:
            connection.execute(update(throttles).where(throttles.c.scope == scope).values(**values))
    return 0


def clear(connection: Connection, scope: str) -> None:
    """Forget a scope's attempts."""
    connection.execute(delete(throttles).where(throttles.c.scope == scope))


def refund(connection: Connection, scope: str, now_ms: int) -> None:
    """Give one attempt back, and let the scope go on at once."""
    connection.execute(
        update(throttles)
        .where(throttles.c.scope == scope, throttles.c.failures > 0)
        .values(failures=throttles.c.failures - 1, until_at=now_ms)
    )
