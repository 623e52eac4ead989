# SPDX-License-Identifier: EUPL-1.2
"""The administration's changes among the events of the trail: read only, a page at a time.

What tells of somebody's use of the house is left out in SQL already: what people do to their own accounts
(such events name no subject), and keys of people.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, and_, not_, or_, select

from hausgeist.store.accounts import Row
from hausgeist.store.tables import audit_changes, audit_payloads


def page(
    connection: Connection, prefixes: Sequence[str], before: int | None, count: int
) -> list[Row]:
    """Changes of these kinds (``user.`` and the like), the newest first: ``seq``, ``at``, ``kind``, ``body``.

    ``before``: only those with a smaller sequence number.
    """
    body = audit_payloads.c.body
    query = (
        select(audit_changes.c.seq, audit_payloads.c.at, audit_changes.c.kind, body)
        .join(audit_payloads, audit_payloads.c.seq == audit_changes.c.seq)
        .where(
            or_(*(audit_changes.c.kind.startswith(prefix, autoescape=True) for prefix in prefixes)),
            not_(
                and_(
                    or_(
                        audit_changes.c.kind.startswith("user.", autoescape=True),
                        audit_changes.c.kind.in_(["login.linked", "login.unlinked"]),
                    ),
                    body.contains('"subject":""', autoescape=True),
                )
            ),
            or_(
                not_(audit_changes.c.kind.startswith("key.", autoescape=True)),
                body.contains('"service":true', autoescape=True),
            ),
        )
        .order_by(audit_changes.c.seq.desc())
        .limit(count)
    )
    if before is not None:
        query = query.where(audit_changes.c.seq < before)
    return list(connection.execute(query).mappings())
