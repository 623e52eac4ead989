# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist policy``: the border's rules as files.

What is imported is a draft, what is proposed waits for a second person on the page of the policy; no
command puts rules into force.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from hausgeist import settings
from hausgeist.cli.user import AS_JSON, BY, show
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.gateway.policies import Policies, Version
    from hausgeist.identity import Identity

T = TypeVar("T")

app = typer.Typer(help="Rules of the border: what may leave the house.", no_args_is_help=True)

VERSION = typer.Argument("", help="A version, or `draft`; empty: the rules in force.")
FILE = typer.Argument(help="A policy's file, as `policy export` writes it.")


def with_policies(work: Callable[[Policies, Identity], Awaitable[T]]) -> T:
    """Run ``work`` on the house's database."""
    from hausgeist import app as house  # noqa: PLC0415  half a second that --help saves
    from hausgeist.audit import Trail  # noqa: PLC0415  as above
    from hausgeist.gateway.border import Border  # noqa: PLC0415  as above

    async def run() -> T:
        config = settings.load()
        store = house.open_store(config)
        trail = Trail(store, house.house_secret(config.home), house.now_ms)
        identity = house.open_identity(config, store, trail)
        policies = house.open_policies(store, trail, identity, Border())
        try:
            await policies.refresh()
            result = await work(policies, identity)
            await store.drain()
        finally:
            store.close()
        return result

    return asyncio.run(run())


@app.command("show")
def show_(as_json: bool = AS_JSON) -> None:
    """Show which rules are in force, and all versions."""

    async def work(policies: Policies, _: Identity) -> tuple[str, str, list[Version]]:
        return policies.in_force.version, policies.problem, await policies.list()

    version, problem, found = with_policies(work)
    rows = [{"version": one.version, "state": one.state} for one in found]
    lines = [f"In force: {version}", *([problem] if problem else [])]
    lines += [f"{row['version']:<24} {row['state']}" for row in rows]
    show(
        {"in_force": version, "problem": problem, "versions": rows},
        "\n".join(lines),
        as_json=as_json,
    )


@app.command()
def check(file: Path = FILE, as_json: bool = AS_JSON) -> None:
    """Check a file, and say whether it is milder somewhere than the rules in force."""
    from hausgeist.gateway import policy_file  # noqa: PLC0415  as above

    policy = policy_file.read(_text(file))
    tightens = with_policies(lambda policies, _: policies.tightens(policy))
    words = f"{file} is a policy. " + (
        "It is nowhere milder than the rules in force."
        if tightens
        else "It is milder somewhere than the rules in force: a second person is needed."
    )
    show({"rules": len(policy.clauses), "tightens": tightens}, words, as_json=as_json)


@app.command("export")
def export(
    version: str = VERSION,
    to: Path | None = typer.Option(None, help="File to write; without it, the terminal."),
) -> None:
    """Write a version as a file."""
    from hausgeist.gateway import policy_file  # noqa: PLC0415  as above

    async def work(policies: Policies, _: Identity) -> str:
        if not version:
            return policy_file.written(policies.in_force)
        found = await policies.draft() if version == "draft" else await policies.get(version)
        if found is None:
            raise NotFound
        return found.body

    body = with_policies(work)
    if to is None:
        typer.echo(body, nl=False)
    else:
        to.write_text(body, encoding="utf-8")


@app.command("import")
def import_(file: Path = FILE, as_json: bool = AS_JSON) -> None:
    """Make a file the draft, in the place of the draft there is."""
    text = _text(file)
    draft = with_policies(lambda policies, _: policies.bring(text, by=BY))
    words = "The file is the draft. `hausgeist policy propose` proposes it."
    show({"draft": draft.mark}, words, as_json=as_json)


@app.command()
def propose(
    by: str = typer.Option(help="Login name of the administrator who proposes it."),
    as_json: bool = AS_JSON,
) -> None:
    """Propose the draft; somebody else puts it into force, on the page of the policy."""

    async def work(policies: Policies, identity: Identity) -> str:
        people, _ = await identity.people.search(role="admin", count=500)
        who = next((one for one in people if one.login == by and one.active), None)
        if who is None:
            raise InvalidField(
                field="by", reason="there is no administrator of this name", param="by"
            )
        return await policies.propose(by=who.id)

    version = with_policies(work)
    show({"version": version}, f"{version} is proposed.", as_json=as_json)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidField(field=str(file), reason=str(error)) from error
