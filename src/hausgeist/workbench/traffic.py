# SPDX-License-Identifier: EUPL-1.2
"""Calls that were laid aside become prompts with counters and samples: personal data are replaced first.

From the gateway's tap come calls of keys whose owner agreed; into the database go, sealed, what stays the
same from call to call and a random sample of the rest, at most ``SAMPLES_MOST`` a prompt. Whatever cannot be
examined or pseudonymised is dropped. A call like many before it is only counted, and not examined again.
"""

import hashlib
import hmac
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

from hausgeist.core.answer_shapes import canonical
from hausgeist.core.calls import Call
from hausgeist.core.findings import Examination
from hausgeist.core.labels import DataClass, Purpose
from hausgeist.core.people import Principal, Role
from hausgeist.core.service import Template
from hausgeist.core.templates import Frame, Placed, kinship, place
from hausgeist.errors import DetectorDown, VeilDown
from hausgeist.gateway import Gateway
from hausgeist.gateway.tap import Heard
from hausgeist.identity.tokens import new_id
from hausgeist.sealing import Seal, SealBroken
from hausgeist.store import traffic
from hausgeist.store.db import Store
from hausgeist.store.traffic import SampleRow, TemplateRow
from hausgeist.workbench.offered import judged

SAMPLES_MOST: Final = 5_000
PROMPTS_MOST: Final = 200
"""Of a key."""
SAMPLE_LONGEST: Final = 20_000
"""Characters of a call that may be kept; longer ones are counted if their prompt is known."""
AT_ONCE: Final = 200
EXAMINED_MOST: Final = 100
"""Calls that a round examines: the detectors are there for what leaves the house first."""
ROUND_SECONDS: Final = 1.0
PURPOSE: Final = b"hausgeist traffic 1"
_PSEUDONYM = re.compile(r"\[\[[A-Z_]+_\d+\]\]")
_NOBODY = Principal(id="", name="", role=Role.MEMBER)
_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What stays the same from call to call, as it is sealed. ``schema``: the shape that was asked for."""

    system: str
    model: str = ""
    schema: str = ""
    prefix: str = ""
    suffix: str = ""
    whole: bool = False

    @property
    def template(self) -> Template | None:
        """As what a student can answer in a model's place; None where calls cannot be told by it."""
        if not self.exact:
            return None
        return Template(self.system, self.prefix, self.suffix, self.model, named=True)

    @property
    def frame(self) -> Frame:
        """Of the user's message."""
        return Frame(self.prefix, self.suffix, self.whole)

    @property
    def exact(self) -> bool:
        """Whether calls can be told by it: nothing in it was replaced, and something stays the same."""
        some = self.system.strip() or self.prefix.strip()
        return not self.whole and bool(some) and _PSEUDONYM.search(self.stays) is None

    @property
    def stays(self) -> str:
        """All that stays the same, for looking words up in it."""
        return f"{self.system}\n{self.prefix}\n{self.suffix}"

    def framed(self, frame: Frame) -> "Prompt":
        """With another frame."""
        return replace(self, prefix=frame.prefix, suffix=frame.suffix, whole=frame.whole)


@dataclass(frozen=True, slots=True)
class Masked:
    """A call with its personal data replaced."""

    system: str
    said: str
    answer: str
    data_class: DataClass


@dataclass(slots=True)
class _Known:
    """A prompt of a key while calls are being sorted."""

    row: TemplateRow
    prompt: Prompt


class Vault:
    """Seals prompts and samples, and makes the keyed hashes. ``secret`` is the house's."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, PURPOSE)
        self._key = hashlib.sha256(PURPOSE + b" hashes" + secret).digest()

    def prompt(self, sealed: bytes, bound: str) -> Prompt:
        """What ``sealed_prompt`` sealed.

        Raises:
            SealBroken: it does not open.
        """
        return Prompt(**json.loads(self._seal.open(sealed, bound)))

    def sealed_prompt(self, prompt: Prompt, bound: str) -> bytes:
        """A prompt for the database; ``bound`` names its row."""
        return self._seal.seal(_bytes(json.dumps(asdict(prompt))), bound)

    def sealed(self, text: str, bound: str) -> bytes:
        """A text for the database."""
        return self._seal.seal(_bytes(text), bound)

    def text(self, sealed: bytes, bound: str) -> str:
        """What ``sealed`` sealed.

        Raises:
            SealBroken: it does not open.
        """
        return self._seal.open(sealed, bound).decode("utf-8", "surrogatepass")

    def kin(self, heard: Heard) -> str:
        """What calls of one prompt have in common for certain."""
        return kinship(heard.system, heard.wanted, heard.schema, self._key)

    def answer_hash(self, answer: str) -> str:
        """Of an answer without what differs though it says the same."""
        return hmac.new(self._key, _bytes(canonical(answer)), "sha256").hexdigest()


class Traffic:
    """Works off what the tap laid aside. ``now_ms`` gives milliseconds since the epoch."""

    def __init__(
        self, store: Store, secret: bytes, gateway: Gateway | None, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._now_ms = now_ms
        self.vault = Vault(secret)
        self.samples_most = SAMPLES_MOST

    async def work_off(self) -> int:
        """Take in what waits, for about a second; gives how many calls were counted."""
        if self._gateway is None:
            return 0
        until, counted, budget = time.monotonic() + ROUND_SECONDS, 0, [EXAMINED_MOST]
        while time.monotonic() < until and (found := self._gateway.tap.take(AT_ONCE)):
            by_key: dict[str, list[Heard]] = {}
            for one in found:
                if one.data_class is not DataClass.SPECIAL:  # Art. 9 GDPR: nothing of it is kept
                    by_key.setdefault(one.key_id, []).append(one)
            for key_id, some in by_key.items():
                counted += await self._take(key_id, some, budget)
        return counted

    async def _take(self, key_id: str, heard: Sequence[Heard], budget: list[int]) -> int:
        known = await self._store.read(partial(self._known, key_id=key_id))
        if known is None:
            return 0  # the word was taken back meanwhile
        ready: list[tuple[Heard, Masked | None]] = []
        for one in heard:
            holder = _holder(known, self.vault.kin(one), one.said)
            if holder is not None and not self._drawn(holder.row):
                ready.append((one, None))
                continue
            masked = await self._masked(one, holder, budget)
            if masked is not None or holder is not None:
                ready.append((one, masked))
        return await self._store.write(partial(self.keep, key_id=key_id, ready=ready))

    def _known(self, connection: Any, key_id: str) -> list[_Known] | None:
        if traffic.agreed(connection, key_id) is None:
            return None
        found = []
        for row in traffic.of_key(connection, key_id):
            with suppress(SealBroken):  # sealed under another secret: it goes in time
                found.append(_Known(row, self.vault.prompt(row.body, row.id)))
        return found

    def _drawn(self, row: TemplateRow) -> bool:
        """Whether the next call of a prompt becomes a sample (reservoir sampling, Vitter's algorithm R)."""
        if row.samples < self.samples_most:
            return True
        return _RANDOM.random() * (row.calls + 1) < self.samples_most

    async def _masked(
        self, heard: Heard, holder: _Known | None, budget: list[int]
    ) -> Masked | None:
        """The call with personal data replaced; None where that cannot be done now."""
        gateway = self._gateway
        if gateway is None or gateway.veils is None or budget[0] <= 0:
            return None
        if heard.size > SAMPLE_LONGEST:
            return None
        budget[0] -= 1
        texts = [heard.system, heard.said, heard.answer]
        constant = "" if holder is None else holder.prompt.stays
        call = Call(id="traffic", principal=_NOBODY, purpose=Purpose.API, model=heard.wanted)
        try:
            found: Examination = await gateway.border.examiner.examine(texts)
            found = judged(found, texts, heard.schema, constant)
            veiled = await gateway.veils.hide(call, found, texts)
        except (DetectorDown, VeilDown):
            gateway.tap.dropped += 1
            return None
        if veiled.texts is None:
            return None
        of_content = found.data_class
        data_class = heard.data_class if of_content is None else max(heard.data_class, of_content)
        system, said, answer = veiled.texts
        return Masked(system, said, answer, data_class)

    # -- one transaction --------------------------------------------------------------------------

    def keep(
        self, connection: Any, key_id: str, ready: Sequence[tuple[Heard, Masked | None]]
    ) -> int:
        """Sort calls into prompts; gives how many were counted. What is not masked is only counted."""
        since = traffic.agreed(connection, key_id)
        if since is None:
            return 0
        known = self._known(connection, key_id) or []
        before = {one.row.id: one.row for one in known}
        counted = 0
        for heard, masked in ready:
            if heard.at_ms < since:
                continue
            kin = self.vault.kin(heard)
            holder = _holder(known, kin, heard.said) if masked is None else None
            if masked is not None:
                holder = self._placed(connection, known, heard, masked)
            if holder is None:
                continue
            counted += 1
            holder.row = _counted(holder.row, heard, masked)
            if masked is not None:
                self._sample(connection, holder, heard, masked)
        for one in known:
            if one.row == before.get(one.row.id):
                continue
            columns = asdict(one.row) | {"data_class": one.row.data_class.word}
            del columns["id"], columns["task_id"]
            traffic.change(connection, one.row.id, **columns)
        return counted

    def _placed(
        self, connection: Any, known: list[_Known], heard: Heard, masked: Masked
    ) -> _Known | None:
        """The prompt that a call belongs to; a new one where it is like none. None: there is no room."""
        kin = self.vault.kin(heard)
        same = [one for one in known if one.row.kin == kin]
        frames = [one.prompt.frame for one in same]
        placed: Placed = place(frames, masked.said, beside=bool(masked.system.strip()))
        if placed.index is None:
            return self._new(connection, known, heard, masked, placed.frame)
        holder = same[placed.index]
        for at in placed.absorbed:
            other = same[at]
            traffic.move_samples(connection, other.row.id, holder.row.id)
            traffic.remove(connection, other.row.id)
            holder.row = _summed(holder.row, other.row)
            known.remove(other)
        prompt = holder.prompt.framed(placed.frame)
        if _PSEUDONYM.search(prompt.system) and not _PSEUDONYM.search(masked.system):
            prompt = replace(prompt, system=masked.system)  # something in it was doubted once
        if prompt != holder.prompt:
            holder.prompt = prompt
            body = self.vault.sealed_prompt(holder.prompt, holder.row.id)
            holder.row = replace(holder.row, body=body)
        return holder

    def _new(
        self, connection: Any, known: list[_Known], heard: Heard, masked: Masked, frame: Frame
    ) -> _Known | None:
        if len(known) >= PROMPTS_MOST:
            alone = [one for one in known if one.row.calls == 1]
            if not alone:
                return None
            oldest = min(alone, key=lambda one: one.row.last_at)
            traffic.remove(connection, oldest.row.id)
            known.remove(oldest)
        row_id = new_id()
        prompt = Prompt(system=masked.system, model=heard.wanted[:200], schema=heard.schema).framed(
            frame
        )
        row = TemplateRow(
            id=row_id,
            key_id=heard.key_id,
            kin=self.vault.kin(heard),
            model=heard.wanted[:200],
            provider=heard.provider[:200],
            answered_by=heard.model[:200],
            body=self.vault.sealed_prompt(prompt, row_id),
            calls=0,
            micro_eur=0,
            unpriced=0,
            energy_mwh=0,
            unmetered=0,
            samples=0,
            data_class=masked.data_class,
            first_at=heard.at_ms,
            last_at=heard.at_ms,
        )
        traffic.add(connection, row)
        made = _Known(row, prompt)
        known.append(made)
        return made

    def _sample(self, connection: Any, holder: _Known, heard: Heard, masked: Masked) -> None:
        if holder.row.samples >= self.samples_most:
            traffic.drop_one(connection, holder.row.id, new_id())
        else:
            holder.row = replace(holder.row, samples=holder.row.samples + 1)
        sample_id = new_id()
        sample = SampleRow(
            id=sample_id,
            text=self.vault.sealed(masked.said, sample_id),
            answer=self.vault.sealed(masked.answer, sample_id + " answer"),
            answer_hash=self.vault.answer_hash(masked.answer),
            data_class=masked.data_class,
            at=heard.at_ms,
        )
        traffic.add_sample(connection, holder.row.id, sample)

    # -- for what serves --------------------------------------------------------------------------

    async def template_of(self, task_id: str) -> Template | None:
        """The prompt that a task was made from, as what a student can answer in a model's place.

        None where the task was made of something else, or calls cannot be told by the prompt.
        """
        sealed = await self._store.read(lambda connection: traffic.remembered(connection, task_id))
        if sealed is None:
            return None
        try:
            return self.vault.prompt(sealed, f"task {task_id}").template
        except SealBroken:  # sealed under another secret
            return None


def _holder(known: Iterable[_Known], kin: str, said: str) -> _Known | None:
    """The settled prompt that a message is certainly made with, the closest one."""
    held = [
        one
        for one in known
        if one.row.kin == kin and not one.prompt.whole and one.prompt.frame.holds(said)
    ]
    return max(held, key=lambda one: one.prompt.frame.size, default=None)


def _counted(row: TemplateRow, heard: Heard, masked: Masked | None) -> TemplateRow:
    return replace(
        row,
        calls=row.calls + 1,
        micro_eur=row.micro_eur + (heard.micro_eur or 0),
        unpriced=row.unpriced + (heard.micro_eur is None),
        energy_mwh=row.energy_mwh + (heard.energy_mwh or 0),
        unmetered=row.unmetered + (heard.energy_mwh is None),
        provider=heard.provider[:200],
        answered_by=heard.model[:200],
        data_class=max(row.data_class, heard.data_class if masked is None else masked.data_class),
        first_at=min(row.first_at, heard.at_ms),
        last_at=max(row.last_at, heard.at_ms),
    )


def _summed(row: TemplateRow, other: TemplateRow) -> TemplateRow:
    sums = ("calls", "micro_eur", "unpriced", "energy_mwh", "unmetered", "samples")
    return replace(
        row,
        data_class=max(row.data_class, other.data_class),
        first_at=min(row.first_at, other.first_at),
        last_at=max(row.last_at, other.last_at),
        **{name: getattr(row, name) + getattr(other, name) for name in sums},
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
