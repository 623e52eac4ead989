# SPDX-License-Identifier: EUPL-1.2
"""Verbs of groups and their members: SQL in, plain rows out.

A person is in the group that pays (``users.group_id``) and in any number of further ones.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, select, union_all, update

from hausgeist.store.accounts import Row, like_words
from hausgeist.store.tables import api_keys, groups, holds, memberships, users


def find(connection: Connection, group_id: str) -> Row | None:
    """A group; None when there is none."""
    return connection.execute(select(groups).where(groups.c.id == group_id)).mappings().first()


def add(connection: Connection, **columns: object) -> None:
    """Add a group."""
    connection.execute(insert(groups).values(**columns))


def change(connection: Connection, group_id: str, **columns: object) -> None:
    """Change columns of a group."""
    connection.execute(update(groups).where(groups.c.id == group_id).values(**columns))


def counted(connection: Connection) -> list[Row]:
    """All groups by title, with ``people``: how many are in each, active or not."""
    inside = union_all(
        select(users.c.group_id.label("group_id"), users.c.id.label("user_id")),
        select(memberships.c.group_id, memberships.c.user_id),
    ).subquery()
    people = (
        select(inside.c.group_id, func.count(inside.c.user_id.distinct()).label("people"))
        .group_by(inside.c.group_id)
        .subquery()
    )
    query = (
        select(groups, func.coalesce(people.c.people, 0).label("people"))
        .select_from(groups.outerjoin(people, people.c.group_id == groups.c.id))
        .order_by(groups.c.title, groups.c.id)
    )
    return list(connection.execute(query).mappings())


def of_person(connection: Connection, user_id: str) -> list[Row]:
    """The groups of a person, the one that pays first, then by id; each with its ``source``."""
    pays = select(groups).join(users, users.c.group_id == groups.c.id).where(users.c.id == user_id)
    further = (
        select(groups, memberships.c.source)
        .join(memberships, memberships.c.group_id == groups.c.id)
        .where(memberships.c.user_id == user_id)
        .order_by(groups.c.id)
    )
    first = list(connection.execute(pays).mappings())
    seen = {row["id"] for row in first}
    return [
        *first,
        *(row for row in connection.execute(further).mappings() if row["id"] not in seen),
    ]


def members(
    connection: Connection, group_id: str, words: str, offset: int, count: int
) -> tuple[list[Row], int]:
    """People of a group by name, ``pays`` and ``source`` beside each; and how many there are in all."""
    query = (
        select(
            users.c.id,
            users.c.login,
            users.c.name,
            users.c.active,
            (users.c.group_id == group_id).label("pays"),
            memberships.c.source,
        )
        .select_from(
            users.outerjoin(
                memberships,
                (memberships.c.user_id == users.c.id) & (memberships.c.group_id == group_id),
            )
        )
        .where((users.c.group_id == group_id) | (memberships.c.group_id == group_id))
    )
    if words:
        query = query.where(like_words(words))
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = query.order_by(users.c.name, users.c.id).offset(offset).limit(count)
    return list(connection.execute(page).mappings()), total


def outsiders(connection: Connection, group_id: str, words: str, count: int) -> list[Row]:
    """Active people who match the words and are not in the group, by name."""
    inside = exists().where(memberships.c.user_id == users.c.id, memberships.c.group_id == group_id)
    query = (
        select(users.c.id, users.c.login, users.c.name)
        .where(users.c.group_id != group_id, ~inside, users.c.active.is_(True), like_words(words))
        .order_by(users.c.name, users.c.id)
        .limit(count)
    )
    return list(connection.execute(query).mappings())


def further_of(connection: Connection, user_id: str) -> dict[str, str | None]:
    """A person's groups beside the one that pays: id and the login source that says so."""
    query = select(memberships.c.group_id, memberships.c.source).where(
        memberships.c.user_id == user_id
    )
    return {row.group_id: row.source for row in connection.execute(query)}


def set_further(
    connection: Connection,
    user_id: str,
    wanted: Iterable[str],
    source: str | None = None,
    *,
    since: int | None = None,
) -> None:
    """Put a person into exactly these further groups of one source (None: an administrator).

    What another source says stays; a group that another source gave already is not taken over. ``since``:
    from when on they get what is shared with the group.
    """
    present = further_of(connection, user_id)
    mine = {group for group, by in present.items() if by == source}
    aim = set(wanted)
    gone = mine - aim
    if gone:
        connection.execute(
            delete(memberships).where(
                memberships.c.user_id == user_id, memberships.c.group_id.in_(sorted(gone))
            )
        )
    new: list[dict[str, Any]] = [
        {"user_id": user_id, "group_id": group, "source": source, "since": since}
        for group in sorted(aim - present.keys())
    ]
    if new:
        connection.execute(insert(memberships), new)


def in_use(connection: Connection, group_id: str) -> bool:
    """Whether anybody is in the group, or a service's key or a hold still names it."""
    for query in (
        select(users.c.id).where(users.c.group_id == group_id),
        select(memberships.c.user_id).where(memberships.c.group_id == group_id),
        select(holds.c.id).where(holds.c.group_id == group_id),
        select(api_keys.c.id).where(
            api_keys.c.group_id == group_id, api_keys.c.revoked_at.is_(None)
        ),
    ):
        if connection.execute(query.limit(1)).first() is not None:
            return True
    return False


def remove(connection: Connection, group_id: str) -> None:
    """Delete a group that nobody is in, with its revoked keys; the ledger keeps the group's id."""
    connection.execute(delete(api_keys).where(api_keys.c.group_id == group_id))
    connection.execute(delete(groups).where(groups.c.id == group_id))
