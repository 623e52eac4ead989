# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task traffic``: prompts that programs send again and again, and tasks made of them.

A person sees those of their own keys, an administrator also those of services. That calls of a personal key
are laid aside is for its owner to say, on their page; here it can only be ended.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, acting
from hausgeist.cli.task.shown import task_row
from hausgeist.cli.task.tables import aligned
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField, NotFound

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.workbench.candidates import Candidate

traffic = typer.Typer(help="Tasks from calls whose owner opted in.", no_args_is_help=True)


@traffic.command("list")
def list_(login: str = AS, as_json: bool = AS_JSON) -> None:
    """List prompts that run again and again, and whether a task could be made of each."""

    async def work(at: Acting) -> dict[str, Any]:
        candidates = at.bench.candidates
        found = [_row(one, service=False) for one in await candidates.listed(at.who.id)]
        keys = await candidates.keys(at.who.id)
        if at.who.is_admin:
            found += [_row(one, service=True) for one in await candidates.listed(None)]
            keys += await candidates.keys(None)
        told = [{"key": name, "since": since} for name, since in keys]
        return {"prompts": found, "keys": told}

    row = acting(work, login)
    columns = ("id", "key", "calls", "kind", "why_not", "values", "eur_a_month")
    nothing = "Nothing was collected: no key has opted in, or nothing was asked yet."
    show(row, aligned(row["prompts"], columns, nothing), as_json=as_json)


@traffic.command()
def make(
    template: str = typer.Argument(help="The prompt's id, or its beginning."),
    title: str = typer.Option(..., help="What people read."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Make a task of a prompt, with the texts that were laid aside."""

    async def work(at: Acting) -> dict[str, Any]:
        candidates = at.bench.candidates
        owners: list[str | None] = [at.who.id, *([None] if at.who.is_admin else [])]
        for owner in owners:
            listed = await candidates.listed(owner)
            found = [one for one in listed if one.id.startswith(template)]
            if len(found) == 1:
                made = await candidates.make(owner, found[0].id, title, at.who.id)
                return task_row(made.task) | {"texts": made.texts, "suggested": made.suggested}
        raise NotFound

    row = acting(work, login)
    words = f"The task {row['name']} ({row['kind']}) is there, with {row['texts']} texts."
    show(row, words, as_json=as_json)


@traffic.command()
def key(
    key: str = typer.Argument(help="The key's id or name: `hausgeist key list`."),
    collect: bool = typer.Option(
        ..., "--collect/--stop", help="Whether calls of a service are laid aside."
    ),
    forget: bool = typer.Option(False, "--forget", help="Delete what was collected."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Say whether tasks may be made of a service's calls; of one's own key, only that they may not."""

    async def work(at: Acting) -> dict[str, Any]:
        keys = at.house.identity.keys
        owners: list[str | None] = [at.who.id, *([None] if at.who.is_admin else [])]
        for owner in owners:
            listed = await keys.of(owner)
            found = next((one for one in listed if key in {one.id, one.name}), None)
            if found is None:
                continue
            if collect and owner is not None:
                raise InvalidField(
                    field="collect",
                    reason="that is for the key's owner to say, on the page of the key",
                    param="collect",
                )
            await keys.agree(found.id, owner, at.who.id, yes=collect, forget=forget)
            from hausgeist.store import traffic as rows  # noqa: PLC0415  half a second saved

            left = await at.store.read(partial(rows.of_key, key_id=found.id))
            samples = sum(one.samples for one in left)
            return {"key": found.name, "collects": collect, "samples": samples}
        raise NotFound

    row = acting(work, login)
    words = "Calls are laid aside from now on." if row["collects"] else "No more are laid aside."
    show(row, words, as_json=as_json)


def _row(one: Candidate, *, service: bool) -> dict[str, Any]:
    return {
        "id": one.id,
        "key": one.key_name,
        "service": service,
        "model": one.model,
        "calls": one.calls,
        "samples": one.samples,
        "since": one.since,
        "kind": None if one.shape.kind is None else one.shape.kind.value,
        "why_not": None if one.shape.kind is not None else str(one.shape.why),
        "values": [value for value, _ in one.shape.values],
        "fields": list(one.shape.fields),
        "class": one.data_class.word,
        "eur_a_month": None if one.micro_eur is None else one.micro_eur / 1_000_000,
        "system": one.prompt.system,
        "exact": one.prompt.exact,
        "task": one.task_id,
    }
