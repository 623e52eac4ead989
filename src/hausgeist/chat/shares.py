# SPDX-License-Identifier: EUPL-1.2
"""Sharing inside the house: a conversation's owner lets others read it, and takes that back.

In: who asks. Out: shares, and the branch that was shared, never another. Nobody reads who is not logged
in: that is the edge's to see to. The audit trail learns that something was shared and with which group,
never what, and never the link.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from hausgeist.audit import Trail
from hausgeist.chat.files import Files
from hausgeist.chat.uploads import FULL
from hausgeist.core.labels import DataClass
from hausgeist.core.people import Principal
from hausgeist.core.trail import Fact
from hausgeist.errors import (
    N_,
    AnswerStillRuns,
    InvalidField,
    NotFound,
    SharingOff,
    TooDelicateToShare,
    TooManyFiles,
)
from hausgeist.store import accounts, chats, files, shares
from hausgeist.store.chats import Attached, Conversation, Opened, Said
from hausgeist.store.db import Store
from hausgeist.store.shares import Share

SWITCH = "sharing"
"""Where the house keeps whether conversations may be shared at all: ``off``, or anything else."""
DAY_MS = 24 * 3600 * 1000
DAYS_MOST = 3650
LISTED_MOST = 200
_FOR_READERS = frozenset(
    "provider policy country upstream digest parameters quantisation messages left_out files "
    "assistant".split()
)
"""What of an answer's origin readers see: where it came from and what was left out, never a figure."""


class Kind(StrEnum):
    """How something is shared."""

    LINK = "link"
    """As it is now, with whoever is logged in and has the link."""
    GROUP = "group"
    """As it is now, with a group."""
    LIVE = "live"
    """As it will be whenever it is read, with a group."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a reader gets: the share, and the branch without anybody's figures."""

    share: Share
    opened: Opened
    is_mine: bool


class Shares:
    """The verbs of sharing. ``now_ms`` gives milliseconds since the epoch.

    ``files_total`` is how many bytes of files one person may keep, copies of others' included.
    """

    def __init__(
        self,
        store: Store,
        trail: Trail,
        now_ms: Callable[[], int],
        files_total: int = 2 * 1024**3,
    ) -> None:
        self._store = store
        self._files_total = files_total
        self._trail = trail
        self._files = Files(store, now_ms)
        self._now_ms = now_ms

    # -- the house's switch -------------------------------------------------------------------------

    async def allowed(self) -> bool:
        """Whether the house lets people share conversations."""
        return await self._store.read(_allowed)

    async def allow(self, who: Principal, *, allowed: bool) -> None:
        """Switch sharing on or off for everybody; off closes what is shared, until it is on again."""

        def work(connection: Any) -> Mapping[str, Fact] | None:
            before = _allowed(connection)
            if before == allowed:
                return None
            accounts.write_meta(connection, SWITCH, "on" if allowed else "off")
            return {"before.allowed": before, "after.allowed": allowed}

        await self._trail.change("sharing.changed", work, actor=who.id)

    # -- the owner ----------------------------------------------------------------------------------

    async def groups_of(self, who: Principal) -> list[tuple[str, str]]:
        """The groups this person may share with: id and title."""
        return await self._store.read(lambda c: shares.titles(c, _groups(who)))

    async def create(
        self,
        who: Principal,
        conversation_id: str,
        kind: Kind,
        group_id: str | None = None,
        days: int | None = None,
    ) -> str:
        """Share a conversation, for ``days`` or until it is taken back; gives the share's id.

        Raises:
            NotFound: there is no such conversation of this person's.
            SharingOff: the house does not allow it.
            TooDelicateToShare: it is for groups only.
            AnswerStillRuns: what would be shared is not finished.
            InvalidField: nothing to share, or not this person's group, or not so many days.
        """
        wanted = None if kind is Kind.LINK else group_id
        if kind is not Kind.LINK and wanted not in _groups(who):
            raise InvalidField(field="group", reason=N_("choose one of your groups"), param="group")
        if days is not None and not 1 <= days <= DAYS_MOST:
            raise InvalidField(
                field="days", reason=N_("choose how long from the list"), param="days"
            )
        now = self._now_ms()
        share_id = secrets.token_hex(16)

        def work(connection: Any) -> Mapping[str, Fact]:
            if not _allowed(connection):
                raise SharingOff
            opened = chats.opened(connection, who.id, conversation_id, most=1)
            if opened is None:
                raise NotFound
            if not opened.branch:
                reason = N_("there is nothing in it yet")
                raise InvalidField(field="conversation", reason=reason)
            leaf = opened.branch[-1]
            if kind is not Kind.LIVE and leaf.state == "running":
                raise AnswerStillRuns
            talk = opened.conversation
            if kind is Kind.LINK and talk.data_class == DataClass.SPECIAL.word:
                raise TooDelicateToShare
            shares.add(
                connection,
                who.id,
                id=share_id,
                conversation_id=conversation_id,
                leaf_id=None if kind is Kind.LIVE else leaf.id,
                group_id=wanted,
                created_at=now,
                expires_at=None if days is None else now + days * DAY_MS,
            )
            return {
                "share": _mark(share_id),
                "kind": kind.value,
                "group": wanted,
                "days": days,
                "data_class": talk.data_class,
            }

        await self._trail.change("share.created", work, actor=who.id, subject=conversation_id)
        return share_id

    async def mine(self, who: Principal, conversation_id: str = "") -> list[Share]:
        """What this person shares now, of one conversation or of all."""
        now = self._now_ms()
        return await self._store.read(lambda c: shares.mine(c, who.id, now, conversation_id))

    async def revoke(self, who: Principal, share_id: str) -> str:
        """Take a share back, at once; gives the conversation's id.

        Raises:
            NotFound: there is none of this person's.
        """
        now = self._now_ms()
        found = await self._store.read(lambda c: shares.of_owner(c, who.id, share_id))
        if found is None:
            raise NotFound

        def work(connection: Any) -> Mapping[str, Fact] | None:
            if not shares.revoke(connection, who.id, share_id, now):
                return None
            return {"share": _mark(share_id)}

        subject = found.conversation_id
        await self._trail.change("share.revoked", work, actor=who.id, subject=subject)
        return subject

    # -- readers --------------------------------------------------------------------------------------

    async def with_me(self, who: Principal) -> list[Share]:
        """What others share with this person's groups, newest first."""
        now = self._now_ms()

        def work(connection: Any) -> list[Share]:
            if not _allowed(connection):
                return []
            return shares.with_groups(connection, who.id, _groups(who), now, LISTED_MOST)

        return await self._store.read(work)

    async def read(self, who: Principal, share_id: str, most: int | None = None) -> Read:
        """A share with its branch, at most its last ``most`` messages.

        Raises:
            NotFound: it is not (or no longer) for this reader.
        """
        now = self._now_ms()
        found = await self._store.read(lambda c: _read(c, who, share_id, now, most))
        if found is None:
            raise NotFound
        return found

    async def file(self, who: Principal, share_id: str, file_id: str) -> tuple[str, Attached]:
        """A file of the shared branch: whose it is, and what it is.

        Raises:
            NotFound: the share is not for this reader, or the file is not in its branch.
        """
        read = await self.read(who, share_id)
        for said in read.opened.branch:
            for file in said.files:
                if file.file_id == file_id:
                    return read.share.owner_id, file
        raise NotFound

    def pieces(self, owner_id: str, file_id: str) -> AsyncIterator[bytes]:
        """The content of what ``file`` found, piece by piece."""
        return self._files.pieces(owner_id, file_id)

    async def copy(self, who: Principal, share_id: str) -> str:
        """Copy the shared branch into a conversation of the reader's own; gives its id.

        The copy goes its own way: neither side sees the other's from then on.

        Raises:
            NotFound: it is not (or no longer) for this reader.
            TooManyFiles: the reader has no room for its files.
        """
        now = self._now_ms()
        talk_id = secrets.token_hex(16)

        def work(connection: Any) -> bool:
            read = _read(connection, who, share_id, now, None)
            if read is None or not read.opened.branch:
                return False
            _make_sure_of_room(connection, who.id, read, self._files_total)
            _plant(connection, who.id, talk_id, read, now)
            return True

        if not await self._store.write(work):
            raise NotFound
        return talk_id


def _make_sure_of_room(connection: Any, reader_id: str, read: Read, most: int) -> None:
    """Refuse copies of files that an upload would be refused for; sizes are as they were sent."""
    more = sum(file.size for said in read.opened.branch for file in said.files)
    if not more:
        return
    files.one_at_a_time(connection, reader_id)
    waiting, weight = files.weight(connection, reader_id)
    if weight + more > most:
        raise TooManyFiles(most=waiting, advice=FULL)


def _plant(connection: Any, reader_id: str, talk_id: str, read: Read, now: int) -> None:
    talk = read.opened.conversation
    ids = {said.id: secrets.token_hex(16) for said in read.opened.branch}
    copied = Conversation(
        id=talk_id,
        title=talk.title,
        model=talk.model,
        data_class=talk.data_class,
        leaf_id=None,
        created_at=now,
        updated_at=now,
        title_by="person",
    )
    chats.create(connection, reader_id, copied)
    new: list[Said] = []
    for said in read.opened.branch:
        parts: list[Any] = []
        for part in said.parts:
            if not isinstance(part, Attached):
                parts.append(part)
                continue
            file_id = secrets.token_hex(16)
            to = (reader_id, talk_id, file_id)
            if shares.copy_file(connection, read.share.owner_id, part.file_id, to, now):
                parts.append(replace(part, file_id=file_id))
        new.append(
            replace(
                said,
                id=ids[said.id],
                parent_id=ids.get(said.parent_id or ""),
                parts=tuple(parts),
                state="interrupted" if said.state == "running" else said.state,
                contest_id=None,
                preferred=None,
            )
        )
    chats.add(connection, reader_id, talk_id, new)
    chats.change(connection, reader_id, talk_id, updated_at=now)


def _read(
    connection: Any, who: Principal, share_id: str, now: int, most: int | None
) -> Read | None:
    if not _allowed(connection):
        return None
    share = shares.readable(connection, share_id, who.id, _groups(who), now)
    if share is None:
        return None
    opened = chats.opened(
        connection, share.owner_id, share.conversation_id, share.leaf_id, most=most
    )
    if opened is None:
        return None
    branch = tuple(_without_figures(said) for said in opened.branch)
    alone = Opened(opened.conversation, (), branch, opened.hidden)  # no other branch goes along
    return Read(share, alone, share.owner_id == who.id)


def _without_figures(said: Said) -> Said:
    """What an answer cost its owner is the owner's alone."""
    return replace(
        said,
        about={key: value for key, value in said.about.items() if key in _FOR_READERS},
        input_tokens=None,
        output_tokens=None,
        micro_eur=None,
        duration_ms=None,
        touched_at=None,
    )


def _allowed(connection: Any) -> bool:
    return accounts.read_meta(connection, SWITCH) != "off"


def _groups(who: Principal) -> frozenset[str]:
    return who.groups | {who.group}


def _mark(share_id: str) -> str:
    """What the trail calls a share: not its link."""
    return hashlib.sha256(share_id.encode()).hexdigest()[:16]
