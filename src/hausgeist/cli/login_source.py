# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist login-source``: see and switch login sources without a browser, also when nobody gets in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import typer

from hausgeist.cli.user import AS_JSON, BY, show, with_identity

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.identity import Identity
    from hausgeist.identity.logins import Logins
    from hausgeist.store.db import Store

T = TypeVar("T")

app = typer.Typer(
    help="OpenID providers and directories that people log in by.", no_args_is_help=True
)

NAME = typer.Argument(help="Short name of the source.")


@app.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List login sources; secrets are never shown."""

    async def work(logins: Logins) -> list[dict[str, object]]:
        return [
            {
                "id": one.id,
                "title": one.settings.title,
                "address": one.settings.origin,
                "enabled": one.enabled,
                "accounts": one.links,
            }
            for one in await logins.list()
        ]

    rows = _with_logins(work)
    lines = [
        f"{row['id']:<20} {'on' if row['enabled'] else 'off':<4} {row['title']:<24} {row['address']}"
        for row in rows
    ]
    show(rows, "\n".join(lines) or "There are no login sources yet.", as_json=as_json)


@app.command()
def enable(source: str = NAME) -> None:
    """Switch a source on."""
    _with_logins(lambda logins: logins.set_enabled(source, enabled=True, by=BY))
    typer.echo(f"{source} is on.")


@app.command()
def disable(source: str = NAME) -> None:
    """Switch a source off; sessions that came from it go on."""
    _with_logins(lambda logins: logins.set_enabled(source, enabled=False, by=BY))
    typer.echo(f"{source} is off.")


@app.command()
def delete(
    source: str = NAME, yes: bool = typer.Option(False, "--yes", help="Do not ask.")
) -> None:
    """Forget a source with its secret, its links and its sessions; accounts stay."""
    if not yes:
        typer.confirm(f"Forget {source}, its secret and its links?", abort=True)
    _with_logins(lambda logins: logins.delete(source, by=BY))
    typer.echo(f"{source} is forgotten.")


@app.command()
def passwords(
    admins_only: bool = typer.Option(
        ..., "--admins-only/--everyone", help="Who may log in with a password of the house."
    ),
) -> None:
    """Leave passwords of the house to administrators, or to everybody who has one."""
    _with_logins(lambda logins: logins.set_local(admins_only=admins_only, by=BY))
    typer.echo("Administrators only." if admins_only else "Everybody who has one.")


def _with_logins(work: Callable[[Logins], Awaitable[T]]) -> T:
    """Run ``work`` on the house's login sources; no connection is opened."""

    async def run(identity: Identity, trail: Trail, store: Store) -> T:
        from hausgeist import app as house  # noqa: PLC0415  half a second that --help saves
        from hausgeist import settings  # noqa: PLC0415  as above
        from hausgeist.identity.logins import Logins  # noqa: PLC0415  as above
        from hausgeist.net import AllowList, Outbound  # noqa: PLC0415  as above

        logins = Logins(
            store=store,
            trail=trail,
            secret=house.house_secret(settings.load().home),
            outbound=Outbound(AllowList()),
            now_ms=house.now_ms,
            changed=identity.forget,
        )
        try:
            return await work(logins)
        finally:
            await logins.close()

    return with_identity(run)
