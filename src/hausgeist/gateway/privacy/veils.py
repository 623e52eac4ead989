# SPDX-License-Identifier: EUPL-1.2
"""Pseudonyms at work: a call and its findings in; the call as it may leave, and its restorer, out.

One map for a conversation, or for a call that belongs to none. A conversation's map is stored before the
call leaves, under a random key of its own which the house's secret seals; it goes with the conversation.
Whatever fails here is an error, and nothing leaves.
"""

import asyncio
import hashlib
import re
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from hausgeist.core.calls import Call
from hausgeist.core.findings import Examination
from hausgeist.core.preview import Masked, Span
from hausgeist.errors import NotFound, VeilDown
from hausgeist.gateway.privacy import masking
from hausgeist.gateway.privacy.fields import Place, Seen, has_pictures, seen_in, with_texts
from hausgeist.gateway.privacy.hint import language_of, told, wants_mail
from hausgeist.gateway.privacy.masking import Edit
from hausgeist.gateway.privacy.restore import Restorer
from hausgeist.gateway.privacy.veil import Veil
from hausgeist.gateway.privacy.veiled import Veiled
from hausgeist.sealing import Seal, SealBroken
from hausgeist.store import veils
from hausgeist.store.db import DatabaseError, Store
from hausgeist.store.veils import VeilRow

_KEYS: Final = b"hausgeist veil keys 1"
_MAPS: Final = b"hausgeist veil maps 1"
_KEY_BYTES: Final = 32
_TRIES: Final = 20
"""Times that two calls of one conversation may be faster than a third."""
_LONG: Final = 16_000
"""Characters from which on a thread does the work, so that others are served meanwhile."""
_REMEMBERED_MOST: Final = 200
"""Conversations of which it is remembered what was replaced; the texts are not."""

_Mark: TypeAlias = tuple[bytes, Place, int]

_GIVEN = re.compile(r"\[\[([A-Z_]+_\d+)\]\]")


@dataclass(frozen=True, slots=True)
class _Read:
    """A conversation's map as it was read, with its key; ``version`` 0: there is none yet."""

    veil: Veil
    key: bytes
    version: int
    packed: bytes = b""


@dataclass(frozen=True, slots=True)
class _Hidden:
    """The texts of a call, each once, and what is replaced in them."""

    seen: dict[tuple[str, Place], Seen]
    edits: dict[tuple[str, Place], tuple[Edit, ...]]


class Veils:
    """Makes pseudonyms. ``secret`` is the house's, 32 bytes; ``now_ms`` gives milliseconds."""

    def __init__(self, store: Store, secret: bytes, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._seal = Seal(secret, _KEYS)
        self._now_ms = now_ms
        self._remembered: OrderedDict[str, tuple[int, dict[_Mark, tuple[Edit, ...]]]] = (
            OrderedDict()
        )
        self._salt = secrets.token_bytes(16)

    async def hide(
        self, call: Call, found: Examination, texts: Sequence[str] | None = None
    ) -> Veiled:
        """Put everything found under pseudonyms; the map is stored before this returns.

        ``texts`` is what is sent instead of the call's messages.

        Raises:
            VeilDown: it cannot be done; nothing may leave.
            NotFound: the conversation is gone.
        """
        if has_pictures(call):  # nobody can hide anything in them
            raise VeilDown
        for _ in range(_TRIES):
            read = await self._read(call)
            seen = _texts(texts) if texts is not None else seen_in(call)
            hidden = await self._hidden(call, read.veil, seen, found)
            veiled = self._veiled(call, read.veil, hidden, texts)
            if await self._kept(call, read):
                return veiled
        raise VeilDown

    async def preview(self, call: Call, found: Examination) -> tuple[Masked, ...]:
        """What ``hide`` would hide; nothing is stored.

        Raises:
            VeilDown: it cannot be said.
        """
        read = await self._read(call)
        hidden = await self._hidden(call, read.veil, seen_in(call), found)
        shown = {}
        for at, edits in hidden.edits.items():
            spans = tuple(
                Span(
                    edit.start,
                    edit.end,
                    edit.instead,
                    edit.kind,
                    hidden.seen[at].text[edit.start : edit.end],
                    edit.certain,
                )
                for edit in edits
                if edit.kind is not None
            )
            if spans:
                shown[hidden.seen[at].text] = spans
        return tuple(Masked(text, spans) for text, spans in shown.items())

    async def due(self, call: Call) -> bool:
        """Whether a call is to be veiled though nothing personal was found: marks, or earlier pseudonyms.

        Raises:
            VeilDown: it cannot be said.
        """
        if any(one.hide for one in call.corrections):
            return True
        return (await self._read(call)).version > 0

    # -- the texts --------------------------------------------------------------------------------

    async def _hidden(
        self, call: Call, veil: Veil, seen: Sequence[Seen], found: Examination
    ) -> _Hidden:
        if sum(len(one.text) for one in seen) > _LONG:
            return await asyncio.to_thread(self._hide, call, veil, seen, found)
        return self._hide(call, veil, seen, found)

    def _hide(self, call: Call, veil: Veil, seen: Sequence[Seen], found: Examination) -> _Hidden:
        """What is replaced. Texts that the last turn had are looked through again only if there is news."""
        done = self._remembered.pop(call.conversation or "", None)
        state = veil.state()
        for correction in call.corrections:
            veil.correct(correction.value, hide=correction.hide)
        once = {(one.raw, one.place): one for one in seen}
        marks = {at: self._mark(one, found) for at, one in once.items()}
        old: Mapping[_Mark, tuple[Edit, ...]] = {}
        if done is not None and done[0] == state == veil.state():
            old = done[1]
        new = [at for at, mark in marks.items() if mark not in old]
        masking.learn(veil, [once[at].text for at in new], found)
        if old and veil.state() != state:
            old, new = {}, list(once)
            masking.learn(veil, [once[at].text for at in new], found)
        known = masking.known_in(veil, [once[at].text for at in new])
        fresh = {
            marks[at]: masking.edits(veil, once[at], found.findings.get(once[at].text, ()), more)
            for at, more in zip(new, known, strict=True)
        }
        results = {mark: fresh[mark] if mark in fresh else old[mark] for mark in marks.values()}
        if call.conversation is not None:
            self._remembered[call.conversation] = (veil.state(), results)
        while len(self._remembered) > _REMEMBERED_MOST:
            self._remembered.popitem(last=False)
        return _Hidden(once, {at: results[mark] for at, mark in marks.items()})

    def _mark(self, one: Seen, found: Examination) -> _Mark:
        """A text with what was found in it, as something that says nothing of it."""
        text = one.raw.encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, key=self._salt, digest_size=16).digest()
        return digest, one.place, hash(tuple(found.findings.get(one.text, ())))

    def _veiled(
        self, call: Call, veil: Veil, hidden: _Hidden, texts: Sequence[str] | None
    ) -> Veiled:
        used: dict[str, None] = {}

        def change(one: Seen) -> str:
            at = (one.raw, one.place)
            edits = hidden.edits[at]
            used.update(
                dict.fromkeys(key for edit in edits for key in _GIVEN.findall(edit.instead))
            )
            return masking.applied(veil, one, edits)

        language, mail = language_of(call), wants_mail(call)
        counts = Counter(
            edit.kind for edits in hidden.edits.values() for edit in edits if edit.kind is not None
        )
        if texts is not None:
            sent = [change(one) for one in _texts(texts)]
            return Veiled(call, Restorer(dict(veil.values), language), sent, counts)
        sampling = replace(call.sampling, logprobs=False, top_logprobs=None)
        masked = with_texts(replace(call, sampling=sampling), change)
        restore = Restorer(dict(veil.values), language, mail=mail)
        return Veiled(told(masked, used, language, mail=mail), restore, None, counts)

    # -- the map ----------------------------------------------------------------------------------

    async def _read(self, call: Call) -> _Read:
        """The map of the call's conversation; a new one where there is none."""
        conversation, owner = call.conversation, call.principal.id
        if conversation is None:
            return _Read(Veil(), b"", 0)
        try:
            row = await self._store.read(lambda c: veils.of(c, owner, conversation))
        except DatabaseError as error:
            raise VeilDown from error
        if row is None:
            return _Read(Veil(), secrets.token_bytes(_KEY_BYTES), 0)
        try:
            key = self._seal.open(row.sealed_key, conversation)
            packed = Seal(key, _MAPS).open(row.sealed_map, _bound(conversation, row.version))
            return _Read(Veil.unpacked(packed), key, row.version, packed)
        except (SealBroken, ValueError) as error:
            raise VeilDown from error

    async def _kept(self, call: Call, read: _Read) -> bool:
        """Store what the map has become; False if somebody else was faster.

        Raises:
            VeilDown, NotFound: it cannot be stored.
        """
        conversation, owner = call.conversation, call.principal.id
        if conversation is None:
            return True
        packed = read.veil.packed()
        if packed == read.packed:
            return True
        version = read.version + 1
        row = VeilRow(
            conversation_id=conversation,
            sealed_key=self._seal.seal(read.key, conversation),
            sealed_map=Seal(read.key, _MAPS).seal(packed, _bound(conversation, version)),
            version=version,
            updated_at=self._now_ms(),
        )
        try:
            kept = await self._store.write(lambda c: veils.keep(c, owner, row))
        except DatabaseError as error:
            raise VeilDown from error
        if kept is None:
            raise NotFound
        return kept


def _texts(texts: Sequence[str]) -> list[Seen]:
    return [Seen(text, Place.PROSE, text) for text in texts]


def _bound(conversation: str, version: int) -> str:
    return f"{conversation}\n{version}"
