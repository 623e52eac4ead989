# SPDX-License-Identifier: EUPL-1.2
"""What the audit trail says of a person who is erased: found, and taken out. The leaves stay.

A leaf is a hash over a random salt and the payload; without both nothing can be read from it or be
compared with it, and the tree over the leaves stays whole.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, and_, delete, insert, or_, select

from hausgeist.core.trail import USED
from hausgeist.store.tables import audit_changes, audit_erased, audit_payloads
from hausgeist.store.trail import next_number

_AT_ONCE = 500
Used = Callable[[str], bool]
OWN = ("key.", "share.", "file.", "import.", "export.", "conversation.", "temporary.")
"""Kinds of changes that people make for themselves."""


def events_of(
    connection: Connection, user_id: str, pseudonym: str, used: Used, above: int = -1
) -> list[int]:
    """The numbers above ``above`` of the events that are about a person, or tell what they did.

    ``used`` tells of an event's body whether it is one of the person's uses of the house: these have a
    pseudonym each, so that all of them are tried.

    What they changed of the house as an administrator is not among them: it is the organisation's
    record, and names only the pseudonym, which nobody can make any more without the erased id.
    """
    of_themselves = audit_payloads.c.body.contains('"subject":""', autoescape=True)
    own = or_(of_themselves, *(audit_payloads.c.kind.startswith(kind) for kind in OWN))
    changes = select(audit_changes.c.seq)
    body = audit_payloads.c.body
    about = body.contains(user_id, autoescape=True)
    did = and_(
        body.contains(f'"actor":"{pseudonym}"', autoescape=True),
        or_(own, audit_payloads.c.seq.not_in(changes)),
    )
    query = select(audit_payloads.c.seq).where(audit_payloads.c.seq > above, or_(about, did))
    found = set(connection.execute(query).scalars())
    unlinked = (
        select(audit_payloads.c.seq, body)
        .where(
            audit_payloads.c.seq > above,
            or_(*(audit_payloads.c.kind.startswith(kind) for kind in USED)),
        )
        .execution_options(yield_per=_AT_ONCE)
    )
    found.update(row.seq for row in connection.execute(unlinked) if used(row.body))
    return sorted(found)


def newest(connection: Connection) -> int:
    """The number of the last event; -1 before the first."""
    query = select(audit_payloads.c.seq).order_by(audit_payloads.c.seq.desc()).limit(1)
    found = connection.execute(query).scalar()
    return -1 if found is None else found


def forget_events(connection: Connection, seqs: Sequence[int]) -> int:
    """Take out what events say, with their salts; gives how many.

    The next event of this transaction is named as the one that did it: without one the database refuses.
    """
    event = next_number(connection) if seqs else 0
    for start in range(0, len(seqs), _AT_ONCE):
        some = seqs[start : start + _AT_ONCE]
        connection.execute(insert(audit_erased), [{"seq": seq, "event": event} for seq in some])
        connection.execute(delete(audit_changes).where(audit_changes.c.seq.in_(some)))
        connection.execute(delete(audit_payloads).where(audit_payloads.c.seq.in_(some)))
    return len(seqs)
