# SPDX-License-Identifier: EUPL-1.2
"""``/tasks/{task_id}/people/room``: people differ, somebody decides. One case after the other.

Who said what is not shown: answers stand under letters that are shuffled for every case.
"""

from itertools import pairwise
from urllib.parse import urlencode

from starlette.responses import Response

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import Part, Partition, Task, TaskKind
from hausgeist.errors import N_, BadRequest, Conflict, GoldSealed, HausgeistError, NotFound
from hausgeist.locale import translator
from hausgeist.render import render_blocks
from hausgeist.store.tasks import Member
from hausgeist.web.contexts.task_room import (
    CaseView,
    DecidedRow,
    Layer,
    OptionRow,
    RoomPage,
    SpanRow,
)
from hausgeist.web.contexts.work import Box, Choice, Guide
from hausgeist.web.forms import Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.task import frame, opened
from hausgeist.web.pages.task_words import PARTITION_WORDS
from hausgeist.web.pages.task_work import value_of
from hausgeist.web.pages.work_live import BODY_MOST
from hausgeist.web.pages.work_views import BEGIN, caps, in_words
from hausgeist.web.rendering import go, page
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit
from hausgeist.workbench.room import Case, Option

LAYERS = 5
"""So many different answers are drawn over a text in ways of their own."""
DONE = {
    "decided": N_("Decided."),
    "guided": N_("Decided, and added to the guideline as an example."),
    "undone": N_("Your last decision is taken back."),
    "nothing": N_("There is no decision of yours to take back."),
}


async def show(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/people/room`` with ``item``, or ``after`` an item."""
    task, member = await opened(visit, Part.REVIEWER)
    return await _page(visit, task, member)


async def decide(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/people/room``: one of the answers, another one, or undo."""
    task, member = await opened(visit, Part.REVIEWER)
    form = await read_form(visit)
    room = visit.house.bench.room
    item_id = form.text("item", "", most=32)
    try:
        if form.text("action", "") == "undo":
            gone = await room.undo(task, member)
            return go(_address(task, item=gone.item_id if gone else "", done=_undone(gone)))
        case = await room.case(task, member, item_id)
        value = _value(task, case, form)
        reason = form.exact("reason", "", most=2000).replace("\x00", "").strip()
        await room.decide(task, member, item_id, value, reason)
        done = "decided"
        if form.ticked("guide") and case.item.partition is not Partition.GOLD:
            words = _example(task, value, reason, case)
            await visit.house.bench.guidelines.add_example(task.id, member, item_id, words)
            done = "guided"
    except (BadRequest, Conflict, NotFound) as error:
        return await _page(visit, task, member, item=item_id, error=error)
    return go(_address(task, after=item_id, done=done))


def _undone(gone: object) -> str:
    return "undone" if gone else "nothing"


def _value(task: Task, case: Case, form: Form) -> Value:
    """One of the answers as it stands, or what the form makes of it."""
    offered = form.exact("value", "", most=BODY_MOST)
    if offered:
        found = next((one.value for one in case.options if one.value.encode() == offered), None)
        if found is None:
            raise Conflict(what=N_("The answer"))
        return found
    return value_of(task, case.item.text, form)


def _example(task: Task, value: Value, reason: str, case: Case) -> str:
    """What the guideline says of an example: the decision, and why."""
    said = in_words(task, value, task.language, case.item.text)
    return f"**{said}** {reason}".strip()


def _address(task: Task, **asked: str) -> str:
    wanted = {name: value for name, value in asked.items() if value}
    return f"/tasks/{task.id}/people/room" + (f"?{urlencode(wanted)}" if wanted else "")


async def _page(
    visit: Visit,
    task: Task,
    member: Member,
    *,
    item: str = "",
    error: HausgeistError | None = None,
) -> Response:
    asked, bench = visit.query_params, visit.house.bench
    wanted = item or _id(asked.get("item", ""))
    after = _id(asked.get("after", ""))
    case = None
    try:
        if wanted:
            case = await bench.room.case(task, member, wanted)
    except GoldSealed as sealed:
        error = error or sealed
    if case is None:
        case = await bench.room.next(task, member, after=after)
    made = await frame(visit, task, member, "people")
    language, turn = made.shell.language, translator(made.shell.language)
    waiting = await bench.room.waiting(task, member)
    words = turn(N_("Cases that wait for you: {count}. Of the gold set: {gold}."))
    count = f"{waiting.mine}+" if waiting.more else str(waiting.mine)
    others = ""
    if waiting.others:
        others = turn(
            N_(
                "Texts of the gold set that wait for a third person, because you answered them: {count}."
            )
        ).format(count=waiting.others)
    done = DONE.get(asked.get("done", ""), "")
    context = RoomPage(
        frame=made,
        task=task,
        case=_view(task, case, language, member.settings.get("keys", {})) if case else None,
        waiting=words.format(count=count, gold=waiting.gold) if waiting.mine else "",
        others=others,
        guide=await _guide(visit, task, language),
        history=tuple(
            DecidedRow(
                found.id,
                " ".join(found.text[: BEGIN * 2].split())[:BEGIN],
                in_words(task, one.value, language, found.text),
            )
            for one, found in await bench.room.history(task, member)
        ),
        may_guide=case is not None and case.item.partition is not Partition.GOLD,
        done=turn(done) if done and error is None else "",
        error=error.say(turn) if error else "",
    )
    return page(visit, "task_room.html", context, status=error.status if error else 200)


def _id(text: str) -> str:
    return text.replace("\x00", "")[:32]


async def _guide(visit: Visit, task: Task, language: str) -> Guide | None:
    found = await visit.house.bench.queue.guideline(task)
    if found is None:
        return None
    html = "".join(render_blocks(found.body, language))
    return Guide(found.version, html, day_text(found.at, language))


def _view(task: Task, case: Case, language: str, keys: dict[str, str]) -> CaseView:
    turn = translator(language)
    text = case.item.text
    chosen = case.decided.value if case.decided else None
    cap = caps(task, keys)
    state = N_("People differ: what do you say?")
    if case.decided is not None:
        state = N_("This is decided. You may decide anew.")
    elif not case.open:
        state = N_("Nothing has to be decided here; you may confirm it, or decide otherwise.")
    start = chosen or case.options[0].value
    return CaseView(
        item=case.item.id,
        layers=_layers(task, text, case.options),
        gold=case.item.partition is Partition.GOLD,
        partition=turn(PARTITION_WORDS[case.item.partition]),
        state=turn(state),
        options=tuple(
            OptionRow(
                letters=", ".join(one.letters),
                key=one.letters[0],
                words=in_words(task, one.value, language, text),
                value=one.value.encode(),
                comments=one.comments,
                hard=one.hard,
                chosen=one.value == chosen,
                place=min(place, LAYERS - 1),
            )
            for place, one in enumerate(case.options)
        ),
        remarks=case.remarks,
        choices=tuple(
            Choice(
                label.key,
                label.name,
                label.about,
                cap[label.key] if cap[label.key].isdigit() else "",
                chosen=label.key in start.labels,
            )
            for label in task.labels
        ),
        spans=_spans(task, text, case.options, start),
        boxes=_boxes(task, start),
        offered=_offered(task, case.options),
        reason=case.decided.reason if case.decided else "",
        decided=in_words(task, chosen, language, text) if chosen is not None else "",
    )


def _name(task: Task, key: str) -> str:
    found = task.label(key)
    return found.name if found else key


def _layers(task: Task, text: str, options: tuple[Option, ...]) -> tuple[Layer, ...]:
    """The text in pieces, each with the answers that have a passage there; drawn once for all of them."""
    if task.kind is not TaskKind.SPANS:
        return (Layer(text),)
    starts: dict[int, list[tuple[str, str]]] = {}
    cuts = {0, len(text)}
    for one in options:
        for span in one.value.spans:
            cuts |= {span.start, span.end}
            tag = ("".join(one.letters), _name(task, span.label))
            starts.setdefault(span.start, []).append(tag)
    edges = sorted(cuts)
    at = {edge: place for place, edge in enumerate(edges)}
    covered: dict[int, set[int]] = {edge: set() for edge in edges}
    for place, one in enumerate(options):
        for span in one.value.spans:
            for edge in edges[at[span.start] : at[span.end]]:
                covered[edge].add(min(place, LAYERS - 1))
    return tuple(
        Layer(text[start:end], tuple(sorted(covered[start])), tuple(starts.get(start, ())))
        for start, end in pairwise(edges)
    )


def _spans(task: Task, text: str, options: tuple[Option, ...], start: Value) -> tuple[SpanRow, ...]:
    """Every passage that somebody marked, with whose it is."""
    by: dict[Span, str] = {}
    for one in options:
        for span in one.value.spans:
            by[span] = by.get(span, "") + "".join(one.letters)
    for span in start.spans:
        by.setdefault(span, "")
    return tuple(
        SpanRow(
            value=f"{span.start}:{span.end}:{span.label}",
            words=f"{_name(task, span.label)}: {text[span.start : span.end][:120]}",
            letters=", ".join(letters),
            chosen=span in start.spans,
        )
        for span, letters in sorted(by.items())
    )


def _boxes(task: Task, start: Value) -> tuple[Box, ...]:
    return tuple(
        Box(
            one.key,
            one.name,
            one.about,
            one.type.value,
            one.choices,
            one.many,
            tuple(typed for name, typed in start.fields if name == one.key),
        )
        for one in task.fields
    )


def _offered(task: Task, options: tuple[Option, ...]) -> dict[str, tuple[str, ...]]:
    return {
        field.key: tuple(
            dict.fromkeys(
                typed for one in options for name, typed in one.value.fields if name == field.key
            )
        )
        for field in task.fields
    }


ROUTES = [
    page_get("/tasks/{task_id}/people/room", show, "Where people differ"),
    page_post("/tasks/{task_id}/people/room", decide, "Decide where people differ", BODY_MOST),
]
