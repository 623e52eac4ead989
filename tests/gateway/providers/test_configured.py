# SPDX-License-Identifier: EUPL-1.2
"""Providers as the organisation sets them up: from page, command line and file into the gateway."""

import asyncio
import json
from contextlib import contextmanager

import msgspec
import pytest
from sqlalchemy import select

from hausgeist.audit import Trail
from hausgeist.core.labels import DataClass
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.people import Principal, Role
from hausgeist.errors import Conflict, EgressDenied, InvalidField, NotFound, Upstream
from hausgeist.gateway import Directory
from hausgeist.gateway.providers.catalogue import acceptable, catalogue, entry
from hausgeist.gateway.providers.config import ModelEntry, ProviderConfig, cards
from hausgeist.gateway.providers.configured import Providers
from hausgeist.net import AllowList, Outbound
from hausgeist.store.db import Store, sqlite_url
from hausgeist.store.tables import audit_payloads, metadata, providers
from hausgeist.testing.upstreams import FakeUpstream, Reply

SECRET = bytes(range(32))
WHO = Principal(id="u1", name="Ada", role=Role.ADMIN)
KEY = "geheim-4711"


class World:
    """A house's database with providers over it; several share one database like replicas."""

    def __init__(self, store, home, secret=SECRET, **more):
        self.store, self.home = store, home
        self.outbound = Outbound(AllowList())
        self.directory = Directory()
        self.providers = Providers(
            store=store,
            trail=Trail(store, SECRET, lambda: 5000),
            secret=secret,
            outbound=self.outbound,
            directory=self.directory,
            home=home,
            now_ms=lambda: 5000,
            **more,
        )

    def models(self):
        """The ids on offer."""
        return [card.id for card in self.directory.visible(WHO)]

    def allowed(self, host, port=443):
        """Whether the way out leads there."""
        try:
            self.outbound.allow.find(host, port)
        except EgressDenied:
            return False
        return True


@pytest.fixture
def house(home):
    """One process of a house."""
    with opened(home) as world:
        yield world


@contextmanager
def opened(home, **more):
    """A house over a data directory."""
    store = Store(sqlite_url(home / "h.db"))
    store.write_now(metadata.create_all)
    yield World(store, home, **more)
    store.close()


@pytest.mark.postgres
def test_the_table_is_the_same_in_postgresql(home, postgres_url):
    """Saving, enabling, changing and deleting work there too."""
    store = Store(postgres_url)
    store.write_now(metadata.create_all)
    world = World(store, home)
    setup(world, own())
    asyncio.run(world.providers.save(own(title="Neu"), by="u1"))
    (listed,) = asyncio.run(world.providers.list())
    assert (listed.config.title, listed.enabled, listed.has_key) == ("Neu", True, True)
    assert world.models() == ["stadtwerk/a/b"]
    asyncio.run(world.providers.delete("stadtwerk", by="u1"))
    assert asyncio.run(world.providers.list()) == []
    store.close()


def own(**more):
    """A provider of the EU with one model."""
    given = {
        "id": "stadtwerk",
        "dialect": "openai",
        "base_url": "https://ki.example.org/v1",
        "zone": "eu",
        "models": (ModelEntry(id="a/b"),),
    }
    return ProviderConfig(**given | more)


def setup(world, config, *, key=KEY, **enabling):
    """Save and enable a provider."""

    async def run():
        await world.providers.save(config, by="u1", key=key)
        await world.providers.enable(config.id, by="u1", **enabling)

    asyncio.run(run())


def test_nothing_is_offered_before_somebody_enables_it(house):
    """A saved provider is off: no model, no way out; enabling offers, disabling withdraws."""
    asyncio.run(house.providers.save(own(), by="u1", key=KEY))
    assert (house.models(), house.allowed("ki.example.org")) == ([], False)
    asyncio.run(house.providers.enable("stadtwerk", by="u1"))
    assert (house.models(), house.allowed("ki.example.org")) == (["stadtwerk/a/b"], True)
    asyncio.run(house.providers.disable("stadtwerk", by="u1"))
    assert (house.models(), house.allowed("ki.example.org")) == ([], False)
    asyncio.run(house.providers.delete("stadtwerk", by="u1"))
    with pytest.raises(NotFound):
        asyncio.run(house.providers.get("stadtwerk"))


def test_a_key_is_needed_where_one_is_needed(house):
    """Without its key a provider is not enabled, and losing it turns it off."""
    asyncio.run(house.providers.save(own(), by="u1"))
    with pytest.raises(InvalidField) as error:
        asyncio.run(house.providers.enable("stadtwerk", by="u1"))
    assert error.value.param == "key"
    setup(house, own())
    asyncio.run(house.providers.set_key("stadtwerk", "", by="u1"))
    assert house.models() == []


def test_the_world_needs_a_confirmation(house):
    """A provider outside the EU is neither enabled nor connected to before somebody confirms."""
    config = own(zone="world")
    with pytest.raises(InvalidField) as error:
        setup(house, config)
    assert error.value.param == "world_confirmed"
    with pytest.raises(InvalidField):
        asyncio.run(house.providers.test("stadtwerk", by="u1"))
    setup(house, config, confirm_world=True)
    assert asyncio.run(house.providers.get("stadtwerk")).world_confirmed_at == 5000
    assert house.models() == ["stadtwerk/a/b"]


@pytest.mark.parametrize(
    "change", [{"zone": "world"}, {"base_url": "https://other.example.org/v1"}]
)
def test_what_was_granted_ends_with_what_it_was_granted_for(house, change):
    """Another zone turns a provider off; another server loses the key as well."""
    setup(house, own())
    listed = asyncio.run(house.providers.save(own(**change), by="u1"))
    assert (listed.enabled, listed.world_confirmed_at) == (False, None)
    assert listed.has_key == ("base_url" not in change)
    assert house.models() == []
    again = asyncio.run(house.providers.save(own(title="Neu", **change), by="u1"))
    assert again.config.title == "Neu"


def test_keys_are_sealed_and_bound_to_their_server(house, home):
    """The database holds no key in the clear; another address or another secret does not open it."""
    setup(house, own())
    (row,) = house.store.read_now(lambda c: c.execute(select(providers)).mappings().all())
    assert KEY.encode() not in row["sealed_key"]
    assert KEY not in row["settings"]
    stranger = World(house.store, home, secret=bytes(32))
    (listed,) = asyncio.run(stranger.providers.list())
    assert "Enter it again" in listed.problem
    moved = row["settings"].replace("ki.example.org", "evil.example.org")
    house.store.write_now(lambda c: c.execute(providers.update().values(settings=moved)))
    asyncio.run(house.providers.load_all())
    assert (house.models(), house.allowed("evil.example.org")) == ([], False)


@pytest.mark.parametrize("key", ["a\r\nX-Evil: 1", "schlüssel", "a\x00"])
def test_a_key_that_no_header_can_carry_is_refused(house, home, key):
    """It would end every call in an error of ours; in the file it is a problem of the entry."""
    with pytest.raises(InvalidField):
        asyncio.run(house.providers.save(own(), by="u1", key=key))
    file = home / "providers.toml"
    file.write_text(
        f'[[provider]]\ncatalogue = "mistral"\nenabled = true\nkey = {json.dumps(key)}\n'
    )
    file.chmod(0o600)
    assert asyncio.run(house.providers.list()) == []
    assert list(house.providers.file_problems) == ["mistral"]


def test_names_that_a_server_makes_up_are_not_offered():
    """White space, control characters and novels are no names of models, whoever lists them."""
    names = ["gut", "mit leer", "zeile\nzwei", "nul\x00", "lang" * 100, ""]
    found = [ModelCard(name, "stadtwerk", name, "world") for name in names]
    offered = cards(own(models=(), discover=True), found)
    assert [card.id for card in offered] == ["stadtwerk/gut"]


def test_changes_are_audited_without_the_key(house):
    """The trail tells who changed what from what to what, and only that the key changed."""
    setup(house, own())
    asyncio.run(house.providers.save(own(cleared_for="personal"), by="u1", key="another"))
    found = house.store.read_now(lambda c: c.execute(select(audit_payloads)).mappings().all())
    bodies = [json.loads(row["body"]) for row in found]
    assert [body["kind"] for body in bodies] == [
        "provider.saved",
        "provider.enabled",
        "provider.saved",
    ]
    assert bodies[2]["facts"] == {
        "before.cleared_for": None,
        "after.cleared_for": "personal",
        "key_changed": True,
    }
    assert not any(KEY in row["body"] or "another" in row["body"] for row in found)


def test_another_process_sees_the_change(house, home):
    """What one process saves, another one takes over at its next look."""
    other = World(house.store, home)

    async def run():
        await other.providers.refresh()
        await house.providers.save(own(), by="u1", key=KEY)
        await house.providers.enable("stadtwerk", by="u1")
        assert other.models() == []
        await other.providers.refresh()

    asyncio.run(run())
    assert other.models() == ["stadtwerk/a/b"]


def test_a_changed_file_is_seen(house, home):
    """The file is read again when it changes."""

    async def run():
        await house.providers.refresh()
        write_file(home, '[[provider]]\ncatalogue = "mistral"\nkey = "k"\nenabled = true')
        await house.providers.refresh()

    asyncio.run(run())
    assert house.allowed("api.mistral.ai")


def test_a_look_asks_for_models_without_waiting(house):
    """A provider that is slow to list its models delays nothing; closing ends the asking."""
    fake = FakeUpstream(Reply(frames=(b'{"data":[',), hold=True))

    async def run():
        async with fake.serving():
            await house.providers.save(local(fake, discover=True), by="u1")
            await house.providers.enable("stadtwerk", by="u1")
            await house.providers.refresh()
            await house.providers.refresh()
            while not fake.asked:  # noqa: ASYNC110  the upstream has no event for it
                await asyncio.sleep(0.01)
            await house.providers.close()
            await asyncio.wait_for(fake.left.wait(), 5)
            await house.outbound.close()

    asyncio.run(run())
    assert len(fake.asked) == 1


def write_file(home, text, mode=0o600):
    """Write ``providers.toml``."""
    path = home / "providers.toml"
    path.write_text(text, "utf-8")
    path.chmod(mode)


def test_the_file_wins_and_is_read_only(house, home):
    """A provider of the file hides the one of the table, and cannot be changed here."""
    setup(house, own())
    write_file(
        home,
        """
        [[provider]]
        id = "stadtwerk"
        dialect = "openai"
        base_url = "https://ki.example.org/v1"
        zone = "eu"
        key = "k"
        enabled = true
        models = [{ id = "c", aliases = ["klein"] }]
        """,
    )
    asyncio.run(house.providers.load_all())
    assert house.models() == ["klein", "stadtwerk/c"]
    (listed,) = asyncio.run(house.providers.list())
    assert (listed.source, listed.editable, listed.has_key) == ("file", False, True)
    for change in (
        house.providers.save(own(), by="u1"),
        house.providers.disable("stadtwerk", by="u1"),
        house.providers.delete("stadtwerk", by="u1"),
    ):
        with pytest.raises(InvalidField):
            asyncio.run(change)


def test_a_file_takes_entries_of_the_catalogue(house, home):
    """With a name of the catalogue, the key's file is all there is to say; the world needs its word."""
    key = home / "mistral.key"
    key.write_text(KEY + "\n")
    key.chmod(0o600)
    write_file(
        home,
        f"""
        [[provider]]
        catalogue = "mistral"
        key_file = "{key}"
        enabled = true
        [[provider]]
        catalogue = "openai"
        key_file = "{key}"
        enabled = true
        """,
    )
    asyncio.run(house.providers.load_all())
    assert "mistral/mistral-large-2512" in house.models()
    assert not house.allowed("api.openai.com")
    listed = asyncio.run(house.providers.get("openai"))
    assert "confirmed" in listed.problem


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("[[provider", 0o600, "Expected"),
        ('[[provider]]\ncatalogue = "nobody"', 0o600, "not in it"),
        ('[[provider]]\ncatalogue = "mistral"\nkey = "k"', 0o644, "chmod 600"),
        ('[[provider]]\ncatalogue = "mistral"\nkey_file = "/nowhere"', 0o600, "cannot be read"),
        ('[[provider]]\ncatalogue = "mistral"\ntypo = 1', 0o600, "typo"),
        ('[[provider]]\ncatalogue = "infomaniak"', 0o600, "product_id"),
    ],
)
def test_a_wrong_entry_is_left_out_with_its_problem(house, home, text, mode, words):
    """A mistake in the file is told, offers nothing and stops nothing."""
    write_file(home, text, mode)
    asyncio.run(house.providers.load_all())
    assert asyncio.run(house.providers.list()) == []
    assert words in " ".join(house.providers.file_problems.values())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "Stadtwerk"}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": ""}, "id"),
        ({"base_url": "http://ki.example.org/v1"}, "base_url"),
        ({"base_url": "https://u:p@ki.example.org/v1"}, "base_url"),
        ({"base_url": "https://2130706433/v1"}, "base_url"),
        ({"base_url": "https://ki.example.org/{product_id}"}, "base_url"),
        ({"base_url": "https://ki.example.org/v1?x=1"}, "base_url"),
        ({"base_url": "https://127.0.0.1/v1"}, "zone"),
        ({"zone": "house"}, "zone"),
        ({"zone": "eu", "private": True}, "zone"),
        ({"zone": "house", "base_url": "https://api.openai.com/v1", "private": True}, "zone"),
        ({"zone": "eu", "base_url": "https://API.openai.com./v1"}, "zone"),
        ({"country": "Germany"}, "country"),
        ({"dialect": "klingon"}, "dialect"),
        ({"idle_timeout": 0}, "idle_timeout"),
        ({"models": (ModelEntry(id="a", aliases=("stadtwerk/a",)),)}, "models"),
        ({"models": (ModelEntry(id="a", input=1.0),)}, "models"),
        ({"models": (ModelEntry(id="a b"),)}, "models"),
        (
            {
                "dialect": "ollama",
                "zone": "house",
                "base_url": "http://127.0.0.1:11434",
                "models": (ModelEntry(id="gpt-oss:120b-cloud"),),
            },
            "models",
        ),
    ],
)
def test_what_is_not_plainly_right_is_refused(house, change, field):
    """The error names the field."""
    with pytest.raises(InvalidField) as error:
        asyncio.run(house.providers.save(own(**change), by="u1", key=KEY))
    assert error.value.param == field


def test_an_id_is_taken_once(house):
    """A new provider does not replace another one, nor a part of the house."""
    asyncio.run(house.providers.save(own(), by="u1", new=True))
    with pytest.raises(Conflict):
        asyncio.run(house.providers.save(own(), by="u1", new=True))


def local(fake, **more):
    """A provider of the house at a fake upstream."""
    given = {"zone": "house", "base_url": fake.url + "/v1", "needs_key": False, "models": ()}
    return own(**given | more)


def test_a_connection_is_tested_and_then_closed_again(house):
    """The test asks with the key, says what it found or what was wrong, and leaves no way out open."""
    listing = Reply(frames=(b'{"data":[{"id":"m1"},{"id":"m2"}]}',))
    broken = Reply(frames=(b"oh",), status=500)
    fake = FakeUpstream(listing, broken)

    async def run():
        async with fake.serving():
            await house.providers.save(local(fake), by="u1", key=KEY)
            found = await house.providers.test("stadtwerk", by="u1")
            with pytest.raises(Upstream):
                await house.providers.test("stadtwerk", by="u1")
            await house.outbound.close()
            return [card.upstream for card in found]

    assert asyncio.run(run()) == ["m1", "m2"]
    assert fake.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert not house.allowed("127.0.0.1", fake.port)


def test_discovered_models_are_offered_in_the_providers_terms(house):
    """What an endpoint lists gets the zone that was configured, and its entry's names and abilities."""
    listing = Reply(frames=(b'{"data":[{"id":"Known"},{"id":"new"}]}',))
    fake = FakeUpstream(listing)
    entries = (ModelEntry(id="known", title="Bekannt", unverified=True), ModelEntry(id="fixed"))

    async def run():
        async with fake.serving():
            await house.providers.save(local(fake, discover=True, models=entries), by="u1")
            await house.providers.enable("stadtwerk", by="u1")
            assert house.models() == ["stadtwerk/fixed"]
            await house.providers.discover("stadtwerk")
            await house.outbound.close()

    asyncio.run(run())
    found = {card.upstream: card for card in house.directory.visible(WHO)}
    assert set(found) == {"fixed", "Known", "new"}
    assert found["Known"].title == "Bekannt"
    assert {card.zone for card in found.values()} == {"house"}


def test_a_provider_that_does_not_answer_shows_why(house):
    """Discovery that fails is a problem on the list, not an end."""
    config = own(zone="house", base_url="http://127.0.0.1:9/v1", needs_key=False, discover=True)

    async def run():
        await house.providers.save(config, by="u1")
        await house.providers.enable("stadtwerk", by="u1")
        await house.providers.discover("stadtwerk")
        await house.outbound.close()
        return await house.providers.get("stadtwerk")

    listed = asyncio.run(run())
    assert "cannot be reached" in listed.problem
    assert listed.models == ("stadtwerk/a/b",)


def test_prices_in_dollars_are_unknown_without_a_rate():
    """No rate, no price in the house's currency: unknown, never converted at a guess, never free."""
    config = entry("mistral").config()
    assert all(card.price is None for card in cards(config, None))
    priced = {card.upstream: card.price for card in cards(config, None, usd_eur_rate=0.5)}
    assert priced["mistral-large-2512"].output == 0.75
    assert "0.5 EUR for 1 USD" in priced["mistral-large-2512"].source
    assert cards(own(), None)[0].price is None
    euro = own(models=(ModelEntry(id="a", input=1.0, output=2.0),), price_source="Vertrag")
    assert cards(euro, None)[0].price.source == "Vertrag"


def test_the_card_carries_what_was_configured():
    """Clearance, country, window and abilities are the organisation's word."""
    model = ModelEntry(id="a", can=(Capability.TOOLS,), context=4096, aliases=("gross",))
    found = cards(own(models=(model,), cleared_for="personal", country="DE"), None, created=7)
    assert [card.id for card in found] == ["stadtwerk/a", "gross"]
    assert found[0].cleared_for is DataClass.PERSONAL
    assert (found[0].country, found[0].context, found[0].created) == ("DE", 4096, 7)
    assert isinstance(found[1], ModelCard)


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_entry_of_the_catalogue_is_acceptable(name):
    """Ready-made means ready: with its variables filled in, each can be saved as it is."""
    found = entry(name)
    config = acceptable(found.config(**dict.fromkeys(found.variables, "123")))
    assert config.needs_key == (config.zone != "house")
    assert msgspec.json.decode(msgspec.json.encode(config), type=ProviderConfig) == config
    priced = [model for model in config.models if model.input is not None]
    assert not priced or (config.price_source and config.price_as_of)


def test_the_catalogue_keeps_what_is_unverified_marked():
    """What nobody has confirmed at the source says so."""
    for name in ("ionos", "infomaniak"):
        assert set(entry(name).unverified) == {"base_url", "prices"}
    with pytest.raises(InvalidField):
        entry("infomaniak").config(product_id="../../x")
    with pytest.raises(NotFound):
        entry("nobody")


def test_the_command_line(home, monkeypatch):
    """From the catalogue to an enabled provider, with the key from stdin and nowhere else."""
    from typer.testing import CliRunner

    from hausgeist.cli import provider

    monkeypatch.setenv("HAUSGEIST_HOME", str(home))

    def hausgeist(*words, stdin=""):
        done = CliRunner().invoke(provider.app, words, input=stdin)
        return done.exit_code, done.output

    assert len(json.loads(hausgeist("catalogue", "--json")[1])) == len(catalogue())
    assert hausgeist("add", "openai")[0] == 0
    assert hausgeist("set-key", "openai", stdin=KEY + "\n")[0] == 0
    assert hausgeist("enable", "openai")[0] != 0
    assert hausgeist("enable", "openai", "--confirm-world")[0] == 0
    code, out = hausgeist("list", "--json")
    (row,) = json.loads(out)["providers"]
    assert (code, row["enabled"], row["has_key"]) == (0, True, True)
    assert "openai/gpt-4.1" in row["offers"]
    assert KEY not in out
    assert hausgeist("remove", "openai")[0] == 0
    assert json.loads(hausgeist("list", "--json")[1])["providers"] == []


def test_the_command_line_adds_a_provider_of_the_house(home, monkeypatch):
    """An address and a zone are enough; a server of the house needs no key."""
    from typer.testing import CliRunner

    from hausgeist.cli import provider

    monkeypatch.setenv("HAUSGEIST_HOME", str(home))
    url = "http://gpu.intern:8000/v1"
    words = ["add", "gpu", "--url", url, "--zone", "house", "--model", "gross", "--json"]
    made = json.loads(CliRunner().invoke(provider.app, words).output)
    assert (made["base_url"], made["needs_key"], made["enabled"]) == (url, False, False)
    assert CliRunner().invoke(provider.app, ["enable", "gpu"]).exit_code == 0
    found = json.loads(CliRunner().invoke(provider.app, ["list", "--json"]).output)
    assert found["providers"][0]["offers"] == ["gpu/gross"]
