# SPDX-License-Identifier: EUPL-1.2
"""The border's policies: written as a draft, proposed as a version, put into force by a second person.

Rows and files flow in; the policy in force flows into the border, in every process. One person alone may
put into force only what is nowhere milder. Fails closed: where the rules in force cannot be read, nothing
leaves the house, and ``problem`` says so.
"""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass, Zone
from hausgeist.core.people import Principal
from hausgeist.core.policy import DEFAULT_POLICY, HOUSE_ONLY, Policy
from hausgeist.core.policy_change import changed_clauses, is_tightening
from hausgeist.core.trail import Fact, differences
from hausgeist.errors import (
    N_,
    ChangedMeanwhile,
    Conflict,
    HausgeistError,
    NeedsSecond,
    NoSecondPerson,
    NotFound,
)
from hausgeist.gateway import policy_file
from hausgeist.gateway.border import Border
from hausgeist.identity.second import Second
from hausgeist.store import policies as rows
from hausgeist.store.db import Store
from hausgeist.store.policies import DRAFT, PolicyRow, State

DAMAGED = N_(
    "The rules in force cannot be read: their file is damaged. Nothing leaves the house until other "
    "rules are put into force."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(PolicyRow):
    """A policy as pages show it; ``policy`` is None where it cannot be read."""

    policy: Policy | None

    @property
    def mark(self) -> str:
        """Another one for every content: who saves a draft says which one they saw."""
        return policy_file.version_of(0, self.body)


def built_in() -> Version:
    """The rules that every house begins with."""
    return Version(
        version=DEFAULT_POLICY.version,
        number=0,
        state="retired",
        policy=DEFAULT_POLICY,
        body=policy_file.written(DEFAULT_POLICY),
    )


class Policies:
    """The verbs; ``by`` is the id of who does it, for the trail. ``now_ms`` since the epoch."""

    def __init__(
        self,
        *,
        store: Store,
        trail: Trail,
        border: Border,
        second: Second,
        now_ms: Callable[[], int],
    ) -> None:
        self.problem = ""
        """Why the rules in force cannot be read, as a text of the catalogue; empty: they can."""
        self._store = store
        self._trail = trail
        self._border = border
        self._second = second
        self._now_ms = now_ms
        self._loaded: PolicyRow | None = None

    # -- looking -------------------------------------------------------------------------------

    @property
    def in_force(self) -> Policy:
        """What decides now."""
        return self._border.policy

    async def refresh(self) -> None:
        """Take over what any process has put into force."""
        self._take(await self._store.read(lambda c: rows.in_state(c, "active")))

    async def list(self) -> list[Version]:
        """All versions but the draft, the newest first; at the end those that every house begins with."""
        found = [_version(row) for row in await self._store.read(rows.every)]
        first = built_in()
        if not any(one.state == "active" for one in found):
            first = replace(first, state="active")
        return [*(one for one in found if one.state != "draft"), first]

    async def get(self, version: str) -> Version:
        """One version, or the built-in one by its name.

        Raises:
            NotFound: there is none, or it is the draft.
        """
        if version == DEFAULT_POLICY.version:
            return built_in()
        row = await self._store.read(lambda c: rows.get(c, version))
        if row is None or row.state == "draft":
            raise NotFound
        return _version(row)

    async def draft(self) -> Version | None:
        """The draft, if there is one."""
        row = await self._store.read(lambda c: rows.get(c, DRAFT))
        return None if row is None else _version(row)

    async def proposed(self) -> Version | None:
        """The proposal that waits for a second person, if there is one."""
        row = await self._store.read(lambda c: rows.in_state(c, "proposed"))
        return None if row is None else _version(row)

    async def others(self, by: str) -> int:
        """How many there are who may put into force what ``by`` proposes."""
        return await self._second.others(by)

    async def tightens(self, policy: Policy) -> bool:
        """Whether a policy is nowhere milder than the one in force."""
        return await asyncio.to_thread(is_tightening, self.in_force, policy)

    # -- writing -------------------------------------------------------------------------------

    async def begin(self, source: str, *, by: str) -> Version:
        """Begin a draft from a version, in the place of the draft there is.

        Raises:
            NotFound: there is no such version, or it cannot be read.
        """
        found = await self.get(source)
        if found.policy is None:
            raise NotFound
        return await self.save(found.policy, by=by)

    async def save(self, policy: Policy, *, by: str, seen: str = "") -> Version:
        """Write the draft. ``seen`` is the mark of the one it was made from; empty: whatever is there.

        Raises:
            InvalidField: it is no policy; ``param`` names the place.
            ChangedMeanwhile: somebody saved another one.
        """
        body = policy_file.written(policy_file.checked(policy))

        def work(connection: Any) -> dict[str, Fact]:
            old = rows.get(connection, DRAFT)
            if seen and (old is None or _version(old).mark != seen):
                raise ChangedMeanwhile
            rows.save_draft(connection, body, self._now_ms())
            before = None if old is None else _version(old).policy
            return changes(before or self.in_force, policy) or {"after.draft": True}

        await self._trail.change("policy.draft_saved", work, actor=by, subject=DRAFT)
        draft = await self.draft()
        if draft is None:
            raise ChangedMeanwhile
        return draft

    async def bring(self, text: str, *, by: str) -> Version:
        """Make a file the draft.

        Raises:
            InvalidField: it is no policy.
        """
        return await self.save(policy_file.read(text), by=by)

    async def discard(self, *, by: str) -> None:
        """Forget the draft.

        Raises:
            NotFound: there is none.
        """

        def work(connection: Any) -> dict[str, Fact]:
            if not rows.drop_draft(connection):
                raise NotFound
            return {"before.draft": True, "after.draft": False}

        await self._trail.change("policy.draft_dropped", work, actor=by, subject=DRAFT)

    # -- into force ----------------------------------------------------------------------------

    async def propose(self, *, by: str, seen: str = "") -> str:
        """Make the draft a version that waits for a second person; gives its name.

        Raises:
            NotFound: there is no draft, or it is none that can be read.
            ChangedMeanwhile: it is another one than was seen.
            Conflict: another proposal waits.
        """
        name = ""

        def work(connection: Any) -> dict[str, Fact]:
            nonlocal name
            draft = self._drafted(connection, seen)
            if rows.in_state(connection, "proposed") is not None:
                raise Conflict(what="A proposal")
            name = self._add(connection, draft, by, "proposed").version
            facts: dict[str, Fact] = {"before.state": "draft", "after.state": "proposed"}
            return facts | changes(self.in_force, draft)

        await self._trail.change("policy.proposed", work, actor=by, subject=lambda: name)
        return name

    async def tighten(self, *, by: str, seen: str = "") -> str:
        """Put the draft into force at once, without a second person; gives its version.

        Raises:
            NeedsSecond: it is milder somewhere than what is in force.
            NotFound, ChangedMeanwhile: as ``propose``, or other rules came into force meanwhile.
        """
        await self.refresh()
        basis, loaded = self.in_force, self._loaded
        draft = await self.draft()
        if draft is None or draft.policy is None:
            raise NotFound
        if not await self.tightens(draft.policy):
            raise NeedsSecond
        compared, name = draft.mark, ""

        def work(connection: Any) -> dict[str, Fact]:
            nonlocal name
            policy = self._drafted(connection, compared)
            if (seen and seen != compared) or rows.in_state(connection, "active") != loaded:
                raise ChangedMeanwhile
            rows.retire(connection, self._now_ms())
            name = self._add(connection, policy, by, "active").version
            facts: dict[str, Fact] = {"before.version": basis.version, "after.version": name}
            facts["alone"] = True
            return facts | changes(basis, policy)

        await self._trail.change("policy.activated", work, actor=by, subject=lambda: name)
        await self.refresh()
        return name

    async def may_activate(self, found: Version, by: Principal) -> None:
        """Make sure that ``by`` may put a proposal into force.

        Raises:
            NoSecondPerson: ``by`` may not be the second person, or nobody knows who proposed it.
        """
        if found.author_id is None:
            raise NoSecondPerson
        await self._second.may_second(found.author_id, by)

    async def activate(self, version: str, *, by: Principal, seen: str) -> None:
        """Put a proposal into force; ``seen`` is the version in force that it was compared with.

        Raises:
            NotFound: it waits no longer, or cannot be read.
            NoSecondPerson: ``by`` may not be the second person, or nobody knows who proposed it.
            ChangedMeanwhile: other rules came into force meanwhile.
        """
        found = await self.get(version)
        if found.state != "proposed" or found.policy is None:
            raise NotFound
        await self.may_activate(found, by)
        await self.refresh()
        basis, policy = self.in_force, found.policy

        def work(connection: Any) -> dict[str, Fact]:
            if basis.version != seen:
                raise ChangedMeanwhile
            if not rows.activate(connection, version, by.id, self._now_ms()):
                raise NotFound
            facts: dict[str, Fact] = {"before.version": basis.version, "after.version": version}
            return facts | changes(basis, policy)

        await self._trail.change("policy.activated", work, actor=by.id, subject=version)
        await self.refresh()

    async def reject(self, version: str, *, by: str) -> None:
        """Turn a proposal down, or take one's own back.

        Raises:
            NotFound: it waits no longer.
        """

        def work(connection: Any) -> dict[str, Fact]:
            if not rows.reject(connection, version, by, self._now_ms()):
                raise NotFound
            return {"before.state": "proposed", "after.state": "rejected"}

        await self._trail.change("policy.rejected", work, actor=by, subject=version)

    # -- beneath -------------------------------------------------------------------------------

    def _take(self, row: PolicyRow | None) -> None:
        """Let a row decide; what cannot be read lets nothing out."""
        if row is not None and row == self._loaded:
            return
        self._loaded = row
        if row is None:
            self.problem, self._border.policy = "", DEFAULT_POLICY
            return
        policy = _version(row).policy
        self.problem = "" if policy is not None else DAMAGED
        self._border.policy = HOUSE_ONLY if policy is None else policy

    def _drafted(self, connection: Any, seen: str) -> Policy:
        row = rows.get(connection, DRAFT)
        draft = None if row is None else _version(row)
        if draft is None or draft.policy is None:
            raise NotFound
        if seen and draft.mark != seen:
            raise ChangedMeanwhile
        return draft.policy

    def _add(self, connection: Any, policy: Policy, by: str, state: State) -> PolicyRow:
        """Make the draft a version."""
        number, now = rows.next_number(connection), self._now_ms()
        body = policy_file.written(policy)
        row = PolicyRow(
            version=policy_file.version_of(number, body),
            number=number,
            body=body,
            state=state,
            author_id=by,
            created_at=now,
            proposed_at=now,
            active_from=now if state == "active" else None,
        )
        rows.add(connection, row)
        rows.drop_draft(connection)
        return row


def in_force_of(store: Store) -> tuple[str, bool]:
    """The version in force in a store, and whether it can be read. Blocks."""
    row = store.read_now(lambda c: rows.in_state(c, "active"))
    if row is None:
        return DEFAULT_POLICY.version, True
    return row.version, _version(row).policy is not None


def changes(before: Policy, after: Policy) -> dict[str, Fact]:
    """What differs, as flat facts for the trail."""
    then, now = _flat(before), _flat(after)
    for old, new in changed_clauses(before, after):
        name = f"rule.{(old or new).id}"  # type: ignore[union-attr]  # one of them is there
        then[name] = None if old is None else policy_file.clause_text(old)
        now[name] = None if new is None else policy_file.clause_text(new)
    return differences(then, now)


def _flat(policy: Policy) -> dict[str, Fact]:
    matrix = {
        f"{data_class.word}.{zone}": policy.rule(data_class, zone).value
        for data_class in DataClass
        for zone in Zone
    }
    return {"title": policy.title, "note": policy.note, "instead": policy.instead, **matrix}


def _version(row: PolicyRow) -> Version:
    """A row with its policy, if it is still the one that its name vouches for."""
    policy: Policy | None = None
    whole = row.state == "draft" or policy_file.version_of(row.number, row.body) == row.version
    if whole:
        try:
            policy = policy_file.read(row.body, row.version)
        except HausgeistError:
            policy = None
    return Version(policy=policy, **asdict(row))
