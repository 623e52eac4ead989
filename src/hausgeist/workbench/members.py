# SPDX-License-Identifier: EUPL-1.2
"""Who works on a task: people come in by their login, have a part, and leave; what they answered stays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.people import Principal, Role
from hausgeist.core.tasks import Part
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, Conflict, InvalidField, NotAllowed, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.store import accounts, tasks
from hausgeist.store.db import Store
from hausgeist.store.tasks import Member

Named = tuple[Member, str, str]
"""A member with name and login; both empty for somebody who has left the house."""


class Members:
    """The members of a house's tasks."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms

    async def all(self, task_id: str) -> list[Named]:
        """Everybody who is or was in a task, with names."""

        def look(connection: Any) -> list[Named]:
            return [
                (one, *_named(connection, one.user_id))
                for one in tasks.members(connection, task_id)
            ]

        return await self._store.read(look)

    async def add(self, task_id: str, login: str, part: Part, by: str) -> Member:
        """Bring somebody in, or back in.

        Raises:
            InvalidField: nobody here has this login.
            Conflict: they are in already.
        """
        now = self._now_ms()
        made: list[Member] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            before = _member(connection, task_id, _account(connection, login))
            if before is not None and before.left_at is None:
                raise Conflict(what=N_("This person"))
            made.append(_brought_in(connection, task_id, login, part, now))
            return {"part": part.value}

        await self._trail.change("task.member_added", keep, actor=by, subject=task_id)
        return made[0]

    async def appoint(self, name: str, login: str, by: Principal) -> Member:
        """Make somebody the owner of a task that nobody owns who can log in; ``name`` is the task's.

        An administrator does this for a task that would be opened by nobody else any more. They learn nothing
        of what is in it, and the trail says who was appointed by whom.

        Raises:
            NotAllowed: whoever asks is no administrator.
            NotFound: there is no such task.
            Conflict: somebody owns it.
            InvalidField: nobody here has this login.
        """
        if by.role is not Role.ADMIN:
            raise NotAllowed
        now = self._now_ms()
        made: list[Member] = []

        def keep(connection: Any) -> Mapping[str, Fact]:
            for one in tasks.members(connection, task_id):
                if one.part is Part.OWNER and one.left_at is None and _logs_in(connection, one):
                    raise Conflict(what=N_("An owner of this task"))
            made.append(_brought_in(connection, task_id, login, Part.OWNER, now))
            return {"part": Part.OWNER.value, "member": made[0].id}

        found = await self._store.read(lambda connection: tasks.by_name(connection, name))
        if found is None:
            raise NotFound
        task_id = found.id
        await self._trail.change("task.owner_appointed", keep, actor=by.id, subject=task_id)
        return made[0]

    async def change(self, task_id: str, member_id: str, part: Part, by: str) -> None:
        """Give somebody another part.

        Raises:
            NotFound: they are not in the task.
            InvalidField: nobody would own the task any more.
        """

        def keep(connection: Any) -> Mapping[str, Fact] | None:
            found = _present(tasks.members(connection, task_id), member_id)
            if found.part is part:
                return None
            if part is not Part.OWNER:
                _one_owns(connection, task_id, without=member_id)
            tasks.change_member(connection, task_id, member_id, part=part.value)
            return {"part": part.value}

        await self._trail.change("task.member_changed", keep, actor=by, subject=task_id)

    async def remove(self, task_id: str, member_id: str, by: str) -> None:
        """Take somebody out; what they answered stays. Raises as ``change``."""
        now = self._now_ms()

        def keep(connection: Any) -> Mapping[str, Fact]:
            _present(tasks.members(connection, task_id), member_id)
            _one_owns(connection, task_id, without=member_id)
            tasks.change_member(connection, task_id, member_id, left_at=now)
            return {}

        await self._trail.change("task.member_removed", keep, actor=by, subject=task_id)


def _account(connection: Any, login: str) -> str:
    """The id of the account that has a login and may use it."""
    row = accounts.user_by_login(connection, login.strip())
    if row is None or not row["active"]:
        raise InvalidField(
            field="login", reason=N_("nobody here has this login name"), param="login"
        )
    return str(row["id"])


def _member(connection: Any, task_id: str, user_id: str) -> Member | None:
    found = tasks.members(connection, task_id)
    return next((one for one in found if one.user_id == user_id), None)


def _brought_in(connection: Any, task_id: str, login: str, part: Part, now: int) -> Member:
    """Give somebody a part, also somebody who was in the task before."""
    user_id = _account(connection, login)
    before = _member(connection, task_id, user_id)
    if before is not None:
        tasks.change_member(connection, task_id, before.id, part=part.value, left_at=None)
        return replace(before, part=part, left_at=None)
    made = Member(new_id(), task_id, user_id, part, {}, now, None)
    tasks.add_member(connection, made)
    return made


def _logs_in(connection: Any, member: Member) -> bool:
    row = accounts.user(connection, member.user_id) if member.user_id else None
    return row is not None and bool(row["active"])


def _present(members: Sequence[Member], member_id: str) -> Member:
    found = next((one for one in members if one.id == member_id and one.left_at is None), None)
    if found is None:
        raise NotFound
    return found


def _one_owns(connection: Any, task_id: str, *, without: str) -> None:
    owners = [
        one
        for one in tasks.members(connection, task_id)
        if one.part is Part.OWNER and one.left_at is None and one.user_id and one.id != without
    ]
    if not owners:
        raise InvalidField(field="part", reason=N_("a task keeps at least one owner"), param="part")


def _named(connection: Any, user_id: str | None) -> tuple[str, str]:
    row = accounts.user(connection, user_id) if user_id else None
    return (row["name"], row["login"]) if row is not None else ("", "")
