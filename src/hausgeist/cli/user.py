# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist user``: accounts without a browser. Passwords come from stdin or a prompt, not the command."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from hausgeist import settings
from hausgeist.core.people import Role
from hausgeist.errors import SetupError

if TYPE_CHECKING:
    from hausgeist.audit import Trail
    from hausgeist.identity import Identity, Person
    from hausgeist.store.db import Store

T = TypeVar("T")

BY = "command line"
"""Who the audit trail names: whoever may run commands on this machine."""

user = typer.Typer(help="People who may log in.", no_args_is_help=True)

AS_JSON = typer.Option(False, "--json", help="Print the result as JSON.")


def with_identity(work: Callable[[Identity, Trail, Store], Awaitable[T]]) -> T:
    """Run ``work`` on the house's database, and commit what it did."""
    from hausgeist import app  # noqa: PLC0415  half a second that --help saves
    from hausgeist.audit import Trail  # noqa: PLC0415  as above

    async def run() -> T:
        config = settings.load()
        store = app.open_store(config)
        trail = Trail(store, app.house_secret(config.home), app.now_ms)
        identity = app.open_identity(config, store, trail)
        try:
            result = await work(identity, trail, store)
            await store.drain()
        finally:
            await identity.close()
            store.close()
        return result

    return asyncio.run(run())


def show(result: Any, words: str, *, as_json: bool) -> None:
    """Print a result for scripts, or in words."""
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else words)


@user.command()
def create(
    login: str = typer.Argument(help="Name for logging in."),
    name: str = typer.Option("", help="Name that others read; empty: the login name."),
    admin: bool = typer.Option(False, "--admin", help="May administer the house."),
    auditor: bool = typer.Option(False, "--auditor", help="Oversees the house, changes nothing."),
    group: str = typer.Option("everyone", help="Group that is accounted."),
    language: str = typer.Option("", help="de or en; empty: the house's."),
    password_stdin: bool = typer.Option(
        False, "--password-stdin", help="Read the password from standard input."
    ),
    as_json: bool = AS_JSON,
) -> None:
    """Create an account. Without --password-stdin a password is made and printed, once."""
    password = _from_stdin() if password_stdin else _generated()
    if admin and auditor:
        raise SetupError(problem="One person has one role.", advice="Choose --admin or --auditor.")
    role = Role.ADMIN if admin else Role.AUDITOR if auditor else Role.MEMBER

    async def work(identity: Identity, _trail: Trail, _store: Store) -> Person:
        return await identity.people.create(
            login=login,
            name=name or login,
            password=password,
            role=role,
            group=group,
            locale=language or settings.load().language,
            must_change=not password_stdin,
            by=BY,
        )

    person = with_identity(work)
    made = {} if password_stdin else {"password": password}
    words = f"{person.login} may log in now."
    if made:
        words += f"\nPassword, shown only this once: {password}"
    show({**as_row(person), **made}, words, as_json=as_json)


@user.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List accounts."""

    async def work(identity: Identity, _trail: Trail, _store: Store) -> list[Person]:
        return await identity.people.all()

    rows = [as_row(person) for person in with_identity(work)]
    lines = [
        f"{row['login']:<24} {row['role']:<8} {row['group']:<20} "
        f"{'active' if row['active'] else 'deactivated':<12} {row['name']}"
        for row in rows
    ]
    show(rows, "\n".join(lines) or "There are no accounts yet.", as_json=as_json)


@user.command()
def deactivate(
    login: str = typer.Argument(help="Name for logging in."), as_json: bool = AS_JSON
) -> None:
    """Deactivate an account; its sessions end and its keys are revoked at once."""
    person = with_identity(_set_active(login, active=False))
    show(as_row(person), f"{person.login} is deactivated.", as_json=as_json)


@user.command()
def activate(
    login: str = typer.Argument(help="Name for logging in."), as_json: bool = AS_JSON
) -> None:
    """Open a deactivated account again; its keys stay revoked."""
    person = with_identity(_set_active(login, active=True))
    show(as_row(person), f"{person.login} may log in again.", as_json=as_json)


@user.command()
def appoint(
    login: str = typer.Argument(help="Name for logging in."),
    role: str = typer.Argument(help="member, auditor or admin."),
    as_json: bool = AS_JSON,
) -> None:
    """Give somebody a role. It counts for agreeing as a second person after seven days."""
    if role not in set(Role):
        raise SetupError(
            problem=f"There is no role {role}.", advice="Use member, auditor or admin."
        )

    async def work(identity: Identity, _trail: Trail, _store: Store) -> Person:
        person = await identity.people.by_login(login)
        await identity.people.appoint(person.id, role=Role(role), group=person.group, by=BY)
        return await identity.people.get(person.id)

    person = with_identity(work)
    show(as_row(person), f"{person.login} is {person.role.value} now.", as_json=as_json)


@user.command("set-password")
def set_password(
    login: str = typer.Argument(help="Name for logging in."),
    password_stdin: bool = typer.Option(
        False, "--password-stdin", help="Read the password from standard input."
    ),
    generate: bool = typer.Option(False, "--generate", help="Make one and print it, once."),
    as_json: bool = AS_JSON,
) -> None:
    """Give an account a new password; its sessions end, and what it held until now is closed to it."""
    if generate:
        password = _generated()
    elif password_stdin:
        password = _from_stdin()
    else:
        password = typer.prompt("New password", hide_input=True, confirmation_prompt=True)

    async def work(identity: Identity, _trail: Trail, _store: Store) -> Person:
        person = await identity.people.by_login(login)
        await identity.people.set_password(person.id, password, by=BY, must_change=generate)
        return person

    person = with_identity(work)
    made = {"password": password} if generate else {}
    words = f"{person.login} has a new password."
    if made:
        words += f"\nShown only this once: {password}"
    show({**as_row(person), **made}, words, as_json=as_json)


@user.command()
def export(
    login: str = typer.Argument(help="Name for logging in."),
    file: Path = typer.Argument(help="ZIP file to write; hand it to this person only."),
) -> None:
    """Write everything the house holds of a person into a ZIP file."""
    from hausgeist import app  # noqa: PLC0415  as in ``with_identity``
    from hausgeist.people import Export  # noqa: PLC0415  as in ``with_identity``

    async def work(identity: Identity, trail: Trail, store: Store) -> int:
        person = await identity.people.by_login(login)
        pieces = await Export(store, trail, app.now_ms).begin(
            person.id,
            BY,
            organisation=await identity.organisation() or "Hausgeist",
            language=person.locale,
        )
        size = 0
        with file.open("xb") as out:
            async for piece in pieces:
                size += await asyncio.to_thread(out.write, piece)
        return size

    try:
        size = with_identity(work)
    except FileExistsError as error:
        raise SetupError(
            problem=f"{file} is there already.", advice="Name another file."
        ) from error
    typer.echo(f"{file}: {size:,} bytes. It is for {login} only.")


@user.command()
def erase(
    login: str = typer.Argument(help="Name for logging in."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
    as_json: bool = AS_JSON,
) -> None:
    """Erase an account with its conversations, keys and sessions. It cannot be undone."""
    if not yes:
        typer.confirm(f"Erase {login} and everything the house holds of them?", abort=True)

    from hausgeist import app  # noqa: PLC0415  as in ``with_identity``
    from hausgeist.people import (  # noqa: PLC0415  as in ``with_identity``
        Asked,
        Erasure,
        Receipt,
        Signer,
    )

    async def work(identity: Identity, trail: Trail, store: Store) -> Receipt:
        person = await identity.people.by_login(login)
        erasure = Erasure(
            store,
            trail,
            Signer(app.house_secret(settings.load().home)),
            app.now_ms,
            changed=identity.forget,
        )
        organisation = await identity.organisation()
        return await erasure.erase(person.id, Asked(BY, BY, organisation))

    receipt = with_identity(work)
    words = ", ".join(f"{count} {name}" for name, count in receipt["erased"].items())
    show(receipt, f"Erased: {words}. --json prints the signed receipt.", as_json=as_json)


def as_row(person: Person) -> dict[str, object]:
    """An account for JSON."""
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "role": person.role.value,
        "group": person.group,
        "language": person.locale,
        "active": person.active,
    }


def _set_active(login: str, *, active: bool) -> Callable[..., Awaitable[Person]]:
    async def work(identity: Identity, _trail: Trail, _store: Store) -> Person:
        person = await identity.people.by_login(login)
        await identity.people.set_active(person.id, active=active, by=BY)
        return await identity.people.get(person.id)

    return work


def _generated() -> str:
    from hausgeist.identity import generated  # noqa: PLC0415  as in ``with_identity``

    return generated()


def _from_stdin() -> str:
    return sys.stdin.readline().rstrip("\r\n")
