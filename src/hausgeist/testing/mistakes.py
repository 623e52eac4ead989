# SPDX-License-Identifier: EUPL-1.2
"""How simulated models and people err: a text with its truth goes in, what is said of it comes out.

The same every time: every draw is a hash of a seed and the text. Errors have a structure, as real ones do:
some labels are hard and taken for their neighbour, passages are found too generously and cut a word too long
or too short, details are misread. Even noise would make every comparison look too good.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hausgeist.core.answers import Span, Value
from hausgeist.core.tasks import FieldType, Task, TaskKind

HARD_EVERY = 3
"""Every third label is hard."""
HARDNESS = 4.0
"""How much more often a hard label is mistaken than an easy one."""
ERRORS_MOST = 0.9
"""Of the items of one label, that are mistaken at most."""

_WORD = re.compile(r"\w+(?:[-']\w+)*")


def draw(seed: str, *about: str) -> float:
    """A number from 0 to 1 (excluded), the same for the same words."""
    held = "\x1f".join((seed, *about)).encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(held).digest()[:8]) / 2**64


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """Errs in a task, so that about ``accuracy`` of the single answers are right (of passages: their F1).

    ``rates`` is how often each label is mistaken; ``of`` makes it from truths. ``pairs``: what a label is
    taken for.
    """

    task: Task
    accuracy: float
    seed: str = "1"
    rates: Mapping[str, float] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        task: Task,
        truths: Mapping[str, Value],
        accuracy: float,
        *,
        seed: str = "1",
        pairs: Mapping[str, str] | None = None,
    ) -> "Mistakes":
        """Errors whose mean over these truths is 1 - ``accuracy``; without ``pairs``, neighbours."""
        keys = [label.key for label in task.labels]
        counts = Counter(key for value in truths.values() for key in _labels_of(value))
        weights = {
            key: HARDNESS if place % HARD_EVERY == 0 else 1.0 for place, key in enumerate(keys)
        }
        many = sum(counts[key] for key in keys)
        mean = sum(weights[key] * counts[key] for key in keys) / many if many else 1.0
        rate = {key: min(ERRORS_MOST, (1 - accuracy) * weights[key] / mean) for key in keys}
        near = {
            key: keys[place ^ 1] if place ^ 1 < len(keys) else keys[0]
            for place, key in enumerate(keys)
        }
        return cls(
            task=task,
            accuracy=accuracy,
            seed=seed,
            rates=rate,
            pairs=near | dict(pairs or {}),
        )

    def said(self, text: str, truth: Value) -> Value:
        """What is said of a text."""
        if self.task.kind is TaskKind.SPANS:
            return self._spans(text, truth)
        if self.task.kind is TaskKind.RECORD:
            return self._record(text, truth)
        if self.task.kind is TaskKind.MULTI:
            return self._multi(text, truth)
        if not truth.labels:
            return truth
        return Value.of_labels([self._label(text, truth.labels[0], "")])

    def _label(self, text: str, key: str, salt: str, share: float = 1.0) -> str:
        """A label or what it is taken for: mostly its neighbour, sometimes any other."""
        if self._draw(text, "err", salt) >= self.rates.get(key, 1 - self.accuracy) * share:
            return key
        others = [label.key for label in self.task.labels if label.key != key]
        if not others:
            return key
        if self._draw(text, "which", salt) < 0.8 and self.pairs.get(key, key) != key:
            return self.pairs[key]
        return others[int(self._draw(text, "any", salt) * len(others))]

    def _multi(self, text: str, truth: Value) -> Value:
        """Recall-heavy: the neighbour is added more often than a label is missed."""
        said: list[str] = []
        for key in truth.labels:
            chance = self._draw(text, "err", key) / max(
                1e-9, self.rates.get(key, 1 - self.accuracy)
            )
            if chance >= 1:
                said.append(key)
            elif chance < 0.6:
                said += [key, self.pairs.get(key, key)]
            elif chance < 0.85:
                said.append(self.pairs.get(key, key))
        if not truth.labels and self._draw(text, "none") < 1 - self.accuracy:
            said = [self._any(text)]
        return Value.of_labels(said)

    def _spans(self, text: str, truth: Value) -> Value:
        """Recall-heavy: little is missed, something is added, ends are cut a word too far or too short."""
        wrong, found = 1 - self.accuracy, list[Span]()
        for place, span in enumerate(truth.spans):
            salt = f"span{place}"
            if self._draw(text, "missed", salt) < 0.15 * wrong:
                continue
            label = self._label(text, span.label, salt, share=0.35)
            start, end = span.start, span.end
            if self._draw(text, "bound", salt) < 0.35 * wrong:
                start, end = self._shifted(text, span)
            found.append(Span(start, end, label))
        words = [(one.start(), one.end()) for one in _WORD.finditer(text) if len(one[0]) > 3]
        for place in range(max(1, len(truth.spans))):
            if words and self._draw(text, "added", str(place)) < 0.5 * wrong:
                start, end = words[int(self._draw(text, "where", str(place)) * len(words))]
                found.append(Span(start, end, self._any(text)))
        kept: list[Span] = []
        for one in found:
            if not any(one.start < other.end and other.start < one.end for other in kept):
                kept.append(one)
        return Value.of_spans(kept)

    def _shifted(self, text: str, span: Span) -> tuple[int, int]:
        """The passage with one word more or less at one end."""
        words = [(one.start(), one.end()) for one in _WORD.finditer(text)]
        inside = [one for one in words if span.start <= one[0] and one[1] <= span.end]
        after = [one for one in words if one[0] >= span.end]
        before = [one for one in words if one[1] <= span.start]
        side = self._draw(text, "side", str(span.start))
        if side < 0.4 and after:
            return span.start, after[0][1]
        if side < 0.6 and before:
            return before[-1][0], span.end
        if len(inside) > 1:
            return (inside[1][0], span.end) if side < 0.8 else (span.start, inside[-2][1])
        return (span.start, after[0][1]) if after else (span.start, span.end)

    def _record(self, text: str, truth: Value) -> Value:
        """A detail is misread, left out, or taken from elsewhere."""
        types = {one.key: one for one in self.task.fields}
        said: list[tuple[str, str]] = []
        for place, (key, value) in enumerate(truth.fields):
            chance = self._draw(text, "err", f"{key}{place}") / max(1e-9, 1 - self.accuracy)
            if chance >= 1:
                said.append((key, value))
            elif chance < 0.7 and key in types:
                one = types[key]
                choices = [each for each in one.choices if each != value]
                if one.type is FieldType.FLAG:
                    said.append((key, "no" if value == "yes" else "yes"))
                elif one.type is FieldType.CHOICE:
                    said += [(key, choices[0])] if choices else []
                else:
                    said.append((key, _misread(value, one.type)))
        return Value.of_fields(said)

    def _any(self, text: str) -> str:
        keys = [label.key for label in self.task.labels]
        return keys[int(self._draw(text, "anylabel") * len(keys))]

    def _draw(self, *about: str) -> float:
        return draw(self.seed, *about)


def _misread(value: str, kind: FieldType) -> str:
    """A detail with one digit wrong, a text with its last word gone."""
    if kind is FieldType.DATE:
        day = int(value[-2:])
        return f"{value[:-2]}{day + 1 if day < 28 else day - 1:02d}"
    if kind is FieldType.NUMBER:
        return value[:-1] + str((int(value[-1]) + 1) % 9 + 1) if value[-1].isdigit() else value
    words: Sequence[str] = value.split()
    return " ".join(words[:-1]) if len(words) > 1 else value + "e"


def _labels_of(value: Value) -> list[str]:
    return [*value.labels, *(span.label for span in value.spans)]
