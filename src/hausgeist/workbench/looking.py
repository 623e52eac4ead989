# SPDX-License-Identifier: EUPL-1.2
"""A look at a file of texts: rows flow in, what seems to be the text, the label and the kind flows out.

Guesses are offered to a person and never acted upon by themselves. Runs in the limited child process.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hausgeist.workbench.records import Record

LOOKED_AT = 5_000
"""Rows that are looked at."""
SHOWN = 8
SHORTENED = 240
LABELS_MOST = 500
LABEL_CHARS = 100
_LABEL_NAMES = (
    "label labels category categories class classes intent topic topics tag tags answer target "
    "kategorie kategorien klasse thema themen amt abteilung zuständigkeit antwort sachgebiet"
).split()
_TEXT_NAMES = (
    "text texts message content body utterance sentence question nachricht inhalt beitrag anliegen"
).split()
_ID_NAMES = "id uid uuid nr nummer number key aktenzeichen".split()
_SIGNS = ("|", ";", ",")


@dataclass(slots=True)
class Column:
    """What was seen of a column."""

    name: str
    seen: int = 0
    chars: int = 0
    numbers: int = 0
    lists: int = 0
    spans: int = 0
    values: Counter[str] = field(default_factory=Counter)

    @property
    def mean(self) -> float:
        """Characters of a cell that has some."""
        return self.chars / self.seen if self.seen else 0.0


@dataclass(slots=True)
class Look:
    """What a file seems to be. ``labels`` are (name, how often), the most frequent first.

    ``alike`` are groups of labels that differ by capital letters or spaces only.
    """

    columns: list[str]
    rows: list[list[str]]
    read: int
    complete: bool
    text: str
    label: str
    outside: str
    kind: str
    sign: str
    labels: list[tuple[str, int]]
    alike: list[list[str]]
    refused: list[tuple[int, str, str]]


def words_of(value: object) -> str:
    """A cell as text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def look(found: Iterable[Record], wanted: dict[str, str]) -> Look:
    """Look at the first rows. ``wanted`` has what a person chose instead of a guess: text, label, sign."""
    columns: dict[str, Column] = {}
    shown: list[dict[str, Any]] = []
    kept: list[tuple[Any, ...]] = []
    refused: list[tuple[int, str, str]] = []
    read, complete = 0, True
    for record in found:
        if read >= LOOKED_AT:
            complete = False
            break
        read += 1
        if record.reason:
            if len(refused) < SHOWN:
                refused.append((record.row, record.reason, record.detail))
            continue
        for name, value in record.cells.items():
            if name not in columns and len(columns) < 200:
                columns[name] = Column(name)
            if name in columns:
                _note(columns[name], value)
        if len(shown) < SHOWN:
            shown.append(record.cells)
        kept.append((record.cells,))
    names = list(columns)
    text = wanted.get("text", "") if wanted.get("text", "") in columns else _text(columns)
    label = wanted["label"] if "label" in wanted else _label(columns, text)
    label = label if label in columns and label != text else ""
    column = columns.get(label)
    sign = wanted["sign"] if "sign" in wanted else _sign(column) if column else ""
    labels = _labels((cells[0].get(label) for cells in kept), sign) if column else Counter()
    kind = "single"
    if column is not None:
        kind = "spans" if column.spans else "multi" if sign or column.lists else "single"
    return Look(
        columns=names,
        rows=[[words_of(cells.get(name))[:SHORTENED] for name in names] for cells in shown],
        read=read,
        complete=complete,
        text=text,
        label=label,
        outside=_outside(columns, {text, label}),
        kind=kind,
        sign=sign,
        labels=labels.most_common(LABELS_MOST),
        alike=_alike(labels),
        refused=refused,
    )


def names_in(value: Any, sign: str) -> list[str]:
    """The labels that a cell names."""
    if isinstance(value, list):
        found = [
            _span_label(one) if isinstance(one, dict | list) else words_of(one) for one in value
        ]
    elif isinstance(value, dict):
        found = [str(name) for name, said in value.items() if said]
    else:
        words = words_of(value)
        found = words.split(sign) if sign else [words]
    tidy = (" ".join(one.replace("\x00", "").split())[:LABEL_CHARS] for one in found)
    return list(dict.fromkeys(one for one in tidy if one))


def spans_in(value: Any) -> list[tuple[int, int, str]] | None:
    """The passages that a cell names: start, end, label in lists or objects; None: it names none."""
    if not isinstance(value, list):
        return None
    found = []
    for one in value:
        parts = one
        if isinstance(one, dict):
            parts = [one.get("start"), one.get("end"), one.get("label", one.get("type"))]
        if not (isinstance(parts, list) and len(parts) >= 3):
            return None
        start, end, label = parts[:3]
        if type(start) is not int or type(end) is not int or not isinstance(label, str):
            return None
        found.append((start, end, " ".join(label.split())[:LABEL_CHARS]))
    return found


def _note(column: Column, value: Any) -> None:
    if value is None or value == "":
        return
    column.seen += 1
    if isinstance(value, list):
        column.lists += 1
        if value and spans_in(value) is not None:
            column.spans += 1
    words = words_of(value)
    column.chars += len(words)
    column.numbers += words.replace(".", "").replace(",", "").strip().isdigit()
    if len(words) <= LABEL_CHARS and len(column.values) <= LABELS_MOST:
        column.values[words.strip()] += 1


def _text(columns: dict[str, Column]) -> str:
    named = [name for name in columns if name.casefold() in _TEXT_NAMES]
    plain = [one for one in columns.values() if not one.lists]
    if len(named) == 1:
        return named[0]
    best = max(plain or columns.values(), key=lambda one: one.mean, default=None)
    return best.name if best is not None else ""


def _label(columns: dict[str, Column], text: str) -> str:
    """The column of the labels: one that is called so or holds passages; else the only one that could be."""
    others = [one for one in columns.values() if one.name != text and one.seen]
    spans = [one.name for one in others if one.spans]
    if spans:
        return spans[0]
    named = [one for one in others if one.name.casefold() in _LABEL_NAMES and one.values]
    if named:
        return named[0].name
    folder = [one for one in others if one.name == "folder" and 2 <= len(one.values) <= LABELS_MOST]
    return folder[0].name if folder else ""


def _outside(columns: dict[str, Column], taken: set[str]) -> str:
    found = [name for name in columns if name.casefold() in _ID_NAMES and name not in taken]
    if not found and "file" in columns and "file" not in taken:
        return "file"
    return found[0] if found else ""


def _sign(column: Column) -> str:
    """What stands between several labels of a cell: splitting by it leaves fewer different names."""
    if column.lists or not column.values:
        return ""
    for sign in _SIGNS:
        several = sum(many for value, many in column.values.items() if sign in value)
        parts = {part.strip() for value in column.values for part in value.split(sign)}
        if several >= 0.05 * column.seen and len(parts - {""}) < len(column.values):
            return sign
    return ""


def _labels(values: Iterable[Any], sign: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for value in values:
        for name in names_in(value, sign):
            if name in found or len(found) < LABELS_MOST:
                found[name] += 1
    return found


def _span_label(one: Any) -> str:
    if isinstance(one, dict):
        return words_of(one.get("label", one.get("type", "")))
    return words_of(one[2]) if len(one) > 2 else ""


def _alike(labels: Counter[str]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for name, _ in labels.most_common():
        groups.setdefault(name.casefold(), []).append(name)
    return [names for names in groups.values() if len(names) > 1]
