# SPDX-License-Identifier: EUPL-1.2
"""Verbs of people, groups, keys and the first set-up: SQL in, plain rows out.

A verb that changes somebody's row names the owner in its WHERE: what is not the caller's is not found.
"""

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from hausgeist.store.tables import (
    api_keys,
    groups,
    login_subjects,
    memberships,
    meta,
    sessions,
    setup_tokens,
    users,
)

Row = RowMapping

_FIRST_ADMIN = 0x66697273  # any fixed number: PostgreSQL's advisory lock around the first account
_PERSON = (
    users.c.id,
    users.c.login,
    users.c.name,
    users.c.role,
    users.c.group_id,
    users.c.locale,
    users.c.theme,
    users.c.active,
    users.c.created_at,
    users.c.must_change,
)

_STANDING = (
    users.c.id,
    users.c.role,
    users.c.active,
    users.c.must_change,
    users.c.role_since,
    users.c.closed_before,
)

# -- the organisation ---------------------------------------------------------------------------


def read_meta(connection: Connection, key: str) -> str | None:
    """A fact of the house itself; None when it was never written."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def write_meta(connection: Connection, key: str, value: str) -> None:
    """Write a fact of the house itself."""
    if connection.execute(update(meta).where(meta.c.key == key).values(value=value)).rowcount == 0:
        connection.execute(insert(meta).values(key=key, value=value))


# -- groups ---------------------------------------------------------------------------------------


def add_group(connection: Connection, group_id: str, title: str, now_ms: int) -> None:
    """Add a group unless it exists; another server may add it at the same time."""
    if connection.execute(select(groups.c.id).where(groups.c.id == group_id)).first() is not None:
        return
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(insert(groups).values(id=group_id, title=title, created_at=now_ms))


def list_groups(connection: Connection) -> list[Row]:
    """All groups by title."""
    return list(connection.execute(select(groups).order_by(groups.c.title)).mappings())


# -- people ---------------------------------------------------------------------------------------


def add_user(connection: Connection, **columns: object) -> bool:
    """Add a person; False when the login is taken."""
    try:
        with connection.begin_nested():
            connection.execute(insert(users).values(**columns))
    except IntegrityError:
        return False
    return True


def user(connection: Connection, user_id: str) -> Row | None:
    """A person without the password's hash."""
    return connection.execute(select(*_PERSON).where(users.c.id == user_id)).mappings().first()


def user_by_login(connection: Connection, login: str) -> Row | None:
    """A person with the password's hash, for a login."""
    return connection.execute(select(users).where(users.c.login == login)).mappings().first()


def password_hash(connection: Connection, user_id: str) -> str | None:
    """The hash of a person's password; None when there is no such person, or no password."""
    return connection.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar()


def standing(connection: Connection, user_id: str) -> Row | None:
    """What decides whether a person may be the second one; None when there is no such person."""
    return connection.execute(select(*_STANDING).where(users.c.id == user_id)).mappings().first()


def standings(connection: Connection, roles: Sequence[str]) -> list[Row]:
    """The same of everybody with one of these roles."""
    query = select(*_STANDING).where(users.c.role.in_(roles))
    return list(connection.execute(query).mappings())


def list_users(connection: Connection) -> list[Row]:
    """Everybody, the active first, then by name; no hashes, no traces of use."""
    query = select(*_PERSON).order_by(users.c.active.desc(), users.c.name, users.c.id)
    return list(connection.execute(query).mappings())


def like_words(words: str) -> ColumnElement[bool]:
    """People whose login or name has these words somewhere.

    SQLite knows upper and lower case of ASCII only: names are compared as they are usually written too.
    """
    typed = words.strip()
    forms = {typed, typed.lower(), typed.title()}
    return or_(
        users.c.login.contains(typed.casefold(), autoescape=True),
        *(users.c.name.icontains(form, autoescape=True) for form in sorted(forms)),
    )


def search_users(
    connection: Connection,
    *,
    words: str = "",
    role: str = "",
    active: bool | None = None,
    group: str = "",
    offset: int = 0,
    count: int = 50,
) -> tuple[list[Row], int]:
    """A page of people, the active first, then by name, and how many match in all.

    ``group`` finds those it pays for and those who are in it besides.
    """
    query = select(*_PERSON)
    if words:
        query = query.where(like_words(words))
    if role:
        query = query.where(users.c.role == role)
    if active is not None:
        query = query.where(users.c.active.is_(active))
    if group:
        inside = select(memberships.c.user_id).where(memberships.c.group_id == group)
        query = query.where(or_(users.c.group_id == group, users.c.id.in_(inside)))
    total = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = query.order_by(users.c.active.desc(), users.c.name, users.c.id)
    return list(connection.execute(page.offset(offset).limit(count)).mappings()), total


def users_of(connection: Connection, ids: Sequence[str]) -> list[Row]:
    """People by their ids, without the passwords' hashes."""
    return list(connection.execute(select(*_PERSON).where(users.c.id.in_(ids))).mappings())


def subjects_of(connection: Connection, user_id: str) -> list[Row]:
    """By which login sources a person is known, the oldest first; not what they call the person."""
    query = (
        select(login_subjects.c.source, login_subjects.c.created_at)
        .where(login_subjects.c.user_id == user_id)
        .order_by(login_subjects.c.created_at, login_subjects.c.source)
    )
    return list(connection.execute(query).mappings())


def pay_for_keys(connection: Connection, user_id: str, group_id: str) -> None:
    """Let another group pay for a person's keys."""
    connection.execute(
        update(api_keys).where(api_keys.c.user_id == user_id).values(group_id=group_id)
    )


def set_user(connection: Connection, user_id: str, **columns: object) -> bool:
    """Change columns of a person; False when there is none."""
    query = update(users).where(users.c.id == user_id).values(**columns)
    return connection.execute(query).rowcount == 1


def other_admins(connection: Connection, user_id: str) -> int:
    """How many active administrators there are beside this person.

    On PostgreSQL their rows stay locked until the commit, so that two cannot dismiss each other.
    """
    query = (
        select(users.c.id)
        .where(users.c.role == "admin", users.c.active.is_(True))
        .order_by(users.c.id)
        .with_for_update()
    )
    return sum(found != user_id for found in connection.execute(query).scalars())


def end_everything_of(connection: Connection, user_id: str, now_ms: int) -> tuple[int, int]:
    """End a person's sessions and revoke the keys; gives how many of each."""
    ended = connection.execute(delete(sessions).where(sessions.c.user_id == user_id)).rowcount
    revoked = connection.execute(
        update(api_keys)
        .where(api_keys.c.user_id == user_id, api_keys.c.revoked_at.is_(None))
        .values(revoked_at=now_ms)
    ).rowcount
    return ended, revoked


# -- keys -----------------------------------------------------------------------------------------


def add_key(connection: Connection, **columns: object) -> None:
    """Add an API key; ``hash`` is the SHA-256 of what was shown once."""
    connection.execute(insert(api_keys).values(**columns))


def key_by_hash(connection: Connection, digest: str) -> Row | None:
    """A key with its owner's columns prefixed ``user_``; None when there is none."""
    query = (
        select(
            api_keys,
            users.c.name.label("user_name"),
            users.c.role.label("user_role"),
            users.c.active.label("user_active"),
            users.c.locale.label("user_locale"),
            groups.c.cost_centre.label("group_cost_centre"),
        )
        .select_from(api_keys.outerjoin(users, api_keys.c.user_id == users.c.id))
        .join(groups, api_keys.c.group_id == groups.c.id)
        .where(api_keys.c.hash == digest)
    )
    return connection.execute(query).mappings().first()


def list_keys(connection: Connection, owner: str | None) -> list[Row]:
    """The keys of a person, or of services when ``owner`` is None; the newest first, no hashes."""
    columns = [column for column in api_keys.c if column.name != "hash"]
    query = (
        select(*columns)
        .where(api_keys.c.user_id == owner if owner else api_keys.c.user_id.is_(None))
        .order_by(api_keys.c.created_at.desc(), api_keys.c.id)
    )
    return list(connection.execute(query).mappings())


def revoke_key(connection: Connection, key_id: str, owner: str | None, now_ms: int) -> bool:
    """Revoke a key of a person, or of a service when ``owner`` is None; False when there is none."""
    query = (
        update(api_keys)
        .where(
            api_keys.c.id == key_id,
            api_keys.c.user_id == owner if owner else api_keys.c.user_id.is_(None),
            api_keys.c.revoked_at.is_(None),
        )
        .values(revoked_at=now_ms)
    )
    return connection.execute(query).rowcount == 1


def key_owner(connection: Connection, key_id: str) -> Row | None:
    """Whose key it is, for the command line; None when there is none."""
    query = select(api_keys.c.id, api_keys.c.user_id).where(api_keys.c.id == key_id)
    return connection.execute(query).mappings().first()


def touch_keys(connection: Connection, items: Sequence[tuple[str, int]]) -> list[None]:
    """Note the days (since the epoch) on which keys were last used: pairs of key id and day."""
    for key_id, day in items:
        connection.execute(update(api_keys).where(api_keys.c.id == key_id).values(used_day=day))
    return [None] * len(items)


# -- the first set-up -----------------------------------------------------------------------------


def nobody_yet(connection: Connection) -> bool:
    """Whether the house has no account at all."""
    return connection.execute(select(users.c.id).limit(1)).first() is None


def renew_setup_token(connection: Connection, digest: str, now_ms: int, expires_at: int) -> bool:
    """Put this one-time token in place of earlier ones; False when somebody has an account."""
    if not nobody_yet(connection):
        return False
    connection.execute(delete(setup_tokens))
    connection.execute(
        insert(setup_tokens).values(hash=digest, created_at=now_ms, expires_at=expires_at)
    )
    return True


def setup_token_valid(connection: Connection, digest: str, now_ms: int) -> bool:
    """Whether the token opens the set-up now."""
    query = select(setup_tokens.c.hash).where(
        setup_tokens.c.hash == digest,
        setup_tokens.c.used_at.is_(None),
        setup_tokens.c.expires_at > now_ms,
    )
    return connection.execute(query).first() is not None and nobody_yet(connection)


def use_setup_token(connection: Connection, digest: str, now_ms: int) -> bool:
    """Use the token up; True once at most, and only while nobody has an account.

    The caller adds the first account in the same transaction. SQLite has one writer; on PostgreSQL an
    advisory lock makes the second of two first accounts wait, and then find the first.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_ADMIN})
    if not nobody_yet(connection):
        return False
    query = (
        update(setup_tokens)
        .where(
            setup_tokens.c.hash == digest,
            setup_tokens.c.used_at.is_(None),
            setup_tokens.c.expires_at > now_ms,
        )
        .values(used_at=now_ms)
    )
    return connection.execute(query).rowcount == 1
