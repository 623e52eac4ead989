# SPDX-License-Identifier: EUPL-1.2
"""Names of labels become keys: stable, short, good in files. What is a key already stays as it is."""

import re
from collections.abc import Iterable, Sequence

from hausgeist.core.tasks import Field, FieldType, Label
from hausgeist.errors import N_, InvalidField

KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,59}")
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)
_TYPES = {
    "text": FieldType.TEXT,
    "number": FieldType.NUMBER,
    "zahl": FieldType.NUMBER,
    "date": FieldType.DATE,
    "datum": FieldType.DATE,
    "choice": FieldType.CHOICE,
    "auswahl": FieldType.CHOICE,
    "flag": FieldType.FLAG,
    "yes/no": FieldType.FLAG,
    "ja/nein": FieldType.FLAG,
}


def keys_for(names: Sequence[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """A key for each name, none twice and none that is taken."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        key = name if KEY.fullmatch(name) else _slug(name)
        number = 2
        wanted = key
        while key in used:
            key = f"{wanted[:56]}-{number}"
            number += 1
        used.add(key)
        found[name] = key
    return found


def labels_from(text: str, before: Sequence[Label] = ()) -> tuple[Label, ...]:
    """Labels as people type them: one a line, after a colon what it means.

    Labels that were there ``before`` keep their keys.
    """
    known = {label.name.casefold(): label for label in before}
    lines: dict[str, tuple[str, str]] = {}
    for line in text.splitlines():
        name, _, about = line.partition(":")
        name = " ".join(name.split())
        if name:
            lines.setdefault(name.casefold(), (name[:200], about.strip()[:500]))
    new = [name for folded, (name, _) in lines.items() if folded not in known]
    keys = keys_for(new, [label.key for label in before])
    return tuple(
        Label(known[folded].key if folded in known else keys[name], name, about)
        for folded, (name, about) in lines.items()
    )


def fields_from(text: str) -> tuple[Field, ...]:
    """Fields of a record as people type them: ``Name: type`` a line; of a choice: ``Name: choice a, b``.

    Raises:
        InvalidField: a type is none.
    """
    found: list[Field] = []
    names = [line.partition(":")[0].strip() for line in text.splitlines() if line.strip()]
    keys = keys_for(list(dict.fromkeys(names)))
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        name = name.strip()
        if not name:
            continue
        word, _, choices = rest.strip().partition(" ")
        kind = _TYPES.get(word.casefold() or "text")
        if kind is None:
            raise InvalidField(
                field="fields",
                reason=N_("use text, number, date, choice or yes/no"),
                param="fields",
            )
        offered = tuple(one.strip() for one in choices.split(",") if one.strip())
        found.append(Field(keys[name], name[:200], kind, choices=offered))
    return tuple(found)


def _slug(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name.translate(_FOLDED)).strip("-").lower()
    return plain[:60] or "label"
