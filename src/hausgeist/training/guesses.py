# SPDX-License-Identifier: EUPL-1.2
"""What a student said of items while it was trained, in files beside it: ids and answers, never texts."""

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from hausgeist.core.answers import Guess, Value

FACTS = "facts.json"
DEV = "dev.jsonl"
HELD_OUT = "held_out.jsonl"


def write_guesses(path: Path, guesses: Iterable[tuple[str, Guess]]) -> None:
    """One line an item."""
    with path.open("w", encoding="utf-8") as file:
        for item, guess in guesses:
            plain = [item, guess.value.encode(), guess.score, guess.ranked, guess.far]
            file.write(json.dumps(plain, ensure_ascii=False) + "\n")


def read_guesses(path: Path, by: str) -> dict[str, Guess]:
    """What ``write_guesses`` wrote, by item; nothing where there is no such file."""
    if not path.exists():
        return {}
    found = {}
    with path.open(encoding="utf-8") as file:
        for line in file:
            item, value, score, ranked, far = json.loads(line)
            pairs = tuple((key, share) for key, share in ranked)
            found[item] = Guess(Value.decode(value), score, pairs, by, far)
    return found


def forget_guesses(folder: Path, gone: Collection[str]) -> None:
    """Take what was said of deleted items out of the files beside one student."""
    for name in (DEV, HELD_OUT):
        path = folder / name
        if not path.exists():
            continue
        kept, hit = [], False
        with path.open(encoding="utf-8") as file:
            for line in file:
                known = json.loads(line)[0] in gone
                hit = hit or known
                if not known:
                    kept.append(line)
        if hit:
            draft = path.with_name(f"{name}.part")
            draft.write_text("".join(kept), encoding="utf-8")
            draft.replace(path)
