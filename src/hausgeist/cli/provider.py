# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist provider``: providers without a browser. Keys come from stdin or a prompt, not the command.

A running house takes changes over within a few seconds; nothing needs to be restarted.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from hausgeist import settings
from hausgeist.cli.user import AS_JSON, BY, show
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.gateway.providers.config import ProviderConfig
    from hausgeist.gateway.providers.configured import Listed, Providers

T = TypeVar("T")

app = typer.Typer(help="Providers whose models the house offers.", no_args_is_help=True)

PROVIDER = typer.Argument(help="Id of the provider, as `provider list` shows it.")


def with_providers(work: Callable[[Providers], Awaitable[T]]) -> T:
    """Run ``work`` on the house's database; connections it opens are noted there."""
    from hausgeist import app as house  # noqa: PLC0415  half a second that --help saves
    from hausgeist.audit import Trail  # noqa: PLC0415  as above
    from hausgeist.gateway import Directory  # noqa: PLC0415  as above
    from hausgeist.gateway.departures import Departures  # noqa: PLC0415  as above
    from hausgeist.gateway.providers.configured import Providers  # noqa: PLC0415  as above
    from hausgeist.net import AllowList, Connections, Outbound  # noqa: PLC0415  as above

    async def run() -> T:
        config = settings.load()
        store = house.open_store(config)
        secret = house.house_secret(config.home)
        outbound = Outbound(
            AllowList(config.own_networks), connect_timeout=config.upstream_connect_timeout
        )
        outbound.record = Connections(store, house.now_ms, outbound.allow).note
        outbound.depart = Departures(store, house.now_ms).depart
        providers = Providers(
            store=store,
            trail=Trail(store, secret, house.now_ms),
            secret=secret,
            outbound=outbound,
            directory=Directory(),
            home=config.home,
            now_ms=house.now_ms,
            usd_eur_rate=config.usd_eur_rate,
        )
        try:
            result = await work(providers)
            await store.drain()
        finally:
            await outbound.close()
            store.close()
        return result

    return asyncio.run(run())


@app.command()
def catalogue(as_json: bool = AS_JSON) -> None:
    """List the ready-made providers."""
    import msgspec  # noqa: PLC0415  as in ``with_providers``

    from hausgeist.gateway.providers.catalogue import catalogue as entries  # noqa: PLC0415  as above

    found = entries().values()
    lines = [
        f"{one.id:<11} {one.zone:<6} {one.country or '':<3} {one.title}"
        + (f"  (unverified: {', '.join(one.unverified)})" if one.unverified else "")
        for one in found
    ]
    show([msgspec.to_builtins(one) for one in found], "\n".join(lines), as_json=as_json)


@app.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List the providers that are set up."""

    async def work(providers: Providers) -> tuple[list[Listed], dict[str, str]]:
        await providers.load_all()
        return list(await providers.list()), providers.file_problems

    found, problems = with_providers(work)
    lines = [_line(one) for one in found]
    lines += [f"providers.toml, {place}: {problem}" for place, problem in problems.items()]
    words = (
        "\n".join(lines) or "There are none. `hausgeist provider catalogue` lists ready-made ones."
    )
    result = {"providers": [_row(one) for one in found], "file_problems": problems}
    show(result, words, as_json=as_json)


@app.command()
def add(
    name: str = typer.Argument(help="Name in the catalogue, or the id of a provider of your own."),
    as_id: str = typer.Option("", "--id", help="Another id for one from the catalogue."),
    variable: list[str] = typer.Option(
        [], "--set", help="Part of the address, such as product_id=12345; may be repeated."
    ),
    url: str = typer.Option("", help="Address with the version, such as https://ki.example.de/v1."),
    dialect: str = typer.Option("", help="openai, ollama or anthropic."),
    zone: str = typer.Option("", help="Where it runs: house, eu or world."),
    country: str = typer.Option("", help="Country it runs in, such as DE."),
    cleared_for: str = typer.Option(
        "", help="Highest data class it may have: public, internal, personal, special."
    ),
    model: list[str] = typer.Option([], help="Model it offers; may be repeated."),
    private: bool = typer.Option(
        False, "--private", help="The address is one of the house, although it does not look it."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Add a provider. It stays off until `provider enable`."""
    fields = {
        "id": as_id,
        "base_url": url,
        "dialect": dialect,
        "zone": zone,
        "country": country,
        "cleared_for": cleared_for,
    }
    given: dict[str, Any] = {field: value for field, value in fields.items() if value}
    if model:
        given["models"] = [{"id": one} for one in model]
    if private:
        given["private"] = True
    pairs = [pair.partition("=") for pair in variable]
    config = _config(name, given, {key: value for key, _, value in pairs})
    made = with_providers(lambda providers: providers.save(config, by=BY, new=True))
    words = f"{config.id} is set up, and off."
    if config.needs_key:
        words += f" `hausgeist provider set-key {config.id}` takes its key."
    show(_row(made), f"{words} `hausgeist provider enable {config.id}` offers it.", as_json=as_json)


@app.command("set-key")
def set_key(provider: str = PROVIDER, as_json: bool = AS_JSON) -> None:
    """Set a provider's key, read from stdin or asked for; an empty one removes it."""
    if sys.stdin.isatty():
        key = typer.prompt("Key", hide_input=True, default="", show_default=False)
    else:
        key = sys.stdin.readline()
    key = key.strip()
    with_providers(lambda providers: providers.set_key(provider, key, by=BY))
    words = f"The key of {provider} is {'set' if key else 'removed'}."
    show({"id": provider, "has_key": bool(key)}, words, as_json=as_json)


@app.command()
def enable(
    provider: str = PROVIDER,
    confirm_world: bool = typer.Option(
        False, "--confirm-world", help="Yes, its models run outside the EU."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Offer a provider's models."""
    with_providers(lambda providers: providers.enable(provider, by=BY, confirm_world=confirm_world))
    show({"id": provider, "enabled": True}, f"{provider} is on.", as_json=as_json)


@app.command()
def disable(provider: str = PROVIDER, as_json: bool = AS_JSON) -> None:
    """Stop offering a provider's models."""
    with_providers(lambda providers: providers.disable(provider, by=BY))
    show({"id": provider, "enabled": False}, f"{provider} is off.", as_json=as_json)


@app.command()
def remove(provider: str = PROVIDER, as_json: bool = AS_JSON) -> None:
    """Forget a provider and its key."""
    with_providers(lambda providers: providers.delete(provider, by=BY))
    show({"id": provider, "removed": True}, f"{provider} is forgotten.", as_json=as_json)


@app.command("test")
def probe(provider: str = PROVIDER, as_json: bool = AS_JSON) -> None:
    """Connect to a provider and ask for its models."""
    found = with_providers(lambda providers: providers.test(provider, by=BY))
    words = "\n".join(
        [f"{provider} answers and lists {len(found)} models.", *(c.upstream for c in found)]
    )
    show({"id": provider, "models": [card.upstream for card in found]}, words, as_json=as_json)


def _config(name: str, given: dict[str, Any], variables: dict[str, str]) -> ProviderConfig:
    """The configuration of the command's words, over the catalogue's entry where there is one."""
    import msgspec  # noqa: PLC0415  as in ``with_providers``

    from hausgeist.gateway.providers.catalogue import catalogue as entries  # noqa: PLC0415  as above
    from hausgeist.gateway.providers.config import ProviderConfig  # noqa: PLC0415  as above

    entry = entries().get(name)
    fields: dict[str, Any] = {"id": name, "dialect": "openai", "discover": "models" not in given}
    if entry is not None:
        if "base_url" in given:
            variables = dict.fromkeys(entry.variables, "x")  # its own address is not used
        fields = msgspec.to_builtins(entry.config(**variables))
    if given.get("zone") == "house":
        fields["needs_key"] = False
    try:
        return msgspec.convert(fields | given, ProviderConfig)
    except msgspec.ValidationError as error:
        raise InvalidField(field=name, reason=str(error)) from error


def _row(one: Listed) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415  as in ``with_providers``

    fields: dict[str, Any] = msgspec.to_builtins(one.config)
    return fields | {
        "source": one.source,
        "has_key": one.has_key,
        "enabled": one.enabled,
        "world_confirmed_at": one.world_confirmed_at,
        "problem": one.problem,
        "offers": list(one.models),
    }


def _line(one: Listed) -> str:
    state = "on" if one.enabled and not one.problem else "off"
    line = (
        f"{one.config.id:<16} {state:<4} {one.config.zone:<6} {one.source:<6} {one.config.base_url}"
    )
    return f"{line}\n    {one.problem}" if one.problem else line
