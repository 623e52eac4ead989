# SPDX-License-Identifier: EUPL-1.2
"""Candidates for rules, counted from confirmed answers without any model: examples in, patterns out.

For labels: words and pairs of words that stand far more often under one label than under the others, by
log-odds with a prior of all texts (Monroe, Colaresi and Quinn 2008, "Fightin' Words", equations 15 to 22).
For passages: what was marked, where it is nearly always marked. For fields: the words before the value.
Linear in the length of the texts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log, sqrt

from hausgeist.core.answers import Example
from hausgeist.core.rules import Rule, RuleKind
from hausgeist.core.tasks import TaskKind
from hausgeist.core.tokens import tokens_of
from hausgeist.training.rules.reading import fold, plain
from hausgeist.training.rules.ruleset import RuleSet

EXAMPLES_MOST = 50_000
LETTERS_MOST = 4_000
"""Letters of a text that are looked at."""
HITS_LEAST = 3
PRECISION_LEAST = 0.9
WORDS_MOST = 12
"""Words of one candidate."""
SURE = 1.96
"""z of the log-odds from which a word counts as typical."""
LONGEST = 60
"""Letters of a passage that becomes a word of a list."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern that was counted: ``right`` of ``hits`` confirmed answers agree with it."""

    kind: RuleKind
    pattern: str
    label: str
    hits: int
    right: int


def mined(kind: TaskKind, examples: Sequence[Example], label: str = "") -> list[Candidate]:
    """Candidates, the most useful first; ``label``: for this label or field alone."""
    some = [one for one in examples if one.source != "teacher"][:EXAMPLES_MOST]
    if kind is TaskKind.SPANS:
        found = _passages(some)
    elif kind is TaskKind.RECORD:
        found = _fields(some)
    else:
        found = _labels(some)
    wanted = [one for one in found if not label or one.label.partition("=")[0] == label]
    return sorted(wanted, key=lambda one: (-one.right, one.label, one.pattern))


# -- labels ----------------------------------------------------------------------------------------


def _labels(examples: Iterable[Example]) -> list[Candidate]:
    texts = [(_terms(one.text), one.value.labels) for one in examples]
    count: Counter[str] = Counter()
    by_label: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    for terms, labels in texts:
        count.update(terms)
        for label in labels:
            by_label[label].update(terms)
            sizes[label] += len(terms)
    total = sum(count.values())
    return [
        candidate
        for label in sorted(by_label)
        if (candidate := _of_label(label, texts, by_label[label], count, (sizes[label], total)))
    ]


def _of_label(
    label: str,
    texts: Sequence[tuple[frozenset[str], tuple[str, ...]]],
    mine: Counter[str],
    count: Counter[str],
    sizes: tuple[int, int],
) -> Candidate | None:
    typical = sorted(
        (
            (term, number)
            for term, number in mine.items()
            if number >= HITS_LEAST
            and number / count[term] >= PRECISION_LEAST
            and _z(number, count[term], *sizes) >= SURE
        ),
        key=lambda pair: (-pair[1], " " in pair[0], -len(pair[0]), pair[0]),  # long words say more
    )
    chosen = _adding({term for term, _ in typical}, texts, label, [term for term, _ in typical])
    if not chosen:
        return None
    wanted = set(chosen)
    hits = [label in labels for terms, labels in texts if not wanted.isdisjoint(terms)]
    return Candidate(RuleKind.WORDS, "\n".join(chosen), label, len(hits), sum(hits))


def _adding(
    known: set[str],
    texts: Sequence[tuple[frozenset[str], tuple[str, ...]]],
    label: str,
    typical: Sequence[str],
) -> list[str]:
    """Of typical terms, those that find a text which no earlier one finds."""
    first: dict[str, int] = {term: place for place, term in enumerate(typical)}
    new: Counter[str] = Counter()
    for terms, labels in texts:
        if label in labels and (there := terms & known):
            new[min(there, key=first.__getitem__)] += 1
    return [term for term in typical if new[term]][:WORDS_MOST]


def _z(mine: int, both: int, size: int, total: int) -> float:
    """How typical a term is: log-odds ratio with the whole as prior, over its standard deviation."""
    prior, weight = both, total
    others, rest = both - mine, total - size
    one = log((mine + prior) / max(1, size + weight - mine - prior))
    two = log((others + prior) / max(1, rest + weight - others - prior))
    return (one - two) / sqrt(1 / (mine + prior) + 1 / (others + prior))


def _terms(text: str) -> frozenset[str]:
    """Words and neighbouring pairs of words of a text, folded; a list finds them as they stand."""
    folded = fold(plain(text[:LETTERS_MOST]))[0]
    places = [(start, end) for start, end in tokens_of(folded) if folded[start].isalnum()]
    words = {folded[start:end] for start, end in places if end - start > 1}
    pairs = {
        folded[places[at][0] : places[at + 1][1]]
        for at in range(len(places) - 1)
        if places[at + 1][0] == places[at][1] + 1
    }
    return frozenset(one for one in words | pairs if "," not in one and "*" not in one)


# -- passages --------------------------------------------------------------------------------------


def _passages(examples: Sequence[Example]) -> list[Candidate]:
    marked: dict[str, Counter[str]] = defaultdict(Counter)
    for one in examples:
        for span in one.value.spans:
            words = _listed(one.text[span.start : span.end])
            if words:
                marked[words][span.label] += 1
    wanted = {
        words: label
        for words, labels in marked.items()
        for label, number in labels.most_common(1)
        if number >= HITS_LEAST
    }
    there = _counted(wanted, examples)
    chosen: dict[str, list[str]] = defaultdict(list)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for words in sorted(wanted, key=lambda one: (-marked[one][wanted[one]], one)):
        label, right = wanted[words], marked[words][wanted[words]]
        if there[words] and right / there[words] >= PRECISION_LEAST and len(chosen[label]) < 200:
            chosen[label].append(words)
            sums[label][0] += there[words]
            sums[label][1] += right
    return [
        Candidate(RuleKind.WORDS, "\n".join(words), label, *sums[label])
        for label, words in chosen.items()
        if words
    ]


def _counted(wanted: Iterable[str], examples: Iterable[Example]) -> Counter[str]:
    """How often passages stand in the texts at all."""
    words = list(wanted)
    there: Counter[str] = Counter()
    if words:
        rules = [
            Rule(id=str(n), kind=RuleKind.WORDS, pattern=one, position=n)
            for n, one in enumerate(words)
        ]
        found = RuleSet.compile(rules, TaskKind.SPANS)
        for one in examples:
            there.update(words[number] for number, _, _ in found.passages(one.text))
    return there


def _listed(text: str) -> str:
    words = " ".join(fold(plain(text))[0].split())
    fits = 1 < len(words) <= LONGEST and "," not in words and "*" not in words
    return words if fits else ""


# -- fields ----------------------------------------------------------------------------------------


def _fields(examples: Sequence[Example]) -> list[Candidate]:
    before: dict[str, Counter[str]] = defaultdict(Counter)
    for one in examples:
        for name, value in one.value.fields:
            for words in _leading(one.text, value):
                before[name][words] += 1
    found: list[Candidate] = []
    for name, counts in before.items():
        for words, number in counts.most_common(5):
            if number >= HITS_LEAST:
                found += _tried(f"{words} ( <any> )", name, examples)
    return [one for one in found if one.hits and one.right / one.hits >= PRECISION_LEAST]


def _leading(text: str, value: str) -> Iterator[str]:
    """The one or two tokens before a value of one token, as a pattern writes them."""
    at = text.find(value)
    places = tokens_of(text[max(0, at - 80) : at]) if at >= 0 else []
    if len(tokens_of(value)) != 1 or not places:
        return
    part = text[max(0, at - 80) : at]
    last = [part[start:end].casefold() for start, end in places[-2:]]
    if not set("".join(last)) & set("|/<>(){}*+?="):
        yield " ".join(last)


def _tried(pattern: str, name: str, examples: Sequence[Example]) -> Iterator[Candidate]:
    rule = Rule(id="0", kind=RuleKind.TOKENS, pattern=pattern, label=name)
    found = RuleSet.compile([rule], TaskKind.SPANS)
    hits = right = 0
    for one in examples:
        passages = found.passages(one.text)
        if passages:
            _, start, end = passages[0]
            hits += 1
            right += (name, one.text[start:end]) in one.value.fields
    yield Candidate(RuleKind.TOKENS, pattern, name, hits, right)
