# SPDX-License-Identifier: EUPL-1.2
"""All rules of the house as one guard: one pass says which of them hit, and only those are looked for."""

from collections.abc import Iterable, Sequence
from typing import Any

from hausgeist.gateway.guard import Mark, Place
from hausgeist.gateway.guards.plain import Plain, plain
from hausgeist.gateway.guards.rule import MEMORY_MOST, Rule, compiled

MARKS_MOST = 20
"""Marks of one rule in one text; more say no more."""


class Patterns:
    """A guard over rules."""

    name = "rules"

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = every = tuple(rules)
        self.window = max((rule.window for rule in every if Place.OUTPUT in rule.places), default=0)
        self.places = frozenset(place for rule in every for place in rule.places)
        self._sets: tuple[_Set, _Set] | None = None

    def inspect(self, text: str, place: Place) -> Sequence[Mark]:
        """The marks of all rules for the place."""
        if self._sets is None:  # with the first text: the start of the house does not wait for it
            ordinary = [rule for rule in self._rules if not rule.raw]
            self._sets = _Set(ordinary), _Set([rule for rule in self._rules if rule.raw])
        read, raw = self._sets
        marks = raw.marks(Plain(text), place)
        found = read.marks(plain(text), place)
        return [*marks, *found] if marks else found


class _Set:
    """Rules that read the same text."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        import re2  # noqa: PLC0415  only where there are rules

        self._rules = [(rule, compiled(rule.pattern)) for rule in rules]
        self._any: Any = None
        if rules:
            options = re2.Options()
            options.max_mem = MEMORY_MOST
            self._any = re2.Set.SearchSet(options)
            for rule in rules:
                self._any.Add(rule.pattern)
            self._any.Compile()

    def marks(self, text: Plain, place: Place) -> list[Mark]:
        """The marks in one text."""
        if self._any is None:
            return []
        found: list[Mark] = []
        for index in self._any.Match(text.text) or ():
            rule, pattern = self._rules[index]
            if place in rule.places:
                found += _marks(rule, pattern, text)
        return found


def _marks(rule: Rule, pattern: Any, text: Plain) -> list[Mark]:
    found: list[Mark] = []
    for match in pattern.finditer(text.text):
        start, end = text.span(match.start(), min(match.end(), match.start() + rule.window))
        found.append(Mark(rule.id, start, end, rule.action, rule.reason, rule.soft))
        if len(found) == MARKS_MOST:
            break
    return found
