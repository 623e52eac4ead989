# SPDX-License-Identifier: EUPL-1.2
"""``hausgeist task rules``: patterns that answer without a model, from and to the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from hausgeist.cli.task.acting import AS, NAME, acting
from hausgeist.cli.task.here import done_here, pending
from hausgeist.cli.user import AS_JSON, show
from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.rules import Rule
    from hausgeist.register.rule_asking import Draft
    from hausgeist.register.rule_scores import Scored, Share

rules = typer.Typer(help="Patterns that answer without a model.", no_args_is_help=True)

RULE = typer.Argument(help="The rule's id, or its beginning.")
LABEL = typer.Argument(help="The label's key; of a record, the field.")
PATTERN = typer.Argument(help="The pattern.")
KIND = typer.Option("regex", help="regex, tokens or words.")


@rules.command("list")
def list_(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """List the rules in their order, with how many texts each finds and how often it is right."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  half a second that --help saves

    async def work(at: Acting) -> list[dict[str, Any]]:
        task, _ = await at.task(name, Part.REVIEWER)
        board = await at.bench.rules.board(task)
        return [_scored(one) for one in board.scored]

    rows = acting(work, login)
    lines = [
        f"{row['id'][:8]} {row['state']:<9} {row['label']:<20} {_right(row):<16} "
        + " | ".join(row["pattern"].splitlines())[:100]
        for row in rows
    ]
    show(rows, "\n".join(lines) or "There are no rules yet.", as_json=as_json)


@rules.command()
def add(
    name: str = NAME,
    label: str = LABEL,
    pattern: str = PATTERN,
    kind: str = KIND,
    note: str = typer.Option("", help="Why it is there."),
    must: list[str] = typer.Option([], help="A text it has to find; more than once."),
    must_not: list[str] = typer.Option([], help="A text it may not find; more than once."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Add a rule behind the others, switched on."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    draft = _draft(kind, pattern, label, note=note, must=must, must_not=must_not)

    async def work(at: Acting) -> Rule:
        task, member = await at.task(name, Part.REVIEWER)
        return await at.bench.rules.add(task, member, draft)

    row = _row(acting(work, login))
    show(row, f"The rule {row['id'][:8]} is on.", as_json=as_json)


@rules.command("try")
def try_(
    name: str = NAME,
    label: str = LABEL,
    pattern: str = PATTERN,
    kind: str = KIND,
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Show what a rule would find in the pool, with examples; nothing is kept."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above
    from hausgeist.web.pages.task_rules_words import trial_part  # noqa: PLC0415  as above

    draft = _draft(kind, pattern, label)

    async def work(at: Acting) -> tuple[dict[str, Any], list[str]]:
        task, _ = await at.task(name, Part.REVIEWER)
        found = await at.bench.rules.trial(task, draft)
        told = [f"{words}: {said}" for words, said in trial_part(found, "en").figures]
        examples = {
            "found": found.found,
            "near": found.near,
            "wrong": found.wrong,
            "missed": found.missed,
        }
        row = _scored(found.scored) | {
            "hits": found.scored.hits,
            "sample": found.sample,
            "pool": found.pool,
            "against": [{"rule": one.id, "texts": count} for one, count, _ in found.against],
        }
        row |= {key: ["".join(p for p, _ in one) for one in some] for key, some in examples.items()}
        return row, told

    row, told = acting(work, login)
    for key in ("found", "near", "wrong", "missed"):
        told += [f"{key}:", *(f"  {' '.join(one.split())[:120]}" for one in row[key])]
    show(row, "\n".join(told), as_json=as_json)


@rules.command()
def edit(
    name: str = NAME,
    rule: str = RULE,
    label: str = typer.Option("", help="Another label; empty: as it is."),
    pattern: str = typer.Option("", help="Another pattern; empty: as it is."),
    kind: str = typer.Option("", help="regex, tokens or words; empty: as it is."),
    note: str | None = typer.Option(None, help="Why it is there."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Change what a rule says; its place in the order stays."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> Rule:
        task, member = await at.task(name, Part.REVIEWER)
        old = _meant(await at.bench.rules.of(task), rule)
        draft = _draft(
            kind or old.kind.value,
            pattern or old.pattern,
            label or old.label,
            note=old.note if note is None else note,
            must=old.must,
            must_not=old.must_not,
        )
        return await at.bench.rules.edit(task, member, old.id, draft)

    row = _row(acting(work, login))
    show(row, f"The rule {row['id'][:8]} is changed.", as_json=as_json)


@rules.command()
def move(
    name: str = NAME,
    rule: str = RULE,
    to: int = typer.Argument(min=1, help="Its place among all rules; 1: the first."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Put a rule at another place of the order: the first that fits decides."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> list[str]:
        task, member = await at.task(name, Part.REVIEWER)
        found = _meant(await at.bench.rules.of(task), rule)
        await at.bench.rules.move(task, member, found.id, to - 1)
        return [one.id for one in await at.bench.rules.of(task)]

    order = acting(work, login)
    show({"order": order}, " ".join(one[:8] for one in order), as_json=as_json)


@rules.command()
def verdict(name: str = NAME, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Say whether rules are enough: what they cover, how right they are, where they differ."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above
    from hausgeist.web.pages import task_rules_words  # noqa: PLC0415  as above

    async def work(at: Acting) -> tuple[dict[str, Any], str]:
        task, _ = await at.task(name, Part.REVIEWER)
        board = await at.bench.rules.board(task)
        held = board.sufficient
        head, said, _ = task_rules_words.verdict(board, task, "en")
        row = {
            "verdict": held.enough.value,
            "rules": held.rules,
            "answers": held.answers,
            "covered": _share(held.covered),
            "precision": _share(held.precision),
            "whole": _share(held.whole),
            "against": held.against,
            "teacher_quality": held.quality,
            "conflicts": [
                {"first": one.first, "second": one.second, "texts": one.texts}
                for one in board.conflicts
            ],
        }
        return row, f"{head}. {said}"

    row, words = acting(work, login)
    words += "".join(
        f"\n{one['first'][:8]} and {one['second'][:8]} differ on {one['texts']} texts."
        for one in row["conflicts"]
    )
    show(row, words, as_json=as_json)


@rules.command()
def switch(
    name: str = NAME,
    rule: str = RULE,
    on: bool = typer.Option(True, "--on/--off", help="Whether it decides."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Switch a rule on or off; a proposal is switched on like this, too."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> Rule:
        task, member = await at.task(name, Part.REVIEWER)
        found = _meant(await at.bench.rules.of(task), rule)
        await at.bench.rules.switch(task, member, found.id, on=on)
        return await at.bench.rules.get(task, found.id)

    row = _row(acting(work, login))
    show(row, f"The rule {row['id'][:8]} is {row['state']}.", as_json=as_json)


@rules.command()
def delete(name: str = NAME, rule: str = RULE, login: str = AS, as_json: bool = AS_JSON) -> None:
    """Delete a rule."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> str:
        task, member = await at.task(name, Part.REVIEWER)
        found = _meant(await at.bench.rules.of(task), rule)
        await at.bench.rules.delete(task, member, found.id)
        return found.id

    gone = acting(work, login)
    show({"deleted": gone}, f"The rule {gone[:8]} is gone.", as_json=as_json)


@rules.command()
def propose(
    name: str = NAME,
    teacher: bool = typer.Option(False, "--teacher", help="Ask the teacher, too; not only count."),
    model: str = typer.Option("", help="Another model than the task's teacher."),
    login: str = AS,
    as_json: bool = AS_JSON,
) -> None:
    """Have rules proposed, from confirmed answers; a person switches them on."""
    from hausgeist.core.tasks import Part  # noqa: PLC0415  as above

    async def work(at: Acting) -> dict[str, Any]:
        task, member = await at.task(name, Part.OWNER if teacher else Part.REVIEWER)
        new = await at.bench.rules.count(task, member)
        if teacher:
            await at.ready_to_ask()
            job = await pending(at, "rules", task.id)
            if job is None:
                job = await at.bench.jobs.submit(
                    "rules", task_id=task.id, by=at.who.id, params={"model": model}, alone=True
                )
            ended = await done_here(at, job, "Asking")
            new += int(ended.result.get("new", 0))
        return {"new": new}

    row = acting(work, login)
    show(row, f"{row['new']} rules are proposed.", as_json=as_json)


def _draft(
    kind: str,
    pattern: str,
    label: str,
    *,
    note: str = "",
    must: Sequence[str] = (),
    must_not: Sequence[str] = (),
) -> Draft:
    from hausgeist.core.rules import RuleKind  # noqa: PLC0415  as above
    from hausgeist.register.rule_asking import Draft  # noqa: PLC0415  as above

    try:
        made = RuleKind(kind)
    except ValueError:
        raise InvalidField(
            field="kind", reason="use regex, tokens or words", param="kind"
        ) from None
    return Draft(
        kind=made,
        pattern=pattern,
        label=label,
        note=note,
        must=tuple(must),
        must_not=tuple(must_not),
    )


def _share(found: Share) -> dict[str, Any]:
    held = found.interval
    bounds = None if held is None else [held.low, held.high]
    return {"right": found.right, "of": found.of, "bounds": bounds}


def _meant(there: list[Rule], wanted: str) -> Rule:
    found = [one for one in there if one.id.startswith(wanted)]
    if len(found) != 1:
        raise InvalidField(field="rule", reason="no rule has this id, or several do", param="rule")
    return found[0]


def _row(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "kind": rule.kind.value,
        "label": rule.label,
        "pattern": rule.pattern,
        "state": rule.state.value,
        "note": rule.note,
        "must": list(rule.must),
        "must_not": list(rule.must_not),
    }


def _scored(one: Scored) -> dict[str, Any]:
    found = one.people
    bounds = None if found.interval is None else [found.interval.low, found.interval.high]
    return _row(one.rule) | {"right": found.right, "of": found.of, "bounds": bounds}


def _right(row: dict[str, Any]) -> str:
    return f"{row['right']} of {row['of']} right" if row["of"] else "not measured"
