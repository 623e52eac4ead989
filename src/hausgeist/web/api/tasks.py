# SPDX-License-Identifier: EUPL-1.2
"""``/v1/tasks/{name}``: texts are sorted, marked or read by what the house has taught itself.

Who answered, how surely and in which version stands in the answer and in its headers. Where a person is to
answer, that is said, with an address to ask again.
"""

from collections import Counter
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from hausgeist.core.items import TEXT_MOST
from hausgeist.errors import (
    N_,
    HausgeistError,
    InvalidField,
    NobodyAnswers,
    NotFound,
    PeopleAsked,
)
from hausgeist.register import human_queue
from hausgeist.register.fallback import Fallback, Told
from hausgeist.register.human_queue import BUDGET, DELICATE, FULL, NOBODY
from hausgeist.register.serving import Post
from hausgeist.register.spoken import plain
from hausgeist.web.reply import JSONBytes, while_connected
from hausgeist.web.routes import Route, Who
from hausgeist.web.visit import Visit

TEXTS_MOST = 1_000
UNANSWERED = {
    DELICATE: N_(
        "it is more delicate than the task's texts, and could not be put under pseudonyms."
    ),
    NOBODY: N_("whoever comes after the student does not answer."),
    BUDGET: N_("the budget no longer covers a teacher, and no person is asked in this task."),
}
"""Why a text is left unanswered."""
BODY_MOST = 64_000_000
"""Bytes of a request: a thousand long letters."""


class TaskAsk(msgspec.Struct, forbid_unknown_fields=True):
    """One text, or up to a thousand."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MOST)] | None = None
    texts: Annotated[list[str], msgspec.Meta(min_length=1, max_length=TEXTS_MOST)] | None = None


class TaskAnswer(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What is said of a text. One of ``label``, ``labels``, ``spans`` and ``fields``, by the kind of task.

    ``status`` is ``answered``, ``waiting`` (for a person; then ``ask_again`` is where to ask) or
    ``unanswered``: nobody answers it, with ``code`` and ``reason``. ``guess`` is what the student thought
    without being sure. ``confidence``, 0 to 1: the probability of being right.
    """

    status: str
    answered_by: str
    version: str
    label: str | msgspec.UnsetType | None = msgspec.UNSET
    labels: list[str] | msgspec.UnsetType = msgspec.UNSET
    spans: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    fields: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    confidence: float | None = None
    model: str = ""
    guess: dict[str, Any] | None = None
    ask_again: str = ""
    code: str = ""
    reason: str = ""


class TaskAnswers(msgspec.Struct):
    """Answers in the order of the texts, and how many of them are answered, wait, or are left unanswered."""

    answers: list[TaskAnswer]
    answered: int
    waiting: int
    unanswered: int


class TaskAbout(msgspec.Struct):
    """What is served under a name. ``threshold``: below it the student leaves a text to the next."""

    name: str
    title: str
    kind: str
    labels: list[str]
    fields: list[str]
    version: str
    threshold: float


async def about(visit: Visit) -> Response:
    """``GET /v1/tasks/{name}``."""
    post, _ = _served(visit)
    placed = post.newest
    return JSONBytes(
        msgspec.json.encode(
            TaskAbout(
                name=post.task.name,
                title=post.task.title,
                kind=post.task.kind.value,
                labels=[one.key for one in post.task.labels],
                fields=[one.key for one in post.task.fields],
                version=f"v{placed.student.number}",
                threshold=round(placed.deployment.threshold, 4),
            )
        )
    )


async def ask(visit: Visit) -> Response:
    """``POST /v1/tasks/{name}``: 202 where the only text waits for a person."""
    post, fallback = _served(visit)
    body = await visit.read(TaskAsk)
    texts = _texts(body)
    work = fallback.ask(
        post,
        visit.principal,
        texts,
        call_id=f"task-{visit.id}",
        declared=visit.declared_class(),
        agreed=visit.agreed,
    )
    told = await while_connected(visit.receive, work)
    found = [_answer(post, one, text) for one, text in zip(told, texts, strict=True)]
    if body.texts is not None:
        headers = {"x-answered-by": f"{post.model}@v{post.newest.student.number}"}
        states = Counter(one.status for one in found)
        whole = TaskAnswers(found, states["answered"], states["waiting"], states["unanswered"])
        return JSONBytes(msgspec.json.encode(whole), headers=headers)
    if told[0].why:
        raise _unanswered(told[0])
    return _single(post, told[0], found[0])


async def waiting(visit: Visit) -> Response:
    """``GET /v1/tasks/{name}/waiting/{ticket}``: what a person has said meanwhile; 202 while nobody has."""
    post, fallback = _served(visit)
    told = await fallback.waiting(post, visit.principal, visit.path_params["ticket"])
    return _single(post, told, _answer(post, told, ""))


def _served(visit: Visit) -> tuple[Post, Fallback]:
    """The task in service that the path names.

    Raises:
        NotFound: there is none, or it is not for this caller.
    """
    if not visit.house.gateway.directory.has("students"):
        raise NotFound
    fallback = visit.house.bench.fallback
    assert fallback is not None
    return fallback.post(visit.path_params["name"], visit.principal), fallback


def _texts(body: TaskAsk) -> list[str]:
    if (body.text is None) == (body.texts is None):
        raise InvalidField(
            field="text", reason=N_("give either one text or several texts"), param="text"
        )
    texts = [body.text] if body.text is not None else body.texts or []
    for place, text in enumerate(texts):
        if not text.strip() or len(text) > TEXT_MOST:
            raise InvalidField(
                field=f"texts[{place}]",
                reason=N_("a text has between one and a million characters"),
                param="texts",
            )
    return texts


def _answer(post: Post, told: Told, text: str) -> TaskAnswer:
    task = post.task
    guess = None
    if told.guess is not None:
        guess = plain(task, told.guess.value, text) | {"confidence": round(told.guess.score, 4)}
    if told.why:
        error = _unanswered(told)
        return TaskAnswer(
            status="unanswered",
            answered_by="",
            version=f"v{told.version}",
            guess=guess,
            code=error.code,
            reason=error.say(),
        )
    if told.value is None:
        return TaskAnswer(
            status="waiting",
            answered_by=told.by,
            version=f"v{told.version}",
            guess=guess,
            ask_again=f"/v1/tasks/{task.name}/waiting/{told.ticket}",
        )
    return TaskAnswer(
        status="answered",
        answered_by=told.by,
        version=f"v{told.version}",
        confidence=None if told.score is None else round(told.score, 4),
        model=told.model,
        guess=guess,
        **plain(task, told.value, text),
    )


def _unanswered(told: Told) -> HausgeistError:
    """Why nobody answers a text, as the error that it is where it is the only one."""
    if told.why == FULL:
        return PeopleAsked(most=human_queue.DAILY)
    return NobodyAnswers(reason=UNANSWERED[told.why])


def _single(post: Post, told: Told, answer: TaskAnswer) -> Response:
    by = f"{post.model}@v{told.version}" if told.by in {"rule", "student"} else told.by
    headers = {
        "x-answered-by": told.model if told.by == "teacher" else by,
        "x-hausgeist-version": f"v{told.version}",
    }
    if told.score is not None and told.value is not None:
        headers["x-hausgeist-confidence"] = f"{told.score:.4f}"
    status = 202 if told.value is None else 200
    return JSONBytes(msgspec.json.encode(answer), status_code=status, headers=headers)


ROUTES = [
    Route(
        method="GET",
        path="/v1/tasks/{name}",
        endpoint=about,
        who=Who.KEY,
        dialect="json",
        summary="What a task in service answers",
        response=TaskAbout,
    ),
    Route(
        method="POST",
        path="/v1/tasks/{name}",
        endpoint=ask,
        who=Who.KEY,
        dialect="json",
        summary="Have texts sorted, marked or read by a task in service",
        request=TaskAsk,
        response=TaskAnswer,
        max_body=BODY_MOST,
    ),
    Route(
        method="GET",
        path="/v1/tasks/{name}/waiting/{ticket}",
        endpoint=waiting,
        who=Who.KEY,
        dialect="json",
        summary="What a person has said meanwhile of a text that waited",
        response=TaskAnswer,
    ),
]
