# SPDX-License-Identifier: EUPL-1.2
"""Somebody whom a source vouched for goes in, an account comes out, or the reason why not.

One transaction per arrival: the account is found by source and subject, or made, its groups and role brought
to what the source says now. An account of the same login name is somebody else until an administrator links
it, or the source is trusted to take it over. Nobody arrives before the first administrator has been set up.
"""

from collections.abc import Callable
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.people import Role
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField, LoginClash, LoginRefused
from hausgeist.identity.people import EVERYONE, add_user, new_user
from hausgeist.identity.sources import Admission, Arrival
from hausgeist.store import accounts, closing, logins

NOT_SET_UP = N_("the house is not set up yet.")
NOT_ALLOWED = N_("you are in none of the groups that may use it.")
NOT_CREATED = N_("you have no account yet; ask an administrator for one.")
DEACTIVATED = N_("your account is deactivated.")
NO_LOGIN = N_("it does not tell a login name that can be used here.")
TAKEN = N_(
    "somebody has your login name here already. If it is you, ask an administrator to link it."
)


class Arrivals:
    """Lets people in. ``changed`` forgets remembered credentials."""

    def __init__(
        self, trail: Trail, now_ms: Callable[[], int], changed: Callable[[], None], language: str
    ) -> None:
        self._trail = trail
        self._now_ms = now_ms
        self._changed = changed
        self._language = language

    async def admit(self, settings: Admission, arrival: Arrival) -> str:
        """The id of the account that somebody gets.

        Raises:
            LoginRefused: they may not come in; the text says why.
        """
        now = self._now_ms()
        came: list[str] = []
        kind = ["user.changed"]

        def work(connection: Any) -> dict[str, Fact] | None:
            logins.one_at_a_time(connection)
            person, facts = self._account(connection, settings, arrival, now)
            came.append(person["id"])
            if "after.login_source" in facts:
                kind.append("user.created" if "after.role" in facts else "login.linked")
            facts |= _appointed(connection, settings, arrival, person, now)
            return {**facts, "source": arrival.source} if facts else None

        try:
            await self._trail.change(
                lambda: kind[-1],
                work,
                actor=f"login source {arrival.source}",
                subject=lambda: came[-1],
            )
        except LoginRefused:
            self._trail.note("login.refused", actor="nobody", source=arrival.source)
            raise
        self._changed()
        return came[-1]

    def _account(
        self, connection: Any, settings: Admission, arrival: Arrival, now: int
    ) -> tuple[accounts.Row, dict[str, Fact]]:
        """The arrival's account, found, linked or made; with what changed."""
        if accounts.nobody_yet(connection):
            raise _refused(settings, NOT_SET_UP)
        if settings.allowed and not arrival.groups & frozenset(settings.allowed):
            raise _refused(settings, NOT_ALLOWED)
        found = logins.owner(connection, arrival.source, arrival.subject)
        if found is not None:
            if not found["active"]:
                raise _refused(settings, DEACTIVATED)
            return found, {}
        facts: dict[str, Fact] = {"before.login_source": None, "after.login_source": arrival.source}
        user_id, made = self._newcomer(connection, settings, arrival, now)
        if not logins.link(connection, arrival.source, arrival.subject, user_id, now):
            raise LoginClash(source=settings.title, reason=TAKEN, subject=arrival.subject)
        person = logins.owner(connection, arrival.source, arrival.subject)
        assert person is not None  # linked just now
        return person, facts | made

    def _newcomer(
        self, connection: Any, settings: Admission, arrival: Arrival, now: int
    ) -> tuple[str, dict[str, Fact]]:
        """An account for a subject that has none: that of the same login name, or a new one."""
        try:
            row = new_user(
                login=arrival.login,
                name=_name(arrival),
                role=Role.MEMBER,
                group=EVERYONE,
                locale=self._language,
            )
        except InvalidField as error:
            raise _refused(settings, NO_LOGIN) from error
        taken = accounts.user_by_login(connection, str(row["login"]))
        if taken is not None:
            if not settings.take_over:
                raise LoginClash(source=settings.title, reason=TAKEN, subject=arrival.subject)
            if not taken["active"]:
                raise _refused(settings, DEACTIVATED)
            # the source says that they are the same; what was there until now opens with the old password
            closed = closing.close(connection, taken["id"], now, None)
            return taken["id"], {} if closed is None else {"closed": closed}
        if not settings.create:
            raise _refused(settings, NOT_CREATED)
        return str(row["id"]), add_user(connection, row, EVERYONE, now)


def _appointed(
    connection: Any, settings: Admission, arrival: Arrival, person: accounts.Row, now: int
) -> dict[str, Fact]:
    """Bring role and groups to what the source says; gives what changed."""
    there = logins.existing_groups(connection, {rule.ours for rule in settings.rules})
    rules = [rule for rule in settings.rules if rule.ours in there]
    apply = [rule for rule in rules if rule.theirs in arrival.groups]
    columns: dict[str, str] = {}
    role = _role(connection, settings, arrival, person)
    if role != person["role"]:
        columns["role"] = role
    paying = [rule.ours for rule in apply if rule.pays]
    from_here = {rule.ours for rule in rules if rule.pays}
    pays = person["group_id"]
    if paying:
        pays = pays if pays in paying else paying[0]
    elif pays in from_here:
        pays = EVERYONE
    if pays != person["group_id"]:
        columns["group_id"] = pays
    facts: dict[str, Fact] = {}
    if columns:
        since = {"role_since": now} if "role" in columns else {}
        accounts.set_user(connection, person["id"], **columns, **since)
        if "group_id" in columns:
            accounts.pay_for_keys(connection, person["id"], columns["group_id"])
        for column, value in columns.items():
            field = column.removesuffix("_id")
            facts |= {f"before.{field}": person[column], f"after.{field}": value}
    before = logins.has_memberships(connection, person["id"], arrival.source)
    wanted = {rule.ours for rule in apply}
    added, removed = logins.set_memberships(connection, person["id"], arrival.source, wanted)
    if added or removed:
        after = (before | set(added)) - set(removed)
        facts |= {
            "before.groups": " ".join(sorted(before)),
            "after.groups": " ".join(sorted(after)),
        }
    return facts


def _role(connection: Any, settings: Admission, arrival: Arrival, person: accounts.Row) -> str:
    """The role that the source gives, if it decides about roles; the last administrator stays one."""
    if not settings.admins:
        return str(person["role"])
    if arrival.groups & frozenset(settings.admins):
        return Role.ADMIN.value
    if person["role"] == Role.ADMIN and not accounts.other_admins(connection, person["id"]):
        return Role.ADMIN.value
    return Role.MEMBER.value


def _name(arrival: Arrival) -> str:
    """The person's name, cut to what fits; the login where there is none."""
    name = " ".join(arrival.name.split())[:200]
    return name if name and name.isprintable() else arrival.login


def _refused(settings: Admission, reason: str) -> LoginRefused:
    return LoginRefused(source=settings.title, reason=reason)
