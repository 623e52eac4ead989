# SPDX-License-Identifier: EUPL-1.2
"""Verbs of prompts that keys send again and again, and of samples of their calls: SQL in, values out.

What is sealed goes in and comes out sealed. Every query names the key, or the person or the services whose
keys are meant: nobody finds what was collected from somebody else's.
"""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hausgeist.core.labels import DataClass
from hausgeist.store.accounts import Row
from hausgeist.store.tables import api_keys, task_templates, traffic_samples, traffic_templates

SWEPT_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A prompt with its counters. ``body`` is sealed; ``unpriced`` and ``unmetered`` count calls."""

    id: str
    key_id: str
    kin: str
    model: str
    provider: str
    answered_by: str
    body: bytes
    calls: int
    micro_eur: int
    unpriced: int
    energy_mwh: int
    unmetered: int
    samples: int
    data_class: DataClass
    first_at: int
    last_at: int
    task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A call that was kept: its text and its answer, sealed."""

    id: str
    text: bytes
    answer: bytes
    answer_hash: str
    data_class: DataClass
    at: int


# -- the owner's word -----------------------------------------------------------------------------


def agreed(connection: Connection, key_id: str) -> int | None:
    """Since when tasks may be made of a key's calls; None: they may not."""
    query = select(api_keys.c.collected_since).where(
        api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None)
    )
    return connection.execute(query).scalar()


def agree(connection: Connection, key_id: str, owner: str | None, since: int | None) -> bool | None:
    """Note the word for a person's key, or a service's if ``owner`` is None; gives whether it changed.

    None: there is no such key, or it is revoked and the word would be a yes.
    """
    theirs = api_keys.c.user_id == owner if owner else api_keys.c.user_id.is_(None)
    query = select(api_keys.c.collected_since, api_keys.c.revoked_at)
    row = connection.execute(query.where(api_keys.c.id == key_id, theirs)).first()
    if row is None or (row.revoked_at is not None and since is not None):
        return None
    if (row.collected_since is None) is (since is None):
        return False
    connection.execute(
        update(api_keys).where(api_keys.c.id == key_id).values(collected_since=since)
    )
    return True


def forget(connection: Connection, key_id: str) -> int:
    """Delete everything that was collected from a key; gives how many samples."""
    count = connection.execute(
        select(func.coalesce(func.sum(traffic_templates.c.samples), 0)).where(
            traffic_templates.c.key_id == key_id
        )
    ).scalar_one()
    connection.execute(delete(traffic_templates).where(traffic_templates.c.key_id == key_id))
    return int(count)


# -- in -------------------------------------------------------------------------------------------


def of_key(connection: Connection, key_id: str) -> list[TemplateRow]:
    """The prompts of a key, the one seen last first."""
    query = select(traffic_templates).where(traffic_templates.c.key_id == key_id)
    query = query.order_by(traffic_templates.c.last_at.desc(), traffic_templates.c.id)
    return [_template(row) for row in connection.execute(query).mappings()]


def add(connection: Connection, row: TemplateRow) -> None:
    """Keep a new prompt."""
    connection.execute(
        insert(traffic_templates).values(**asdict(row) | {"data_class": row.data_class.word})
    )


def change(connection: Connection, template_id: str, **columns: object) -> None:
    """Change columns of a prompt."""
    connection.execute(
        update(traffic_templates).where(traffic_templates.c.id == template_id).values(**columns)
    )


def remove(connection: Connection, template_id: str) -> None:
    """Delete a prompt with its samples."""
    connection.execute(delete(traffic_templates).where(traffic_templates.c.id == template_id))


def move_samples(connection: Connection, from_id: str, to_id: str) -> None:
    """Make the samples of one prompt those of another."""
    connection.execute(
        update(traffic_samples)
        .where(traffic_samples.c.template_id == from_id)
        .values(template_id=to_id)
    )


def add_sample(connection: Connection, template_id: str, row: SampleRow) -> None:
    """Keep a sample."""
    values = asdict(row) | {"data_class": row.data_class.word, "template_id": template_id}
    connection.execute(insert(traffic_samples).values(**values))


def drop_one(connection: Connection, template_id: str, draw: str) -> None:
    """Delete the sample whose id comes next after a random one: any of them."""
    theirs = select(traffic_samples.c.id).where(traffic_samples.c.template_id == template_id)
    theirs = theirs.order_by(traffic_samples.c.id).limit(1)
    found = connection.execute(theirs.where(traffic_samples.c.id >= draw)).scalar()
    found = found or connection.execute(theirs).scalar()
    connection.execute(delete(traffic_samples).where(traffic_samples.c.id == found))


# -- out ------------------------------------------------------------------------------------------


def owned(
    connection: Connection, owner: str | None, template_id: str | None = None
) -> list[tuple[TemplateRow, str]]:
    """Prompts of a person's keys, or of services' if ``owner`` is None, each with its key's name."""
    theirs = api_keys.c.user_id == owner if owner else api_keys.c.user_id.is_(None)
    query = (
        select(traffic_templates, api_keys.c.name.label("key_name"))
        .join(api_keys, api_keys.c.id == traffic_templates.c.key_id)
        .where(theirs)
        .order_by(traffic_templates.c.calls.desc(), traffic_templates.c.id)
    )
    if template_id is not None:
        query = query.where(traffic_templates.c.id == template_id)
    rows = connection.execute(query).mappings()
    return [(_template(row), row["key_name"]) for row in rows]


def keys_agreed(connection: Connection, owner: str | None) -> list[tuple[str, int]]:
    """Names of the keys whose owner agreed, with since when."""
    theirs = api_keys.c.user_id == owner if owner else api_keys.c.user_id.is_(None)
    query = select(api_keys.c.name, api_keys.c.collected_since).where(
        theirs, api_keys.c.collected_since.is_not(None), api_keys.c.revoked_at.is_(None)
    )
    return [(row[0], row[1]) for row in connection.execute(query.order_by(api_keys.c.name))]


def samples(
    connection: Connection, template_id: str, most: int, after: str = ""
) -> list[SampleRow]:
    """Samples of a prompt in the order of their random ids, from ``after`` on."""
    query = (
        select(traffic_samples)
        .where(traffic_samples.c.template_id == template_id, traffic_samples.c.id > after)
        .order_by(traffic_samples.c.id)
        .limit(most)
    )
    return [_sample(row) for row in connection.execute(query).mappings()]


def different(connection: Connection, template_id: str) -> int:
    """How many different answers the samples of a prompt have."""
    query = select(func.count(traffic_samples.c.answer_hash.distinct())).where(
        traffic_samples.c.template_id == template_id
    )
    return connection.execute(query).scalar_one()


# -- of a task ------------------------------------------------------------------------------------


def remember(connection: Connection, task_id: str, body: bytes, at: int) -> None:
    """Keep the prompt that a task was made from."""
    connection.execute(insert(task_templates).values(task_id=task_id, body=body, at=at))


def remembered(connection: Connection, task_id: str) -> bytes | None:
    """The prompt that a task was made from, sealed; None where it was made of something else."""
    query = select(task_templates.c.body).where(task_templates.c.task_id == task_id)
    return connection.execute(query).scalar()


# -- of a person, and in time ---------------------------------------------------------------------


def exported(connection: Connection, user_id: str) -> list[dict[str, Any]]:
    """What was collected from a person's keys, as figures; the samples are sealed and have no names."""
    columns = [
        traffic_templates.c[name]
        for name in (
            "id",
            "key_id",
            "model",
            "calls",
            "samples",
            "data_class",
            "first_at",
            "last_at",
        )
    ]
    query = (
        select(*columns)
        .join(api_keys, api_keys.c.id == traffic_templates.c.key_id)
        .where(api_keys.c.user_id == user_id)
        .order_by(traffic_templates.c.id)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def erase(connection: Connection, user_id: str) -> int:
    """Erase what was collected from a person's keys; gives how many prompts."""
    keys = select(api_keys.c.id).where(api_keys.c.user_id == user_id)
    return connection.execute(
        delete(traffic_templates).where(traffic_templates.c.key_id.in_(keys))
    ).rowcount


def sweep(connection: Connection, before: int, most: int = SWEPT_AT_ONCE) -> int:
    """Delete samples older than a time, and prompts not seen since; gives how many rows, at most so many."""
    query = (
        select(traffic_samples.c.id, traffic_samples.c.template_id)
        .where(traffic_samples.c.at < before)
        .limit(most)
    )
    rows = connection.execute(query).all()
    for start in range(0, len(rows), 500):
        some = [row[0] for row in rows[start : start + 500]]
        connection.execute(delete(traffic_samples).where(traffic_samples.c.id.in_(some)))
    for template_id in sorted({row[1] for row in rows}):
        left = select(func.count()).where(traffic_samples.c.template_id == template_id)
        change(connection, template_id, samples=connection.execute(left).scalar_one())
    gone = connection.execute(
        delete(traffic_templates).where(traffic_templates.c.last_at < before)
    ).rowcount
    return len(rows) + int(gone)


def _template(row: Row) -> TemplateRow:
    values: dict[str, Any] = {column.name: row[column.name] for column in traffic_templates.c}
    return TemplateRow(**values | {"data_class": DataClass.parse(row["data_class"])})


def _sample(row: Row) -> SampleRow:
    return SampleRow(
        id=row["id"],
        text=row["text"],
        answer=row["answer"],
        answer_hash=row["answer_hash"],
        data_class=DataClass.parse(row["data_class"]),
        at=row["at"],
    )
