# SPDX-License-Identifier: EUPL-1.2
"""Configured providers behind the border: a call goes through, or no connection is opened."""

import asyncio
import re
from pathlib import Path

from hausgeist.audit import Trail
from hausgeist.core.events import Delta, Failed, Finished, Started
from hausgeist.core.labels import DataClass
from hausgeist.errors import BorderRefused, UpstreamBusy
from hausgeist.gateway import Directory, Gateway, Routes
from hausgeist.gateway.providers import house_file
from hausgeist.gateway.providers.config import ModelEntry, ProviderConfig
from hausgeist.gateway.providers.configured import Providers
from hausgeist.ledger import Book
from hausgeist.net import AllowList, Connections, Outbound
from hausgeist.store import connections
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import metadata
from hausgeist.testing.providers import make_call
from hausgeist.testing.upstreams import FakeUpstream, OpenAIDialect

DIALECT = OpenAIDialect()
PAGE = Path(__file__).resolve().parents[3] / "docs/operator/providers.md"


def asked_of(home, config, *calls, replies=(), key="k"):
    """The events of calls to one enabled provider, and the connections that were opened."""
    fake = FakeUpstream(*replies)
    store = Store(sqlite_url(home / "h.db"))
    store.write_now(metadata.create_all)
    trail = Trail(store, bytes(32), lambda: 1000)
    outbound, directory = Outbound(AllowList()), Directory()
    outbound.record = Connections(store, lambda: 1000).note
    providers = Providers(
        store=store,
        trail=trail,
        secret=bytes(32),
        outbound=outbound,
        directory=directory,
        home=home,
        now_ms=lambda: 1000,
    )
    gateway = Gateway(
        directory=directory,
        routes=Routes(directory, lambda: 0.0),
        book=Book(store, lambda: 1000),
        trail=trail,
        now_ms=lambda: 1000,
    )

    async def run():
        async with fake.serving():
            made = config(fake.url)
            await providers.save(made, by="u1", key=key)
            await providers.enable(made.id, by="u1")
            found = [
                [event async for burst in gateway.answer(call) for event in burst] for call in calls
            ]
            await providers.close()
            await outbound.close()
            await store.drain()
            return found

    found = asyncio.run(run())
    opened = store.read_now(connections.newest)
    store.close()
    return found, opened, fake


def in_the_house(url):
    """A provider on this machine."""
    return ProviderConfig(
        id="up",
        dialect="openai",
        base_url=url + "/v1",
        zone="house",
        needs_key=False,
        models=(ModelEntry(id="m"),),
    )


def abroad(url):
    """A provider of the EU, released for public data only."""
    del url
    return ProviderConfig(
        id="up",
        dialect="openai",
        base_url="https://ki.example.org/v1",
        zone="eu",
        models=(ModelEntry(id="m"),),
    )


def test_a_call_goes_through_and_its_connection_is_noted(home):
    """From the caller's model id to the upstream's words; the ledger of connections says for whom."""
    (events,), opened, fake = asked_of(
        home, in_the_house, make_call(), replies=[DIALECT.words(["Guten", " Tag"])]
    )
    assert isinstance(events[0], Started)
    assert [event.text for event in events if isinstance(event, Delta)] == ["Guten", " Tag"]
    assert isinstance(events[-1], Finished)
    assert fake.asked[0].json["model"] == "m"
    assert [(row["reason"], row["allowed"]) for row in opened] == [("provider:up", True)]


def test_what_the_border_refuses_opens_no_connection(home):
    """A class the provider was not released for never leaves, not even as a name that is looked up."""
    (events,), opened, _ = asked_of(home, abroad, make_call(declared=DataClass.INTERNAL))
    assert isinstance(events[0], Failed)
    assert isinstance(events[0].error, BorderRefused)
    assert opened == []


def test_a_busy_provider_says_when_to_come_back(home):
    """What the upstream told of time reaches the caller."""
    (events,), _, _ = asked_of(
        home,
        in_the_house,
        make_call(),
        replies=[DIALECT.refusal(429, "slow", {"Retry-After": "9"})],
    )
    assert isinstance(events[-1].error, UpstreamBusy)
    assert (events[-1].error.retry_after, events[-1].error.status) == (9, 503)


def test_the_example_of_the_operators_page_is_right(home):
    """The file on the page is accepted, but for the key's file that is not there."""
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (home / house_file.NAME).write_text(example, "utf-8")
    entries, problems = house_file.read(home)
    assert [found.config.id for found in entries] == ["gpu"]
    assert entries[0].config.quirks.max_tokens == 4096
    assert list(problems) == ["mistral"]
    assert "cannot be read" in problems["mistral"]
