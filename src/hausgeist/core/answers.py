# SPDX-License-Identifier: EUPL-1.2
"""What is said of an item: labels, passages or fields, by a person, a model or a rule.

One value serves every kind of task; which part of it counts is the kind's. Two values are the same answer
exactly if they are equal, so each is kept in one canonical form, in memory and as JSON text.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A passage: ``text[start:end]`` in code points, ``end`` exclusive, with the key of its label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True)
class Value:
    """An answer. ``labels``: keys, sorted (one of them in a single-label task, none: none applies).

    ``spans`` are sorted and may not overlap. ``fields`` are (name, canonical text) in the order of names;
    a field that the document does not have is left out; one that it has several times stands several times.
    """

    labels: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of_labels(cls, labels: Iterable[str]) -> "Value":
        """Labels in any order, as a value."""
        return cls(labels=tuple(sorted(set(labels))))

    @classmethod
    def of_spans(cls, spans: Iterable[Span]) -> "Value":
        """Passages in any order, as a value."""
        return cls(spans=tuple(sorted(set(spans))))

    @classmethod
    def of_fields(cls, fields: Iterable[tuple[str, str]]) -> "Value":
        """Fields in any order, as a value."""
        return cls(fields=tuple(sorted(fields)))

    def encode(self) -> str:
        """Canonical JSON: ``{"labels":["a"]}``, ``{"spans":[[0,4,"PER"]]}``, ``{"fields":[["day","1"]]}``."""
        found: dict[str, object] = {}
        if self.labels:
            found["labels"] = self.labels
        if self.spans:
            found["spans"] = [(one.start, one.end, one.label) for one in self.spans]
        if self.fields:
            found["fields"] = self.fields
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def decode(cls, text: str) -> "Value":
        """What ``encode`` wrote.

        Raises:
            ValueError, KeyError, TypeError: it did not write this.
        """
        if text.startswith(_LABELS) and not ('"spans"' in text or '"fields"' in text):
            return _labelled(text)
        found = json.loads(text)
        return cls(
            labels=tuple(found.get("labels", ())),
            spans=tuple(Span(*one) for one in found.get("spans", ())),
            fields=tuple((name, value) for name, value in found.get("fields", ())),
        )


_LABELS = '{"labels":['


@lru_cache(maxsize=4_096)
def _labelled(text: str) -> Value:
    """A value of labels alone: a few, read again and again, and nobody's words are in them."""
    return Value(labels=tuple(json.loads(text)["labels"]))


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model says of a text. ``score``: its calibrated probability of being right, 0 to 1.

    ``ranked`` has the labels with their probabilities, best first, where the model gives them (a few, not
    all); ``by`` names the rung or rule that decided. ``far``: the share of known items that are more like
    what the model learned than this text; above 0.95 it is probably about something else.
    """

    value: Value
    score: float
    ranked: tuple[tuple[str, float], ...] = ()
    by: str = ""
    far: float = 0.0

    @property
    def margin(self) -> float:
        """Between the best and the second best label; the score where there is no second."""
        if len(self.ranked) > 1:
            return self.ranked[0][1] - self.ranked[1][1]
        return self.score


@dataclass(frozen=True, slots=True)
class Example:
    """One text with the answer that a model is to learn, or is measured by.

    ``weight`` is 1 for what a person said, less for what only a teacher said; ``source``: person, accepted
    (a person left the teacher's answer as it was), teacher, rule.
    """

    item: str
    text: str
    value: Value
    weight: float = 1.0
    source: str = "person"
    slices: tuple[tuple[str, str], ...] = ()
