# SPDX-License-Identifier: EUPL-1.2
"""Lists of phrases: learnt from examples, or given with the task. Words in, what is listed where out.

A list learnt from the very text that a model is trained with knows everything in it, and the model would
trust it blindly. So the training texts are cut in folds, and in each of them only what the other folds teach
is known, as it will be with new texts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FOLDS = 8
LONGEST = 6
"""Words of a phrase, at most."""

Phrase = tuple[str, ...]


@dataclass(slots=True)
class Lists:
    """Phrases with what they mostly are. ``entries``: phrase to a short code, such as ``stop2``."""

    entries: dict[Phrase, str] = field(default_factory=dict)
    _lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sizes: dict[str, set[int]] = defaultdict(set)
        for phrase in self.entries:
            sizes[phrase[0]].add(len(phrase))
        self._lengths = {word: tuple(sorted(found, reverse=True)) for word, found in sizes.items()}

    def at(self, words: Sequence[str]) -> list[str]:
        """For each word what is known of it: ``B`` or ``I`` and the code of the longest phrase there."""
        found = [""] * len(words)
        free = 0
        lengths, entries = self._lengths, self.entries
        for start, word in enumerate(words):
            if start < free or word not in lengths:
                continue
            for size in lengths[word]:
                phrase = tuple(words[start : start + size])
                code = entries.get(phrase) if len(phrase) == size else None
                if code is not None:
                    found[start] = f"B{code}"
                    found[start + 1 : start + size] = [f"I{code}"] * (size - 1)
                    free = start + size
                    break
        return found

    def plain(self) -> dict[str, list[str]]:
        """As JSON values: code to phrases."""
        found: dict[str, list[str]] = defaultdict(list)
        for phrase, code in self.entries.items():
            found[code].append(" ".join(phrase))
        return {code: sorted(found[code]) for code in sorted(found)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Lists":
        """What ``plain`` gave."""
        return cls({tuple(one.split(" ")): code for code, some in plain.items() for one in some})


class Learner:
    """Counts phrases in labelled texts, and makes lists of what all of them teach, or all but one fold."""

    def __init__(self) -> None:
        self._said: dict[Phrase, Counter[tuple[int, str]]] = defaultdict(Counter)
        self._seen: dict[Phrase, Counter[int]] = defaultdict(Counter)

    def learn(
        self, texts: Sequence[tuple[int, Sequence[str], Iterable[tuple[int, int, str]]]]
    ) -> None:
        """Read texts: (fold, words, passages as first word, after the last, label)."""
        for fold, words, passages in texts:
            for first, after, label in passages:
                if after - first <= LONGEST:
                    self._said[tuple(words[first:after])][fold, label] += 1
        starts: dict[str, set[int]] = defaultdict(set)
        for phrase in self._said:
            starts[phrase[0]].add(len(phrase))
        for fold, words, _ in texts:
            for at, word in enumerate(words):
                for size in starts.get(word, ()):
                    phrase = tuple(words[at : at + size])
                    if len(phrase) == size and phrase in self._said:
                        self._seen[phrase][fold] += 1

    def lists(self, without: int | None = None) -> Lists:
        """What the folds teach, all or all but one."""
        entries: dict[Phrase, str] = {}
        for phrase, said in self._said.items():
            labels: Counter[str] = Counter()
            for (fold, label), times in said.items():
                if fold != without:
                    labels[label] += times
            seen = sum(times for fold, times in self._seen[phrase].items() if fold != without)
            if labels and seen:
                label, times = min(labels.items(), key=lambda one: (-one[1], one[0]))
                share = times / max(seen, times)
                sure = 0 if share < 0.34 else 1 if share < 0.8 else 2
                entries[phrase] = f"{label}{sure}{'+' if times > 2 else ''}"
        return Lists(entries)
