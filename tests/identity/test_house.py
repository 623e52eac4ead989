# SPDX-License-Identifier: EUPL-1.2
"""What the house says and how it looks: announcements, name, colour, links, logo; on both databases."""

import asyncio
import struct
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.errors import BadUpload, InvalidField, NotFound
from hausgeist.identity import Brand, Identity, Wording
from hausgeist.store.tables import audit_payloads


class Clock:
    """Milliseconds that only move when they are told to."""

    now = 1_000_000

    def __call__(self) -> int:
        return self.now


def png(width: int = 32, height: int = 32) -> bytes:
    """A small grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", sum_)

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\x00" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.fixture
def inside(store) -> Callable[[Callable[[Identity, Clock], Awaitable[object]]], None]:
    """Runs work with an identity over the database, and its clock."""

    def run(work: Callable[[Identity, Clock], Awaitable[object]]) -> None:
        async def go() -> None:
            clock = Clock()
            identity = Identity(store, Trail(store, b"s" * 32, clock), clock, time.monotonic)
            try:
                await work(identity, clock)
            finally:
                await store.drain()
                await identity.close()

        asyncio.run(go())

    return run


def _facts(store, kind: str) -> list[dict[str, object]]:
    rows = store.read_now(
        lambda c: (
            c.execute(
                select(audit_payloads.c.body)
                .where(audit_payloads.c.kind == kind)
                .order_by(audit_payloads.c.seq)
            )
            .scalars()
            .all()
        )
    )
    return [msgspec.json.decode(row)["facts"] for row in rows]


def test_an_announcement_is_shown_from_and_until(inside):
    """Before its time, in it and after it; several at once, the oldest first."""

    async def work(identity: Identity, clock: Clock) -> None:
        said = identity.announcements
        always = await said.create(Wording(kind="info", text="Immer"), "test")
        clock.now += 1
        later = Wording(
            kind="warn", text="Wartung", starts_at=clock.now + 100, ends_at=clock.now + 200
        )
        timed = await said.create(later, "test")
        assert [one.id for one in await said.current()] == [always]
        clock.now += 100
        assert [one.id for one in await said.current()] == [always, timed]
        clock.now += 100
        assert [one.id for one in await said.current()] == [always]
        await said.delete(always, "test")
        assert await said.current() == ()
        with pytest.raises(NotFound):
            await said.get(always)

    inside(work)


@pytest.mark.parametrize(
    "wording",
    [
        Wording(kind="info", text="  "),
        Wording(kind="info", text="x" * 2001),
        Wording(kind="loud", text="x"),
        Wording(kind="info", text="x", starts_at=2, ends_at=1),
    ],
)
def test_an_announcement_that_cannot_be_is_refused(inside, wording):
    """Nothing, too much, an unknown kind, an end before the beginning."""

    async def work(identity: Identity, _clock: Clock) -> None:
        with pytest.raises(InvalidField):
            await identity.announcements.create(wording, "test")

    inside(work)


def test_the_trail_knows_announcements_by_their_hash(inside, store):
    """Before and after are there, the words are not."""

    async def work(identity: Identity, _clock: Clock) -> None:
        one = await identity.announcements.create(Wording(kind="info", text="Alt"), "test")
        await identity.announcements.change(one, Wording(kind="warn", text="Neu"), "test")

    inside(work)
    (facts,) = _facts(store, "announcement.changed")
    assert (facts["before.kind"], facts["after.kind"]) == ("info", "warn")
    assert facts["before.text"] != facts["after.text"]
    assert "Neu" not in facts.values()


def test_the_looks_are_kept_and_told(inside, store):
    """What is saved is shown at once; the trail has both sides of each change, of texts only hashes."""

    async def work(identity: Identity, _clock: Clock) -> None:
        wanted = Brand(
            organisation="Stadt Musterhausen",
            accent="#AA0033",
            imprint="https://example.org/impressum",
            login_de="Willkommen.",
        )
        await identity.branding.save(wanted, "test")
        found = await identity.branding.shown()
        assert found == replace(wanted, accent="#aa0033")
        assert await identity.organisation() == "Stadt Musterhausen"
        await identity.branding.save(found, "test")

    inside(work)
    (facts,) = _facts(store, "branding.changed")
    assert facts["before.accent"] is None
    assert facts["after.accent"] == "#aa0033"
    assert "Willkommen." not in facts.values()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accent", "red"),
        ("accent", "#12345"),
        ("accent", "#aa0033;}"),
        ("imprint", "javascript:alert(1)"),
        ("imprint", "data:text/html,x"),
        ("privacy", "//example.org"),
        ("privacy", "https://"),
        ("privacy", "https://a@b.example"),
        ("privacy", 'https://example.org/"onclick="'),
        ("imprint", "http://[broken"),
        ("footer", "x" * 1001),
    ],
)
def test_looks_that_would_harm_are_refused(inside, field, value):
    """No colour that is none, no address that is not http or https."""

    async def work(identity: Identity, _clock: Clock) -> None:
        with pytest.raises(InvalidField):
            await identity.branding.save(replace(Brand(), **{field: value}), "test")

    inside(work)


def test_a_logo_is_kept_by_its_digest(inside, store):
    """A PNG comes back byte for byte, and goes again."""

    async def work(identity: Identity, _clock: Clock) -> None:
        await identity.branding.set_logo(png(), "test")
        brand, data = await identity.branding.logo()
        assert (data, brand.logo_media) == (png(), "image/png")
        await identity.branding.save(replace(brand, accent="#aa0033"), "test")
        assert (await identity.branding.shown()).logo == brand.logo
        await identity.branding.set_logo(None, "test")
        assert await identity.branding.logo() is None

    inside(work)
    facts = _facts(store, "branding.changed")
    assert facts[0]["after.logo"] == facts[-1]["before.logo"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"GIF89a" + b"\x00" * 40,
        png()[:-4],
        png() + b"<script>alert(1)</script>",
        png(8, 8),
        png(5000, 1),
        b"\xff\xd8\xff\xe0\x00\x02" + b"\xff\xd9",
        b"RIFF\x20\x00\x00\x00WEBPVP8X",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 260_000,
    ],
)
def test_what_is_no_logo_is_refused(inside, data):
    """No SVG, no GIF, nothing cut off, nothing with a tail, too small, too large."""

    async def work(identity: Identity, _clock: Clock) -> None:
        with pytest.raises(BadUpload):
            await identity.branding.set_logo(data, "test")

    inside(work)
