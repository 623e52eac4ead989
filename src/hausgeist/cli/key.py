# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist key``: API keys without a browser. A key is printed once, when it is made."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from hausgeist.cli.user import AS_JSON, BY, show, with_identity
from hausgeist.core.labels import DataClass
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.identity import Identity, Key
    from hausgeist.store.db import Store

key = typer.Typer(help="API keys of people and services.", no_args_is_help=True)

DAY_MS = 86_400_000
DAYS = 90
"""How long a key lasts when nobody says otherwise; the page offers the same first."""


@key.command()
def create(
    name: str = typer.Argument(help="What the key is for."),
    user: str = typer.Option("", help="Login name of the person it belongs to."),
    service: str = typer.Option("", help="Name of the service it belongs to, instead of --user."),
    model: list[str] = typer.Option([], help="Model it may use; may be repeated. None: all."),
    max_class: str = typer.Option(
        "special", help="Highest data class it may carry: public, internal, personal, special."
    ),
    days: int = typer.Option(DAYS, min=0, help="Days until it expires; 0: never."),
    group: str = typer.Option("everyone", help="Group that is accounted, for a service."),
    cost_centre: str = typer.Option("", help="Cost centre that is accounted."),
    administers: bool = typer.Option(
        False, "--administers", help="May administer too; for an administrator's key."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Create a key and print it, once."""
    from hausgeist.identity import KeyWish  # noqa: PLC0415  as in ``with_identity``

    wish = KeyWish(
        name=name,
        models=tuple(model) or None,
        max_class=_class(max_class),
        expires_at=_now_ms() + days * DAY_MS if days else None,
        administers=administers,
        service=service or None,
        group=group,
        cost_centre=cost_centre or None,
    )

    async def work(identity: Identity, _trail: Trail, _store: Store) -> tuple[str, Key]:
        owner = (await identity.people.by_login(user)).id if user else None
        return await identity.keys.create(wish, owner, BY)

    token, made = with_identity(work)
    words = f"{token}\nShown only this once; `hausgeist key revoke {made.id}` ends it."
    show({"key": token, **_row(made)}, words, as_json=as_json)


@key.command("list")
def list_(
    user: str = typer.Option("", help="Login name; empty: keys of services."),
    as_json: bool = AS_JSON,
) -> None:
    """List the keys of a person, or of services."""

    async def work(identity: Identity, _trail: Trail, _store: Store) -> list[Key]:
        owner = (await identity.people.by_login(user)).id if user else None
        return await identity.keys.of(owner)

    keys = with_identity(work)
    now = _now_ms()
    lines = [
        f"{one.id}  {one.hint:<8} {one.state(now):<8} {one.max_class.word:<9} "
        f"{', '.join(one.models) if one.models else 'all models':<24} {one.name}"
        for one in keys
    ]
    show([_row(one) for one in keys], "\n".join(lines) or "There are no keys.", as_json=as_json)


@key.command()
def revoke(
    key_id: str = typer.Argument(help="Id of the key, as `key list` shows it."),
    as_json: bool = AS_JSON,
) -> None:
    """Revoke a key; it is over at once."""
    from hausgeist.store import accounts  # noqa: PLC0415  as in ``with_identity``

    async def work(identity: Identity, _trail: Trail, store: Store) -> None:
        row = await store.read(lambda connection: accounts.key_owner(connection, key_id))
        if row is None:
            raise NotFound
        await identity.keys.revoke(key_id, row["user_id"], BY)

    with_identity(work)
    show({"id": key_id, "state": "revoked"}, f"{key_id} is revoked.", as_json=as_json)


def _row(one: Key) -> dict[str, object]:
    return {
        "id": one.id,
        "hint": one.hint,
        "name": one.name,
        "service": one.service,
        "group": one.group,
        "models": list(one.models) if one.models is not None else None,
        "max_class": one.max_class.word,
        "administers": one.administers,
        "expires": _when(one.expires_at),
        "state": one.state(_now_ms()),
    }


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _when(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()


def _class(word: str) -> DataClass:
    try:
        return DataClass.parse(word)
    except KeyError:
        raise InvalidField(
            field="--max-class", reason="use public, internal, personal or special"
        ) from None
