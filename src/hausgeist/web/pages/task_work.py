# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/work``: one question after another. The whole of it works as a plain form.

A person's decisions come in and are kept; the next item goes out with what it may show. Scripts make it
quick (see ``work_live``); nothing here depends on them.
"""

import json
import re
import time
from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Mode, Part, Task, TaskKind
from hausgeist.errors import N_, BadRequest, HausgeistError, InvalidField, NotFound
from hausgeist.identity.tokens import new_id
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.store.tasks import Member
from hausgeist.web.contexts.work import Guide, Progress, WorkPage
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.work_live import BODY_MOST, screen_of, wish_of
from hausgeist.web.pages.work_views import (
    MODE_LONG,
    MODE_SHORT,
    orders,
    past,
    payloads,
    question,
    schema,
    works,
)
from hausgeist.web.pages.work_words import WORDS
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.finding import GOLD, POOL, Wish
from hausgeist.workbench.queue import WorkItem
from hausgeist.workbench.screen import Sent

AHEAD = 10
"""Items that are sent with the page."""
_QUOTES = 6
"""Passages that one form takes where there is no script."""
_DIGITS = 15


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/work`` with ``order``, ``work``, ``like`` and ``item``."""
    task, member = await opened(visit, Part.ANNOTATOR, Part.REVIEWER)
    return await _work_page(visit, task, member)


async def answer(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work``: what a form says of an item: an answer, a skip, or undo."""
    task, member = await opened(visit, Part.ANNOTATOR, Part.REVIEWER)
    form = await read_form(visit)
    try:
        return go(await _answered(visit, task, member, form))
    except (BadRequest, NotFound) as error:
        return await _work_page(visit, task, member, item=form.text("item", ""), error=error)


async def _answered(visit: Visit, task: Task, member: Member, form: Form) -> str:
    """Do what the form says; gives the address to go on at."""
    wish = wish_of(form.text("order", ""), form.text("work", ""), form.text("like", ""))
    action = form.text("action", "answer")
    if action == "undo":
        gone = await visit.house.bench.review.undo(task, member)
        return _address(task, wish, gone.item_id if gone else "")
    item_id = form.text("item", most=32)
    item = await visit.house.bench.review.item(task, item_id)
    value = None if action == "skip" else value_of(task, item.text, form)
    begun = form.text("begun", "0", most=20)
    sent = Sent(
        item_id=item_id,
        value=value,
        id=form.text("id", "", most=32) or new_id(),
        ms=max(0, int(time.time() * 1000) - int(begun)) if _is_number(begun) else 0,
        hard=form.ticked("hard"),
        comment=form.exact("comment", "", most=4000),
    )
    receipt = await screen_of(visit).record(task, member, sent)
    first = form.text("said", "") == ""  # the answer before the suggestion was seen
    differs = receipt.reveal is not None and receipt.reveal != value
    return _address(task, wish, item_id if first and differs else "")


def value_of(task: Task, text: str, form: Form) -> Value:
    """The answer that a form gives without a script.

    Raises:
        InvalidField: no label is chosen, or a passage is not in the text.
    """
    if task.kind is TaskKind.RECORD:
        named = {one.key: form.many(f"field:{one.key}") for one in task.fields}
        pairs = [(key, typed.strip()) for key, all_ in named.items() for typed in all_]
        return Value(fields=tuple(pair for pair in pairs if pair[1]))
    if task.kind is TaskKind.SPANS:
        return Value.of_spans(_passages(text, form))
    labels = form.many("label")
    if task.kind is TaskKind.SINGLE and not labels:
        raise InvalidField(field="label", reason=N_("choose a label, or skip the text"))
    return Value.of_labels(labels)


def _passages(text: str, form: Form) -> list[Span]:
    made = []
    for kept in form.many("span"):
        parts = kept.split(":", 2)
        if len(parts) == 3 and _is_number(parts[0]) and _is_number(parts[1]):
            made.append(Span(int(parts[0]), int(parts[1]), parts[2]))
    for place in range(_QUOTES):
        quote = form.text(f"quote{place}", "", most=2000)
        if not quote:
            continue
        taken = [(one.start, one.end) for one in made]
        found = next(
            (
                one.span()
                for one in re.finditer(re.escape(quote), text)
                if not any(one.start() < end and start < one.end() for start, end in taken)
            ),
            None,
        )
        if found is None:
            raise InvalidField(field=f"quote{place}", reason=N_("this passage is not in the text"))
        made.append(Span(*found, form.text(f"quoted{place}", "", most=200)))
    return made


def _is_number(word: str) -> bool:
    """Whether ``int`` reads it: digits of ASCII, and not thousands of them."""
    return word.isascii() and word.isdigit() and len(word) <= _DIGITS


def _address(task: Task, wish: Wish, item: str = "") -> str:
    asked = {"work": wish.work} if wish.work != POOL else {"order": wish.order}
    if wish.like:
        asked["like"] = wish.like
    if item:
        asked["item"] = item
    return f"/tasks/{task.id}/work?{urlencode(asked)}"


async def _work_page(
    visit: Visit,
    task: Task,
    member: Member,
    *,
    item: str = "",
    error: HausgeistError | None = None,
) -> Response:
    asked, bench = visit.query_params, visit.house.bench
    wish = wish_of(asked.get("order", ""), asked.get("work", ""), asked.get("like", ""))
    wanted = item or asked.get("item", "").replace("\x00", "")[:32]
    chosen = await bench.queue.one(task, member, wanted) if wanted else None
    drawn = await bench.queue.draw(
        task,
        member,
        Wish(
            count=AHEAD,
            order=wish.order,
            work=wish.work,
            like=wish.like,
            have=frozenset([wanted] if wanted else []),
        ),
    )
    first = chosen or next(iter(drawn.items), None)
    made = await frame(visit, task, member, "work")
    language, turn = made.shell.language, translator(made.shell.language)
    keys = member.settings.get("keys", {})
    said = await bench.review.history(task, member)
    standing = await bench.queue.standing(task, member)
    revealed = None
    if chosen is not None and chosen.before is not None:
        revealed = await screen_of(visit).revealed(task, chosen.before)
    context = WorkPage(
        frame=made,
        task=task,
        question=question(task, first, language, keys, revealed) if first else None,
        works=works(task, wish.work, language, standing.again, standing.gold_total),
        orders=orders(task, wish.work, wish.order, wish.like or _like(chosen), language),
        order=wish.order,
        work=wish.work,
        like=wish.like,
        note=await _note(visit, task, wish.work, drawn.note, language),
        random_percent=round(task.random_share * 100),
        progress=Progress(
            standing.mine,
            standing.today,
            standing.labelled,
            standing.total,
            standing.gold,
            standing.gold_total,
            standing.again,
        ),
        history=past(task, said, language),
        guide=await _guide(visit, task, member, language),
        data=_data(task, member, [*([chosen] if chosen else []), *drawn.items], wish, language),
        error=error.say(turn) if error else "",
        may_bulk=member.may(Part.REVIEWER),
    )
    return page(visit, "task_work.html", context, status=error.status if error else 200)


async def _note(visit: Visit, task: Task, work: str, said: str, language: str) -> str:
    """Why what comes is not what was asked for, or why suggestions stay away for a while."""
    kept_back = N_(
        "Nobody sees suggestions for a while: too few of those that are wrong on purpose were noticed. "
        "They come back by themselves after some more answers."
    )
    if not said and work != GOLD and task.mode is not Mode.BLIND:
        said = kept_back if await visit.house.bench.queue.kept_back(task) else ""
    return translator(language)(said) if said else ""


def _like(chosen: WorkItem | None) -> str:
    return chosen.item.id if chosen else ""


async def _guide(visit: Visit, task: Task, member: Member, language: str) -> Guide | None:
    found = await visit.house.bench.queue.guideline(task)
    if found is None:
        return None
    last = await visit.house.bench.review.history(task, member, most=1)
    old = last and last[0][0].guideline_version < found.version
    return Guide(
        found.version,
        "".join(render_blocks(found.body, language)),
        day_text(found.at, language),
        found.note if old else "",
    )


def _data(task: Task, member: Member, items: list[WorkItem], wish: Wish, language: str) -> str:
    """What the scripts start from, as JSON."""
    turn = translator(language)
    keys = member.settings.get("keys", {})
    found = {
        "task": schema(task, keys),
        "member": member.id,
        "items": payloads(items),
        "modes": {one.value: [turn(MODE_SHORT[one]), turn(MODE_LONG[one])] for one in Mode},
        "keys": keys,
        "words": {key: turn(words) for key, words in WORDS.items()},
        "wish": {"order": wish.order, "work": wish.work, "like": wish.like},
    }
    return json.dumps(found, ensure_ascii=False)


ROUTES = [
    page_get("/tasks/{task_id}/work", show, "Answer the texts of a task"),
    page_post("/tasks/{task_id}/work", answer, "Answer a text of a task", BODY_MOST),
]
