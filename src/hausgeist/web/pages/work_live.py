# SPDX-License-Identifier: EUPL-1.2
"""What the annotation page's scripts ask: items ahead, answers to keep, undo, reasons, own keys. JSON.

Every id is looked up in the task of the path, for the member who asks. An answer carries an id of the
browser's making, so that one that is sent twice is kept once.
"""

from dataclasses import replace
from typing import Any

import msgspec
from starlette.responses import Response

from hausgeist.core.tasks import Part, Task
from hausgeist.errors import N_, InvalidField, NotFound
from hausgeist.locale import translator
from hausgeist.store.tasks import Member
from hausgeist.web.pages.chat_live import in_words
from hausgeist.web.pages.task import opened
from hausgeist.web.pages.work_views import past, payload, payloads, unwire, wire
from hausgeist.web.rendering import language_for
from hausgeist.web.reply import JSONBytes
from hausgeist.web.routes import Endpoint, Route, Who
from hausgeist.web.visit import Visit
from hausgeist.workbench.finding import ORDERS, POOL, RANDOM, WORKS, Wish
from hausgeist.workbench.screen import Screen, Sent

BODY_MOST = 1024 * 1024
COUNT_MOST = 20
HAVE_MOST = 200
KEYS_MOST = 400
ACTIONS = (
    "accept",
    "reject",
    "skip",
    "undo",
    "reason",
    "hard",
    "comment",
    "help",
)
"""What a key can be given to, beside the labels."""

_encode = msgspec.json.Encoder().encode


class NextBody(msgspec.Struct):
    """Which items come next. ``have``: the ids that are on the screen or ahead of it."""

    count: int = 10
    order: str = RANDOM
    work: str = POOL
    like: str = ""
    have: list[str] = []


class AnswerBody(msgspec.Struct):
    """An answer. ``skipped``: nothing is said. ``ms`` from shown to answered."""

    item: str
    id: str
    labels: list[str] = []
    spans: list[tuple[int, int, str]] = []
    fields: list[tuple[str, str]] = []
    skipped: bool = False
    ms: int = 0
    hard: bool = False
    comment: str = ""


class UndoBody(msgspec.Struct):
    """Which answer goes; empty: the newest."""

    answer: str = ""


class RemarkBody(msgspec.Struct):
    """What is said of an answer of one's own; None: it stays."""

    answer: str
    hard: bool | None = None
    comment: str | None = None


class KeysBody(msgspec.Struct):
    """Own keys: an action, or ``label:`` and a label's key, and what the browser calls the key."""

    keys: dict[str, str]


def _json(value: Any) -> Response:
    return JSONBytes(_encode(value), headers={"Cache-Control": "no-store"})


async def _opened(visit: Visit) -> tuple[Task, Member]:
    return await opened(visit, Part.ANNOTATOR, Part.REVIEWER)


def screen_of(visit: Visit) -> Screen:
    """The doors of the page."""
    return Screen(visit.house.bench.queue, visit.house.bench.review)


async def ahead(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work/next``: items that come next, reserved for whoever asks."""
    task, member = await _opened(visit)
    body = await visit.read(NextBody)
    wish = replace(
        wish_of(body.order, body.work, body.like),
        count=min(max(body.count, 1), COUNT_MOST),
        have=frozenset(body.have[:HAVE_MOST]),
    )
    drawn = await visit.house.bench.queue.draw(task, member, wish)
    turn = translator(language_for(visit))
    return _json({"items": payloads(drawn.items), "note": turn(drawn.note) if drawn.note else ""})


def wish_of(order: str, work: str, like: str) -> Wish:
    """What an address or a script asks for; what nobody knows is taken as the random order of the pool."""
    return Wish(
        order=order if order in ORDERS else RANDOM,
        work=work if work in WORKS else POOL,
        like=like.replace("\x00", "")[:32],
    )


async def keep(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work/answers``: keep an answer; gives what was suggested after it."""
    task, member = await _opened(visit)
    body = await visit.read(AnswerBody)
    value = None if body.skipped else unwire(body.labels, body.spans, body.fields)
    sent = Sent(
        item_id=body.item,
        value=value,
        id=body.id,
        ms=body.ms,
        hard=body.hard,
        comment=body.comment,
    )
    receipt = await screen_of(visit).record(task, member, sent)
    return _json({"id": receipt.id, "reveal": wire(receipt.reveal)})


async def undo(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work/undo``: take an answer back; gives its item, to be answered again."""
    task, member = await _opened(visit)
    body = await visit.read(UndoBody)
    gone = await visit.house.bench.review.undo(task, member, body.answer)
    if gone is None:
        return _json({"answer": "", "item": None})
    item = await visit.house.bench.queue.one(task, member, gone.item_id)
    shown = payload(item) | {"before": wire(gone.value)} if item else None
    return _json({"answer": gone.id, "item": shown})


async def one(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/work/items/{item_id}``: an item, with the own answer to it."""
    task, member = await _opened(visit)
    item = await visit.house.bench.queue.one(task, member, visit.path_params["item_id"])
    if item is None:
        raise NotFound
    return _json(payload(item))


async def reason(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/work/reasons/{item_id}``: why a model suggested it, after an answer."""
    task, member = await _opened(visit)
    words, model = await screen_of(visit).reason(task, member, visit.path_params["item_id"])
    return _json({"reason": words, "model": model})


async def remark(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work/remarks``: a hard case, or a comment."""
    task, member = await _opened(visit)
    body = await visit.read(RemarkBody)
    made = await visit.house.bench.review.remark(
        task, member, body.answer, hard=body.hard, comment=body.comment
    )
    return _json({"hard": made.hard, "comment": made.comment})


async def before(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/work/history``: the member's latest answers, in words."""
    task, member = await _opened(visit)
    said = await visit.house.bench.review.history(task, member)
    shown = past(task, said, language_for(visit))
    return _json(
        [
            {
                "answer": one.id,
                "item": one.item,
                "begin": one.begin,
                "said": one.said,
                "hard": one.hard,
            }
            for one in shown
        ]
    )


async def standing(visit: Visit) -> Response:
    """``GET /tasks/{task_id}/work/progress``: how far it is."""
    task, member = await _opened(visit)
    return _json(await visit.house.bench.queue.standing(task, member))


async def keys(visit: Visit) -> Response:
    """``POST /tasks/{task_id}/work/keys``: keep the member's own keys.

    Raises:
        InvalidField: a key is given to something that there is not, or to two things.
    """
    task, member = await _opened(visit)
    body = await visit.read(KeysBody)
    known = {*ACTIONS, *(f"label:{label.key}" for label in task.labels)}
    chosen = {name: key for name, key in body.keys.items() if name in known and 0 < len(key) <= 12}
    if len(chosen) > KEYS_MOST or len(set(chosen.values())) < len(chosen):
        raise InvalidField(field="keys", reason=N_("a key can do only one thing"), param="keys")
    await visit.house.bench.queue.keep_settings(member, {"keys": chosen})
    return _json({"keys": chosen})


def _route(method: Any, path: str, endpoint: Endpoint, summary: str) -> Route:
    return Route(
        method=method,
        path=f"/tasks/{{task_id}}/work/{path}",
        endpoint=in_words(endpoint),
        who=Who.SESSION,
        dialect="json",
        summary=summary,
        max_body=BODY_MOST if method == "POST" else None,
    )


ROUTES = [
    _route("POST", "next", ahead, "Items to answer next"),
    _route("POST", "answers", keep, "Keep an answer"),
    _route("POST", "undo", undo, "Take an answer back"),
    _route("POST", "remarks", remark, "Mark an answer as a hard case, or comment on it"),
    _route("POST", "keys", keys, "Keep one's own keys"),
    _route("GET", "items/{item_id}", one, "An item to answer"),
    _route("GET", "reasons/{item_id}", reason, "Why a model suggested what it did"),
    _route("GET", "history", before, "One's own latest answers"),
    _route("GET", "progress", standing, "How far a task is"),
]
