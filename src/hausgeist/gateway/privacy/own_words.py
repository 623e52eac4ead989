# SPDX-License-Identifier: EUPL-1.2
"""The organisation's own words: what is always to be hidden, and what never; kept, changed, read again.

Lists flow in from a page or a file; the detectors get them as they are after every change, in all replicas
within a round. The trail tells how many of which kind, never which.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hausgeist.audit import Trail
from hausgeist.core.findings import Kind
from hausgeist.core.trail import Fact
from hausgeist.errors import N_, InvalidField
from hausgeist.gateway.privacy.frames import OwnEntry
from hausgeist.identity.tokens import new_id
from hausgeist.store import own_words as rows
from hausgeist.store.accounts import Row
from hausgeist.store.db import Store

KINDS: Final = (
    Kind.OWN,
    Kind.PERSON,
    Kind.ADDRESS,
    Kind.FILE_NUMBER,
    Kind.ACCOUNT,
    Kind.PHONE,
    Kind.EMAIL,
)
"""What an own word can be."""

LONGEST: Final = 300
SHORTEST: Final = 2
"""Characters of a value."""
ENTRIES_MOST: Final = 200_000
PASTE_MOST: Final = 4_000_000
"""Characters of a list."""
FAULTS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class OwnWord:
    """One of them. ``hide``: always, else never. ``pattern``: see ``own.py``."""

    kind: Kind
    value: str
    hide: bool = True
    pattern: bool = False
    id: str = ""
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a list: how many were new, how many were there already."""

    added: int
    known: int


class OwnWords:
    """Verbs of own words; ``by`` is the id of who does it."""

    def __init__(self, store: Store, trail: Trail, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._trail = trail
        self._now_ms = now_ms
        self._mark: tuple[Any, ...] | None = None
        self._current: tuple[OwnEntry, ...] | None = None

    def current(self) -> tuple[OwnEntry, ...] | None:
        """The words for the detectors, the same object until they change; None before the first look."""
        return self._current

    async def refresh(self) -> None:
        """Read what any process wrote, if anything changed."""
        found = await self._store.read(rows.mark)
        if found == self._mark:
            return
        every = await self._store.read(rows.every)
        self._current = tuple(
            OwnEntry(row["kind"], row["value"], row["hide"], row["pattern"]) for row in every
        )
        self._mark = found

    async def list(
        self,
        words: str = "",
        kind: str = "",
        *,
        hide: bool | None = None,
        offset: int = 0,
        count: int = 50,
    ) -> tuple[list[OwnWord], int]:
        """A page of them in the order of the alphabet, and how many there are in all."""
        found, total = await self._store.read(
            lambda connection: rows.search(
                connection, words, kind, hide=hide, offset=offset, count=count
            )
        )
        return [_word(row) for row in found], total

    async def export(self) -> str:
        """All of them as ``import_`` reads them."""
        found = await self._store.read(rows.every)
        return "".join(_line(_word(row)) for row in found)

    async def add(self, word: OwnWord, by: str) -> Added:
        """Add one.

        Raises:
            InvalidField: it cannot be one.
        """
        _check(word)
        return await self._add([word], by)

    async def import_(self, text: str, kind: Kind, by: str, *, hide: bool = True) -> Added:
        """Add a list: a value a line, or kind, value and flags (``never``, ``pattern``) between tabs.

        ``kind`` and ``hide`` are for lines that name none. All of it is added, or nothing.

        Raises:
            InvalidField: lines are wrong, with their numbers; or there is nothing in it.
        """
        return await self._add(_parsed(text, kind, hide=hide), by)

    async def remove(self, ids: Iterable[str], by: str) -> int:
        """Delete some; gives how many there were."""
        wanted = list(ids)

        def work(connection: Any) -> dict[str, Fact] | None:
            gone = rows.remove(connection, wanted)
            return _facts("before", gone) if gone else None

        facts = await self._trail.change("own_words.removed", work, actor=by)
        await self.refresh()
        count = facts["before.count"] if facts else 0
        assert isinstance(count, int)
        return count

    async def _add(self, words: Sequence[OwnWord], by: str) -> Added:
        now = self._now_ms()

        def work(connection: Any) -> dict[str, Fact] | None:
            there = rows.known(connection)
            new = []
            for word in words:
                key = (word.value.lower(), word.hide, word.pattern)
                if key not in there:
                    there.add(key)
                    new.append(_columns(word, now))
            if len(there) > ENTRIES_MOST:
                raise InvalidField(
                    field="list",
                    reason=N_("at most {most} entries"),
                    param="list",
                    most=ENTRIES_MOST,
                )
            rows.add(connection, new)
            return _facts("after", new) if new else None

        facts = await self._trail.change("own_words.added", work, actor=by)
        await self.refresh()
        count = facts["after.count"] if facts else 0
        assert isinstance(count, int)
        return Added(count, len(words) - count)


def _parsed(text: str, kind: Kind, *, hide: bool) -> list[OwnWord]:
    if len(text) > PASTE_MOST:
        raise InvalidField(
            field="list", reason=N_("at most {most} characters"), param="list", most=PASTE_MOST
        )
    found: list[OwnWord] = []
    faults: list[int] = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if not line.strip() or line.startswith("#\t"):
            continue
        try:
            word = _of_line(line, kind, hide=hide)
            _check(word)
        except (InvalidField, ValueError):
            faults.append(number)
        else:
            found.append(word)
    if faults:
        told = ", ".join(map(str, faults[:FAULTS_SHOWN])) + ("…" if faults[FAULTS_SHOWN:] else "")
        raise InvalidField(
            field="list",
            reason=N_("these lines cannot be used: {lines}"),
            param="list",
            lines=told,
        )
    if not found:
        raise InvalidField(field="list", reason=N_("there is nothing in it"), param="list")
    return found


def _of_line(line: str, kind: Kind, *, hide: bool) -> OwnWord:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) == 1:
        return OwnWord(kind, " ".join(cells[0].split()), hide)
    flags = set(filter(None, " ".join(cells[2:]).split()))
    if flags - {"never", "always", "pattern"}:
        raise ValueError(line)
    always = hide if not flags & {"never", "always"} else "never" not in flags
    return OwnWord(Kind(cells[0]), " ".join(cells[1].split()), always, "pattern" in flags)


def _check(word: OwnWord) -> None:
    if word.kind not in KINDS:
        raise InvalidField(field="kind", reason=N_("use one of those on the page"), param="kind")
    if not SHORTEST <= len(word.value) <= LONGEST or not any(map(str.isalnum, word.value)):
        raise InvalidField(
            field="value",
            reason=N_("use {least} to {most} characters"),
            param="value",
            least=SHORTEST,
            most=LONGEST,
        )
    if not word.value.isprintable():
        raise InvalidField(field="value", reason=N_("use letters and digits"), param="value")
    fixed = sum(letter.isalnum() or letter in "#@" for letter in word.value)
    latin = all(ord(letter) < 256 for letter in word.value)
    if word.pattern and not (fixed >= 4 and word.value.count("*") <= 2 and latin):
        raise InvalidField(
            field="value",
            reason=N_("a pattern needs at least four letters, digits, # or @, and at most two *"),
            param="value",
        )


def _columns(word: OwnWord, now: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "kind": word.kind.value,
        "value": word.value,
        "hide": word.hide,
        "pattern": word.pattern,
        "created_at": now,
    }


def _facts(side: str, found: Iterable[Any]) -> dict[str, Fact]:
    """How many, and of which kinds: never which."""
    kinds = Counter(f"{row['kind']}{'' if row['hide'] else ' never'}" for row in found)
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    return {f"{side}.count": kinds.total(), f"{side}.kinds": told}


def _line(word: OwnWord) -> str:
    flags = ("" if word.hide else "never") + (" pattern" if word.pattern else "")
    return f"{word.kind.value}\t{word.value}\t{flags.strip()}".rstrip("\t") + "\n"


def _word(row: Row) -> OwnWord:
    return OwnWord(
        Kind(row["kind"]),
        row["value"],
        row["hide"],
        row["pattern"],
        row["id"],
        row["created_at"],
    )
