# SPDX-License-Identifier: EUPL-1.2
"""A verdict to take along: everything it was made of, item by item, without a text; and a script beside it.

Whoever has the file and any Python recomputes the verdict: hash of the gold set, figures, intervals, slices.
"""

import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from hausgeist.core.tasks import Task
from hausgeist.store.evaluations import Result
from hausgeist.store.openings import GoldItem, Kept, Opening

FORMAT = "hausgeist-verdict/1"
SCRIPT = "recompute.txt"


def exported(
    task: Task,
    opening: Opening,
    kept: Kept,
    sealed: Sequence[GoldItem],
    results: Mapping[str, Sequence[Result]],
) -> dict[str, Any]:
    """The file's JSON values. ``results`` by subject, each in the order of the sealed items."""
    evidence = kept.evidence
    said = {_name(subject): found for subject, found in results.items()}
    return {
        "format": FORMAT,
        "task": {"name": task.name, "title": task.title},
        "gold": {
            "version": opening.gold_version,
            "opening": opening.number,
            "hash": evidence["gold_hash"],
        },
        "subjects": {_name(subject): subject for subject in results},
        "plan": evidence["plan"],
        "seed": evidence["seed"],
        "draws": evidence["draws"],
        "factor": evidence["factor"],
        "verdict": kept.verdict,
        "items": [
            {
                "item": one.item,
                "text": one.text_hash,
                "truth": _plain(one.truth),
                "slices": [list(pair) for pair in one.slices],
                "said": {name: _plain(found[at].said) for name, found in said.items()},
            }
            for at, one in enumerate(sealed)
        ],
    }


def script() -> str:
    """The script that recomputes a verdict from its file."""
    return resources.files("hausgeist.register").joinpath(SCRIPT).read_text(encoding="utf-8")


def _name(subject: str) -> str:
    return subject.partition(":")[0]


def _plain(value: Any) -> Any:
    return None if value is None else json.loads(value.encode())
