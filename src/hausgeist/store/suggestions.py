# SPDX-License-Identifier: EUPL-1.2
"""Verbs of suggestions and of the prompts they were asked with: SQL in, values out.

Every query names the task. No row is ever kept for an item of the gold set, whoever hands it in. The text
of an item never changes, so item and version together are the key under which nothing is asked twice.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, or_, select

from hausgeist.core.answers import Value
from hausgeist.core.asked import TrainingTerms
from hausgeist.core.tasks import Partition
from hausgeist.store.accounts import Row
from hausgeist.store.tables import answers, items, suggestions, task_guidelines, task_prompts

STATES = ("ok", "unparsed", "refused", "failed")
ASKABLE = (Partition.POOL.value, Partition.DEV.value)
BUDGET = "insufficient_quota"
"""The code of what a budget did not cover: it is always asked again."""
HEAD = 280
"""Characters of a text that lists show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a model said of an item, or why it said nothing. ``code`` is the reason of the latter.

    ``value`` is None unless ``state`` is ``ok``; ``raw`` is what was answered where it could not be read.
    ``policy`` and ``terms``: under which rules it was asked, and whether it may train a model.
    """

    id: str
    task_id: str
    item_id: str
    job: str
    producer: str
    model: str
    version: str
    state: str
    value: Value | None = None
    score: float | None = None
    reason: str = ""
    code: str = ""
    tries: int = 1
    raw: str = ""
    lost: int = 0
    call_id: str = ""
    policy: str = ""
    terms: TrainingTerms = "unknown"
    micro_eur: int | None = None
    tokens: int | None = None
    ms: int | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class PromptRow:
    """A prompt as it is kept. ``number`` is what people call it by."""

    version: str
    number: int
    model: str
    body: str
    actor: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of a version. ``priced``: how many rows know what they cost; ``ms`` and ``tokens`` in all."""

    version: str
    states: dict[str, int]
    lost: int = 0
    tries: int = 0
    micro_eur: int = 0
    priced: int = 0
    tokens: int = 0
    ms: int = 0
    asked: int = 0
    """Rows with tokens: those that an upstream answered."""
    last_at: int = 0
    terms: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


# -- prompts --------------------------------------------------------------------------------------


def keep_prompt(  # noqa: PLR0917  the row's columns
    connection: Connection, task_id: str, version: str, model: str, body: str, actor: str, at: int
) -> int:
    """Keep a prompt, unless it is there; gives its number."""
    found = prompt(connection, task_id, version)
    if found is not None:
        return found.number
    last = select(func.max(task_prompts.c.number)).where(task_prompts.c.task_id == task_id)
    number = (connection.execute(last).scalar() or 0) + 1
    row = {"task_id": task_id, "version": version, "number": number, "model": model}
    connection.execute(insert(task_prompts).values(**row, body=body, actor=actor, at=at))
    return number


def prompt(connection: Connection, task_id: str, version: str) -> PromptRow | None:
    """One prompt of a task."""
    query = select(task_prompts).where(
        task_prompts.c.task_id == task_id, task_prompts.c.version == version
    )
    row = connection.execute(query).mappings().first()
    return _prompt_of(row) if row else None


def prompts(connection: Connection, task_id: str) -> list[PromptRow]:
    """The prompts of a task, the newest first."""
    query = select(task_prompts).where(task_prompts.c.task_id == task_id)
    rows = connection.execute(query.order_by(task_prompts.c.number.desc())).mappings()
    return [_prompt_of(row) for row in rows]


def guideline(connection: Connection, task_id: str, version: int) -> str:
    """The guideline of a version, empty where there is none."""
    query = select(task_guidelines.c.body).where(
        task_guidelines.c.task_id == task_id, task_guidelines.c.version == version
    )
    return connection.execute(query).scalar() or ""


def examples(
    connection: Connection, task_id: str, most: int, longest: int
) -> list[tuple[str, str, str]]:
    """Confirmed answers of the pool that may go along with a prompt: item, text, value, the newest first.

    Texts of up to ``longest`` characters; one answer an item; never of dev, which measures the teacher,
    never of gold, and nothing that nearly repeats one of these.
    """
    query = (
        select(items.c.id, items.c.text, answers.c.value)
        .join(answers, answers.c.item_id == items.c.id)
        .where(
            answers.c.task_id == task_id,
            answers.c.gone_at.is_(None),
            answers.c.value.is_not(None),
            items.c.task_id == task_id,
            items.c.partition == Partition.POOL.value,
            items.c.dup_of.is_(None),
            items.c.again == 0,
            func.length(items.c.text) <= longest,
        )
        .order_by(answers.c.at.desc(), answers.c.id)
        .limit(most)
    )
    found = {row[0]: (row[0], row[1], row[2]) for row in reversed(connection.execute(query).all())}
    return list(reversed(found.values()))


# -- what is left to ask --------------------------------------------------------------------------


def _left(task_id: str, again: Sequence[str], job: str, partitions: Sequence[str]) -> Any:
    """The condition on items that are to be asked about, joined with what this version has said."""
    return and_(
        items.c.task_id == task_id,
        items.c.partition.in_(list(partitions)),
        items.c.dup_of.is_(None),
        or_(
            suggestions.c.id.is_(None),
            and_(
                or_(suggestions.c.state.in_(list(again)), suggestions.c.code == BUDGET),
                suggestions.c.job != job,
            ),
        ),
    )


def _with_said(query: Select[Any], version: str) -> Select[Any]:
    said = and_(suggestions.c.item_id == items.c.id, suggestions.c.version == version)
    return query.outerjoin(suggestions, said)


def left(
    connection: Connection,
    task_id: str,
    version: str,
    partition: Partition,
    *,
    again: Sequence[str],
    job: str = "",
    after: tuple[float, str] = (-1.0, ""),
    most: int = 50,
) -> list[tuple[str, str, float]]:
    """Items of a partition still to be asked about: id, text, rank; in random order, from ``after`` on.

    ``again``: also where this version's last answer has one of these states, unless this ``job`` gave it.
    """
    rank, item_id = after
    query = _with_said(select(items.c.id, items.c.text, items.c.rank).select_from(items), version)
    query = query.where(
        _left(task_id, again, job, [partition.value]),
        items.c.rank >= rank,  # what the index can use
        or_(items.c.rank > rank, and_(items.c.rank == rank, items.c.id > item_id)),
    )
    query = query.order_by(items.c.rank, items.c.id).limit(most)
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def count_left(
    connection: Connection, task_id: str, version: str, *, again: Sequence[str], job: str = ""
) -> int:
    """How many items are still to be asked about, as ``left`` gives them."""
    query = _with_said(select(func.count()).select_from(items), version)
    found: int = connection.execute(query.where(_left(task_id, again, job, ASKABLE))).scalar_one()
    return found


def lengths(connection: Connection, task_id: str, most: int) -> list[int]:
    """Characters of a random sample of the texts that can be asked about."""
    query = (
        select(func.length(items.c.text))
        .where(items.c.task_id == task_id, items.c.partition.in_(ASKABLE), items.c.dup_of.is_(None))
        .order_by(items.c.rank, items.c.id)
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def first_item(connection: Connection, task_id: str) -> tuple[str, str] | None:
    """Id and text of the first item in random order, for a look at a prompt."""
    query = (
        select(items.c.id, items.c.text)
        .where(items.c.task_id == task_id, items.c.partition.in_(ASKABLE), items.c.dup_of.is_(None))
        .order_by(items.c.rank, items.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return (row[0], row[1]) if row else None


# -- rows -----------------------------------------------------------------------------------------


def put(connection: Connection, found: Sequence[Suggestion]) -> int:
    """Keep what was said; gives how many rows were kept.

    An answer that is there already is never replaced by another, only what is no answer is. Rows for items
    of the gold set, of another task, or that are gone are left out.
    """
    kept = 0
    for one in found:
        allowed = exists().where(
            items.c.id == one.item_id,
            items.c.task_id == one.task_id,
            items.c.partition.in_(ASKABLE),
        )
        if not connection.execute(select(allowed)).scalar():
            continue
        same = and_(suggestions.c.item_id == one.item_id, suggestions.c.version == one.version)
        connection.execute(delete(suggestions).where(same, suggestions.c.state != "ok"))
        if connection.execute(select(suggestions.c.id).where(same)).first() is None:
            connection.execute(insert(suggestions).values(**_row(one)))
            kept += 1
    return kept


def asked_by(connection: Connection, task_id: str, version: str, job: str) -> Tally:
    """What came of one run."""
    found = _tallies(
        connection,
        suggestions.c.task_id == task_id,
        suggestions.c.version == version,
        suggestions.c.job == job,
    )
    return found[0] if found else Tally(version=version, states={})


def tallies(connection: Connection, task_id: str) -> list[Tally]:
    """What came of every version, the one asked last first."""
    found = _tallies(
        connection, suggestions.c.task_id == task_id, suggestions.c.producer == "teacher"
    )
    return sorted(found, key=lambda one: -one.last_at)


def _tallies(connection: Connection, *where: Any) -> list[Tally]:
    columns = suggestions.c
    query = (
        select(
            columns.version,
            columns.state,
            columns.terms,
            columns.policy,
            columns.model,
            func.count(),
            func.sum(columns.lost),
            func.sum(columns.tries),
            func.coalesce(func.sum(columns.micro_eur), 0),
            func.count(columns.micro_eur),
            func.coalesce(func.sum(columns.tokens), 0),
            func.coalesce(func.sum(columns.ms), 0),
            func.count(columns.tokens),
            func.max(columns.at),
        )
        .where(*where)
        .group_by(columns.version, columns.state, columns.terms, columns.policy, columns.model)
    )
    found: dict[str, Tally] = {}
    names = ("lost", "tries", "micro_eur", "priced", "tokens", "ms", "asked")
    for version, state, terms, policy, model, many, *sums, last in connection.execute(query):
        one = found.setdefault(version, Tally(version=version, states={}))
        one.states[state] = one.states.get(state, 0) + many
        more = zip(names, sums, strict=True)
        found[version] = replace(
            one,
            last_at=max(one.last_at, last),
            terms=_with(one.terms, terms),
            policies=_with(one.policies, policy),
            models=_with(one.models, model),
            **{name: getattr(one, name) + int(value) for name, value in more},
        )
    return list(found.values())


def _with(held: tuple[str, ...], more: str) -> tuple[str, ...]:
    return tuple(sorted({*held, more} - {""}))


def listed(
    connection: Connection,
    task_id: str,
    version: str,
    state: str,
    *,
    offset: int = 0,
    most: int = 20,
) -> list[tuple[Suggestion, str]]:
    """Suggestions of a version in a state, newest first, with the head of their item's text."""
    query = (
        select(suggestions, func.substr(items.c.text, 1, HEAD).label("head"))
        .join(items, items.c.id == suggestions.c.item_id)
        .where(suggestions.c.task_id == task_id, suggestions.c.version == version)
        .order_by(suggestions.c.at.desc(), suggestions.c.id)
        .offset(offset)
        .limit(most)
    )
    if state:
        query = query.where(suggestions.c.state == state)
    rows = connection.execute(query).mappings()
    return [(suggestion_of(row), row["head"]) for row in rows]


def compared(
    connection: Connection, task_id: str, version: str, most: int
) -> list[tuple[str, str, str | None, str | None]]:
    """Where people have answered what a version suggests: mode, value, first value, suggested value.

    The newest answers first; skipped ones, bulk ones and those of gold are not among them.
    """
    query = (
        select(answers.c.mode, answers.c.value, answers.c.first, suggestions.c.value)
        .join(
            suggestions,
            and_(suggestions.c.item_id == answers.c.item_id, suggestions.c.version == version),
        )
        .where(
            answers.c.task_id == task_id,
            answers.c.gone_at.is_(None),
            answers.c.value.is_not(None),
            answers.c.origin == "person",
            suggestions.c.state.in_(("ok", "unparsed")),
        )
        .order_by(answers.c.at.desc())
        .limit(most)
    )
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def suggestion_of(row: Row) -> Suggestion:
    """The suggestion that a row keeps."""
    values = {column.name: row[column.name] for column in suggestions.c}
    values["value"] = None if values["value"] is None else Value.decode(values["value"])
    return Suggestion(**values)


def _row(one: Suggestion) -> dict[str, Any]:
    row = asdict(one)
    return row | {"value": None if one.value is None else one.value.encode()}


def _prompt_of(row: Row) -> PromptRow:
    return PromptRow(
        version=row["version"],
        number=row["number"],
        model=row["model"],
        body=row["body"],
        actor=row["actor"],
        at=row["at"],
    )
