# SPDX-License-Identifier: EUPL-1.2
"""Answering at the terminal: a text, a key, the next text. For labels; passages and fields need the page.

What is kept is what the page keeps: the mode, what was shown, the own answer first where the task wants it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from hausgeist.errors import InvalidField

if TYPE_CHECKING:
    from hausgeist.cli.task.acting import Acting
    from hausgeist.core.answers import Value
    from hausgeist.core.tasks import Task
    from hausgeist.store.tasks import Member
    from hausgeist.workbench.queue import WorkItem
    from hausgeist.workbench.screen import Screen

KEYS = "1234567890abcdefghijklmnoprtvwxyz"
"""One a label; q, s and u are taken: end, skip, undo."""
QUIT, SKIP, UNDO = "q", "s", "u"
_AHEAD = 5


class _Ended(Exception):
    """The person has had enough."""


async def asked(at: Acting, task: Task, member: Member, work: str, order: str) -> int:
    """Ask until the person ends it or nothing is left; gives how many were answered.

    Raises:
        InvalidField: the task's answers are no labels, or there are more labels than keys.
    """
    from hausgeist.core.tasks import TaskKind  # noqa: PLC0415  half a second that --help saves
    from hausgeist.workbench.finding import AGAIN, GOLD, ORDERS, POOL, SIMILAR, Wish  # noqa: PLC0415  as above
    from hausgeist.workbench.screen import Screen  # noqa: PLC0415  as above

    if task.kind not in {TaskKind.SINGLE, TaskKind.MULTI} or len(task.labels) > len(KEYS):
        raise InvalidField(
            field="ask", reason="this task is answered on its page only", param="ask"
        )
    if work not in {POOL, GOLD, AGAIN} or order not in set(ORDERS) - {SIMILAR}:
        raise InvalidField(
            field="work or order", reason="see --help for those that there are", param="work"
        )
    screen = Screen(at.bench.queue, at.bench.review)
    done = 0
    _head(task)
    try:
        while True:
            wish = Wish(count=_AHEAD, order=order, work=work)
            drawn = await at.bench.queue.draw(task, member, wish)
            if not drawn.items:
                typer.echo(drawn.note or "Nothing is left.", err=True)
                return done
            for item in drawn.items:
                done += await _one(at, screen, task, member, item)
    except _Ended:
        return done
    finally:
        await at.bench.queue.release(task, member)


async def _one(at: Acting, screen: Screen, task: Task, member: Member, item: WorkItem) -> int:
    """One text, until it is answered or skipped; gives by how many answers there are more."""
    from hausgeist.core.tasks import Mode  # noqa: PLC0415  as above

    begun, gone = time.monotonic(), 0
    typer.echo("\n" + item.item.text)
    if item.mode is Mode.ASSISTED and item.shown is not None:
        typer.echo(f"Suggested: {_named(task, item.shown)}")
    while True:
        value = _pressed(task)
        if value == UNDO:
            back = await at.bench.review.undo(task, member)
            gone -= back is not None
            typer.echo("Taken back." if back is not None else "There is nothing to take back.")
            continue
        break
    if value == SKIP:
        await _record(screen, task, member, item, None, begun)
        return gone
    assert not isinstance(value, str)
    reveal = await _record(screen, task, member, item, value, begun)
    if reveal is not None and reveal != value:
        typer.echo(f"Suggested: {_named(task, reveal)}. A key changes yours, Enter keeps it.")
        second = _pressed(task, keep=True)
        if second is not None and not isinstance(second, str):
            await _record(screen, task, member, item, second, begun)
    return gone + 1


async def _record(
    screen: Screen, task: Task, member: Member, item: WorkItem, value: Value | None, begun: float
) -> Value | None:
    from hausgeist.identity.tokens import new_id  # noqa: PLC0415  as above
    from hausgeist.workbench.screen import Sent  # noqa: PLC0415  as above

    ms = round((time.monotonic() - begun) * 1000)
    sent = Sent(item_id=item.item.id, value=value, id=new_id(), ms=ms)
    return (await screen.record(task, member, sent)).reveal


def _head(task: Task) -> None:
    for key, label in zip(KEYS, task.labels, strict=False):
        typer.echo(f"  {key}  {label.name}" + (f": {label.about}" if label.about else ""))
    typer.echo(f"  {SKIP}  skip   {UNDO}  undo   {QUIT}  end")


def _pressed(task: Task, *, keep: bool = False) -> Value | str | None:
    """An answer, or one of the other keys; None: Enter, where that keeps what was said."""
    from hausgeist.core.answers import Value  # noqa: PLC0415  as above
    from hausgeist.core.tasks import TaskKind  # noqa: PLC0415  as above

    chosen: list[str] = []
    while True:
        key = typer.getchar()
        if key in {QUIT, "\x03", "\x04", ""}:
            raise _Ended
        if keep and key in {"\r", "\n"} and not chosen:
            return None
        if key in {SKIP, UNDO} and not keep:
            return key
        if task.kind is TaskKind.MULTI and key in {"\r", "\n"}:
            return Value.of_labels(chosen)
        place = KEYS.find(key)
        if not 0 <= place < len(task.labels):
            continue
        label = task.labels[place]
        if task.kind is TaskKind.SINGLE:
            typer.echo(f"→ {label.name}")
            return Value.of_labels([label.key])
        chosen = [*(one for one in chosen if one != label.key)] + (
            [] if label.key in chosen else [label.key]
        )
        typer.echo(f"→ {', '.join(chosen) or 'none'} (Enter ends)")


def _named(task: Task, value: Value) -> str:
    found = (task.label(key) for key in value.labels)
    return ", ".join(one.name for one in found if one is not None) or "none"
