# SPDX-License-Identifier: EUPL-1.2
"""How well names, addresses and dates of birth are found in letters that the training never saw.

``figures`` measures any finder; ``report`` prints what ``bench/privacy.py`` shows of names. Alone:
``python bench/names.py [--misses]``.
"""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import letters

from hausgeist.core.findings import Finding
from hausgeist.gateway.privacy.names import Names
from hausgeist.gateway.privacy.names.finder import THRESHOLD

KINDS = ("person", "address", "birth_date")
THRESHOLDS = (0.05, 0.07, 0.10, 0.12, 0.15, 0.30, 0.50)
Find = Callable[[str], Sequence[Finding]]


@dataclass(slots=True)
class Figures:
    """Counts of one kind over many letters; shares are between 0 and 1."""

    wanted: int = 0
    hit: int = 0
    exact: int = 0
    found: int = 0
    right: int = 0
    """Found spans that overlap a wanted one of any kind."""
    exact_found: int = 0
    characters: int = 0
    leaked: int = 0
    """Characters of wanted spans that no finding of any kind covers."""
    harmless: int = 0
    over: int = 0
    """Characters that are not personal and were covered all the same."""
    documents: int = 0
    clean: int = 0
    """Letters of which nothing of this kind is left."""
    misses: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Wanted spans that something overlaps."""
        return self.hit / max(1, self.wanted)

    @property
    def strict_recall(self) -> float:
        """Wanted spans found with the same limits and kind."""
        return self.exact / max(1, self.wanted)

    @property
    def precision(self) -> float:
        """Found spans that overlap something personal."""
        return self.right / max(1, self.found)

    @property
    def strict_precision(self) -> float:
        """Found spans with the limits and kind of a wanted one."""
        return self.exact / max(1, self.found)

    @property
    def leak_rate(self) -> float:
        """Characters left over, of all that are personal."""
        return self.leaked / max(1, self.characters)

    @property
    def over_masking(self) -> float:
        """Characters covered without need, of all that are not personal."""
        return self.over / max(1, self.harmless)

    @property
    def clean_rate(self) -> float:
        """Letters without a leak, of those that have this kind."""
        return self.clean / max(1, self.documents)


def figures(find: Find, texts: Iterable[letters.Letter]) -> dict[str, Figures]:
    """Figures by kind. What another detector is there for (numbers, e-mail) does not count as wrong."""
    table = {kind: Figures() for kind in KINDS}
    for letter in texts:
        found = find(letter.text)
        covered = bytearray(len(letter.text))
        for one in found:
            covered[one.start : one.end] = b"\1" * (one.end - one.start)
        personal = bytearray(len(letter.text))
        for mark in letter.marks:
            personal[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
        for kind, row in table.items():
            _count(letter, kind, row, [one for one in found if one.kind == kind], covered)
            own = bytearray(len(letter.text))
            for one in found:
                if one.kind == kind:
                    own[one.start : one.end] = b"\1" * (one.end - one.start)
            row.over += sum(o and not p for o, p in zip(own, personal, strict=True))
            row.harmless += personal.count(0)
            for one in found:
                if one.kind == kind:
                    right = any(personal[one.start : one.end])
                    row.right += right
                    if not right:
                        row.false.append(_around(letter, one.start, one.end, one.rule))
    return table


def _count(
    letter: letters.Letter, kind: str, row: Figures, found: Sequence[Finding], covered: bytearray
) -> None:
    marks = letter.of(kind)
    spans = {(one.start, one.end) for one in found}
    row.found += len(found)
    leaked = 0
    for mark in marks:
        row.wanted += 1
        inside = covered[mark.start : mark.end]
        row.hit += any(inside)
        row.exact += (mark.start, mark.end) in spans
        row.characters += len(inside)
        left = sum(
            not seen and letter.text[mark.start + place].isalnum()
            for place, seen in enumerate(inside)
        )
        leaked += left
        if left:
            row.misses.append(_around(letter, mark.start, mark.end, "" if any(inside) else "all"))
    row.leaked += leaked
    if marks:
        row.documents += 1
        row.clean += not leaked


def _around(letter: letters.Letter, start: int, end: int, why: str) -> str:
    text = letter.text
    line = f"{text[max(0, start - 25) : start]}[{text[start:end]}]{text[end : end + 15]}"
    return f"{letter.name}: {line!r} {why}"


def table(rows: dict[str, Figures]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [
        (
            "| kind | spans | recall | strict recall | precision | strict precision"
            " | leaked characters | covered without need | letters without a leak |"
        ),
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, row in rows.items():
        lines.append(
            f"| {kind} | {row.wanted} | {row.recall:.1%} | {row.strict_recall:.1%} | {row.precision:.1%}"
            f" | {row.strict_precision:.1%} | {row.leak_rate:.2%} | {row.over_masking:.2%}"
            f" | {row.clean_rate:.1%} |"
        )
    return lines


def speed(find: Find, texts: Sequence[str], seconds: float = 3.0) -> tuple[float, float]:
    """Words and megabytes of text a second, on one core."""
    words = sum(len(text.split()) for text in texts)
    size = sum(len(text.encode()) for text in texts)
    rounds = 0
    began = time.process_time()
    while time.process_time() - began < seconds:
        for text in texts:
            find(text)
        rounds += 1
    took = time.process_time() - began
    return words * rounds / took, size * rounds / took / 1e6


def report(*, misses: bool = False, thresholds: bool = False) -> list[str]:
    """Everything that is printed of names, as lines."""
    names = Names.load()
    by_hand, fresh, made = letters.by_hand(), letters.fresh(), list(letters.generated())
    sealed, later = letters.sealed(), letters.later()
    lines = [f"names: recall setting, a word counts from a chance of {THRESHOLD} on"]
    for title, texts in (
        (f"{len(sealed)} letters by hand that nothing was tuned to", sealed),
        (f"{len(later)} by somebody else, later, with everyday names", later),
        (f"{len(by_hand)} by hand, tuned on", by_hand),
        (f"{len(fresh)} more by hand, tuned on", fresh),
        (f"{len(made)} made, tuned on", made),
    ):
        rows = figures(names.find, texts)
        lines += ["", title, "", *table(rows)]
        if misses and texts is not sealed and texts is not later:
            for row in rows.values():
                lines += ["", "left over:", *row.misses[:80], "without need:", *row.false[:80]]
    if thresholds:
        lines += [
            "",
            "| chance | recall by hand | precision by hand | recall made | precision made |",
        ]
        for chance in THRESHOLDS:
            at = Names.load(chance)
            rows = [figures(at.find, texts)["person"] for texts in (by_hand, made[:300])]
            lines.append(
                f"| {chance} | "
                + " | ".join(f"{r.recall:.1%} | {r.precision:.1%}" for r in rows)
                + " |"
            )
    words, megabytes = speed(names.find, [letter.text for letter in made[:100]])
    lines += ["", f"{words:,.0f} words a second on one core, {megabytes:.2f} MB of text a second"]
    return lines


if __name__ == "__main__":
    print("\n".join(report(misses="--misses" in sys.argv, thresholds="--thresholds" in sys.argv)))
