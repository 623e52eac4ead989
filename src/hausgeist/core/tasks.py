# SPDX-License-Identifier: EUPL-1.2
"""A task: a question that is asked of many texts, what may be answered, and how the answer is judged."""

from dataclasses import dataclass
from enum import StrEnum

from hausgeist.core.answers import Value
from hausgeist.core.labels import DataClass


class TaskKind(StrEnum):
    """What an answer is made of."""

    SINGLE = "single"
    """Exactly one label."""
    MULTI = "multi"
    """Any number of labels, also none."""
    SPANS = "spans"
    """Labelled passages."""
    RECORD = "record"
    """Fields with types."""


class FieldType(StrEnum):
    """What a field of a record holds; its canonical text is in parentheses."""

    TEXT = "text"
    """As it stands in the document."""
    NUMBER = "number"
    """Decimal point, no thousands (1234.5)."""
    DATE = "date"
    """ISO 8601 (2026-03-01)."""
    CHOICE = "choice"
    """One of the field's choices."""
    FLAG = "flag"
    """yes or no."""


class Partition(StrEnum):
    """What an item is for. It never changes, except from the pool to dev before anybody saw it."""

    POOL = "pool"
    DEV = "dev"
    GOLD = "gold"


class Mode(StrEnum):
    """When whoever answers sees a suggestion."""

    BLIND = "blind"
    """Never."""
    OWN_FIRST = "own_first"
    """After the own answer, which may then be revised; both are kept."""
    ASSISTED = "assisted"
    """With the item."""


class Part(StrEnum):
    """What a person may do in a task."""

    OWNER = "owner"
    """Everything."""
    REVIEWER = "reviewer"
    """Answer, decide between answers, look at results."""
    ANNOTATOR = "annotator"
    """Answer."""


class Metric(StrEnum):
    """What the gate decides by."""

    ACCURACY = "accuracy"
    MACRO_F1 = "macro_f1"
    MICRO_F1 = "micro_f1"
    """Of labels (multi), of exact passages (spans) or of fields (record)."""


METRICS: dict[TaskKind, tuple[Metric, ...]] = {
    TaskKind.SINGLE: (Metric.ACCURACY, Metric.MACRO_F1),
    TaskKind.MULTI: (Metric.MICRO_F1, Metric.MACRO_F1, Metric.ACCURACY),
    TaskKind.SPANS: (Metric.MICRO_F1, Metric.MACRO_F1),
    TaskKind.RECORD: (Metric.MICRO_F1, Metric.ACCURACY),
}
"""Which metrics a kind may have; the first is offered."""

UNLABELLED = Value()


@dataclass(frozen=True, slots=True)
class Label:
    """One of the answers. ``key`` is stable and stands in files; ``name`` is what people read."""

    key: str
    name: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record. ``choices`` are the keys that a ``CHOICE`` may have."""

    key: str
    name: str
    type: FieldType = FieldType.TEXT
    about: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as it stands. Times are milliseconds since the epoch.

    ``name`` is its address under ``/v1/tasks/``. ``margin`` is in points (1 = one hundredth): by how much a
    student may be worse and still count as not inferior. ``overlap`` is how many people answer an item of
    the pool. ``data_class`` is what its texts are, and so decides which teachers may see them. ``slices``
    are names of the items' properties (such as ``channel``) in none of which a student may be worse.
    ``schema_version`` counts the changes of labels and fields.
    """

    id: str
    name: str
    title: str
    kind: TaskKind
    labels: tuple[Label, ...] = ()
    fields: tuple[Field, ...] = ()
    metric: Metric = Metric.ACCURACY
    margin: float = 1.0
    slices: tuple[str, ...] = ()
    data_class: DataClass = DataClass.INTERNAL
    language: str = "de"
    teacher: str = ""
    prompt: str = ""
    """The teacher's own words, empty: the recipe's."""
    mode: Mode = Mode.OWN_FIRST
    overlap: int = 1
    blind_share: float = 0.1
    """Of the pool's items, that are shown without a suggestion whatever the mode: the control arm."""
    planted_share: float = 0.04
    """Of the suggestions shown, that are wrong on purpose."""
    random_share: float = 0.25
    """Of the items, that are drawn at random whatever the order asks for."""
    unsure_below: float = 0.0
    """Texts whose suggestion is less sure than this (0 to 1) are answered by everybody; 0: by no more."""
    daily: int = 0
    """So many texts of the pool a person gets in a day; 0: as many as they like."""
    reviewer_labels: tuple[str, ...] = ()
    """Texts to which one of these is suggested are answered by reviewers and owners alone."""
    schema_version: int = 1
    guideline_version: int = 0
    gold_version: int = 0
    differing: bool = False
    """Whether people judge gold texts only where student and teacher differ; for ``ACCURACY`` alone."""
    openings: int = 5
    """How often each version of the gold set may be opened."""
    purpose: str = ""
    """What its models are for and what not, in the owner's words: for the card."""
    licence: str = ""
    """Of its texts; empty: unknown."""
    review_on: str = ""
    """ISO date on which somebody looks at it again; empty: none."""
    created_at: int = 0
    updated_at: int = 0
    archived_at: int | None = None

    def label(self, key: str) -> Label | None:
        """The label with this key."""
        return next((one for one in self.labels if one.key == key), None)
