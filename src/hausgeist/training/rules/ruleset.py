# SPDX-License-Identifier: EUPL-1.2
"""Rules as a model: texts in, one guess a text out, in time linear in the text whatever the patterns say.

One pass of a set of automata tells which rules fit; passages are looked for by those alone. In a single-label
task the first rule decides, in a multi-label one every label with a hit counts; of passages that overlap the
longest stays, of equally long ones the first rule's; in a record the first rule that finds one fills a field.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hausgeist.core.answers import Guess, Span, Value
from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.tasks import Field, TaskKind
from hausgeist.training.rules import regex, tokens, words
from hausgeist.training.rules.fill import filled
from hausgeist.training.rules.reading import Reading, read
from hausgeist.training.rules.regex import Compiled

PASSAGES_MOST = 200
"""Passages of one rule in one text: the search for the next may read the rest of the text again."""
SET_MEMORY = 64 * 1024 * 1024
"""Bytes that the automaton over all patterns may take."""
UNKNOWN = Guess(Value(), 0.0, by="")
"""What is said where no rule fits."""


class RuleSet:
    """Rules in their order, compiled for one kind of task."""

    def __init__(self, kind: TaskKind, rules: Sequence[Rule], fields: Sequence[Field] = ()) -> None:
        self.kind = kind
        self.rules = tuple(rules)
        self.fields = {one.key: one for one in fields}
        self._lists = words.WordLists(
            (number, words.entries(rule.pattern))
            for number, rule in enumerate(rules)
            if rule.kind is RuleKind.WORDS
        )
        self._plain = _Patterns(self._compiled(RuleKind.REGEX))
        self._tokens = _Patterns(self._compiled(RuleKind.TOKENS))

    @classmethod
    def compile(
        cls, rules: Iterable[Rule], kind: TaskKind = TaskKind.SINGLE, fields: Sequence[Field] = ()
    ) -> "RuleSet":
        """Compile rules, in the order of their positions.

        Raises:
            InvalidField: a pattern is none, or too large; with its place where that can be told.
        """
        return cls(kind, sorted(rules, key=lambda one: one.position), fields)

    def _compiled(self, kind: RuleKind) -> dict[int, Compiled]:
        compiler = regex.compiled if kind is RuleKind.REGEX else tokens.compiled
        return {
            number: compiler(rule.pattern)
            for number, rule in enumerate(self.rules)
            if rule.kind is kind
        }

    # -- looking --------------------------------------------------------------------------------

    def hits(self, text: str) -> list[int]:
        """Numbers of the rules that find something in a text, in their order."""
        return self._hits(read(text).text)

    def _hits(self, text: str) -> list[int]:
        found = self._lists.hits(text)
        if self._plain:
            found.update(self._plain.hits(text.encode("utf-8", "replace")))
        if self._tokens:
            found.update(self._tokens.hits(tokens.tokens(text).data))
        return sorted(found)

    def passages(self, text: str) -> list[tuple[int, int, int]]:
        """(number of the rule, start, end) of every passage: code points of the text, the rules in order.

        Passages of different rules may overlap; of a word list, the longest words stay.
        """
        reading = read(text)
        found: list[tuple[int, int, int]] = []
        found += _longest(self._lists.passages(reading.text))
        if self._plain:
            data = reading.text.encode("utf-8", "replace")
            places = _Places(reading.text, data)
            for number in self._plain.hits(data):
                found += [
                    (number, *places.span(*span)) for span in self._plain.passages(number, data)
                ]
        if self._tokens:
            told = tokens.tokens(reading.text)
            for number in self._tokens.hits(told.data):
                found += [
                    (number, *told.span(*span)) for span in self._tokens.passages(number, told.data)
                ]
        return sorted(
            (number, *_trimmed(reading, text, start, end)) for number, start, end in found
        )

    # -- answering ------------------------------------------------------------------------------

    def predict(self, texts: Sequence[str]) -> list[Guess]:
        """One guess a text; ``by`` is the id of the rule that decided, empty where none did.

        ``score`` is the lower bound of that rule's precision; where several decide, the lowest of theirs.
        """
        answer = {
            TaskKind.SINGLE: self._single,
            TaskKind.MULTI: self._multi,
            TaskKind.SPANS: self._spans,
            TaskKind.RECORD: self._record,
        }[self.kind]
        return [answer(text) for text in texts]

    def _single(self, text: str) -> Guess:
        found = self.hits(text)
        if not found:
            return UNKNOWN
        rule = self.rules[found[0]]
        return Guess(
            Value((rule.label,)), rule.bound, ranked=((rule.label, rule.bound),), by=rule.id
        )

    def _multi(self, text: str) -> Guess:
        by_label: dict[str, Rule] = {}
        for number in self.hits(text):
            by_label.setdefault(self.rules[number].label, self.rules[number])
        ranked = sorted(((label, rule.bound) for label, rule in by_label.items()), key=_best_first)
        return _said(Value.of_labels(by_label), by_label.values(), tuple(ranked))

    def _spans(self, text: str) -> Guess:
        chosen = chosen_of(self.passages(text))
        rules = [self.rules[number] for number, _, _ in chosen]
        spans = [Span(start, end, self.rules[number].label) for number, start, end in chosen]
        return _said(Value.of_spans(spans), rules)

    def _record(self, text: str) -> Guess:
        told: dict[str, list[tuple[str, str]]] = {}
        deciding: dict[str, Rule] = {}
        for number, start, end in self.passages(text):
            rule = self.rules[number]
            name, constant = rule.target
            field = self.fields.get(name)
            if field is None or (name in deciding and deciding[name] is not rule):
                continue
            value = constant or filled(field, text[start:end])
            pair = (name, value)
            if value and (name not in told or (field.many and pair not in told[name])):
                told.setdefault(name, []).append(pair)
                deciding[name] = rule
        return _said(
            Value.of_fields(pair for pairs in told.values() for pair in pairs), deciding.values()
        )


def chosen_of(passages: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Of passages that overlap the longest, of equally long ones the first rule's, then the first."""
    taken: list[tuple[int, int, int]] = []
    covered = bytearray()
    for number, start, end in sorted(passages, key=lambda one: (one[1] - one[2], one[0], one[1])):
        if end <= start:
            continue
        if len(covered) < end:
            covered.extend(bytes(end - len(covered)))
        # the ends suffice: what is taken already is at least as long
        if not covered[start] and not covered[end - 1]:
            covered[start:end] = b"\x01" * (end - start)
            taken.append((number, start, end))
    return sorted(taken, key=lambda one: one[1])


class _Patterns:
    """Compiled patterns by number, and one automaton that tells which of them fit."""

    def __init__(self, patterns: dict[int, Compiled]) -> None:
        self._patterns = patterns
        self._numbers = tuple(patterns)
        self._any: Any = None
        if len(patterns) > 1:
            self._any, self._one = _together([one.source for one in patterns.values()])

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def hits(self, data: bytes) -> list[int]:
        """Numbers of the patterns that fit."""
        if self._any is not None:
            found = self._any.Match(data)
            if found:
                return [self._numbers[one] for one in found]
            # the set says nothing when it ran out of memory; the other way never does
            if self._one is not None and self._one.search(data) is None:
                return []
        return [number for number, one in self._patterns.items() if one.program.search(data)]

    def passages(self, number: int, data: bytes) -> Iterator[tuple[int, int]]:
        """Start and end in bytes of what a pattern finds: its group 1 where its writer made one."""
        pattern = self._patterns[number]
        wanted = pattern.core + 1 if pattern.groups else pattern.core
        place = 0
        for _ in range(PASSAGES_MOST):
            match = pattern.program.search(data, place)
            if match is None:
                return
            start, end = match.span(wanted)
            if start >= 0 and end > start:
                yield start, end
            place = max(match.end(pattern.core), place + 1)
            if place >= len(data):
                return


def _together(sources: Sequence[str]) -> tuple[Any, Any]:
    import re2  # noqa: PLC0415  only where there are rules

    options = re2.Options()
    options.max_mem = SET_MEMORY
    options.log_errors = False
    found = re2.Set.SearchSet(options)
    for source in sources:
        found.Add(source)
    found.Compile()
    try:
        one = re2.compile("|".join(f"(?:{source})" for source in sources), options=options)
    except re2.error:  # together they are too large: then each by itself
        one = None
    return found, one


class _Places:
    """From bytes of UTF-8 to code points, without counting twice."""

    def __init__(self, text: str, data: bytes) -> None:
        self._plain = len(text) == len(data)
        self._data = data
        self._byte = self._letter = 0

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Start and end in code points."""
        if self._plain:
            return start, end
        first = self._at(start)
        return first, first + len(self._data[start:end].decode("utf-8", "replace"))

    def _at(self, place: int) -> int:
        if place < self._byte:
            self._byte = self._letter = 0
        self._letter += len(self._data[self._byte : place].decode("utf-8", "replace"))
        self._byte = place
        return self._letter


def _trimmed(reading: Reading, text: str, start: int, end: int) -> tuple[int, int]:
    first, last = reading.span(start, end)
    while first < last and text[first].isspace():
        first += 1
    while last > first and text[last - 1].isspace():
        last -= 1
    return first, last


def _longest(passages: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    by_number: dict[int, list[tuple[int, int, int]]] = {}
    for one in passages:
        by_number.setdefault(one[0], []).append(one)
    return [one for some in by_number.values() for one in chosen_of(some)[:PASSAGES_MOST]]


def _best_first(pair: tuple[str, float]) -> tuple[float, str]:
    return -pair[1], pair[0]


def _said(value: Value, rules: Iterable[Rule], ranked: tuple[tuple[str, float], ...] = ()) -> Guess:
    weakest = min(rules, key=lambda one: one.bound, default=None)
    if weakest is None:
        return UNKNOWN
    return Guess(value, weakest.bound, ranked=ranked, by=weakest.id)
