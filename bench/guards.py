# SPDX-License-Identifier: EUPL-1.2
"""What the shipped guards do to ordinary and to hateful German, and their cost: ``python bench/guards.py``.

Reads Multilingual HateCheck (German, CC BY 4.0): 3,645 short cases of 27 kinds. A release gate: of the cases
that are not hateful at most 5 % are flagged and none is stopped; of those that merely name a group, none.
"""

import csv
import sys
import time
from collections import Counter
from pathlib import Path

from hausgeist.gateway.guard import Action, Place, inspected
from hausgeist.gateway.guards import Patterns, shipped

DATA = Path(__file__).resolve().parents[2] / "shared/data/multilingual-hatecheck-de"
CASES = DATA / "hatecheck_cases_final_german.csv"
LETTER = (
    "Sehr geehrte Damen und Herren, ich bitte um Auskunft über meinen Antrag vom letzten Jahr. "
    * 14
)


def main() -> None:
    if not CASES.exists():
        sys.exit(f"the cases are missing: {CASES.name}")
    guard = Patterns(shipped().values())
    total: Counter[str] = Counter()
    flagged: Counter[str] = Counter()
    stopped: Counter[str] = Counter()
    with CASES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            marks = inspected([guard], row["test_case"], Place.INPUT)
            for kind in (row["label_gold"], row["functionality"]):
                total[kind] += 1
                flagged[kind] += bool(marks)
                stopped[kind] += any(mark.action is not Action.FLAG for mark in marks)
    print(f"{'':<24}{'cases':>8}{'flagged':>10}{'stopped':>10}")
    for kind in ("hateful", "non-hateful", *sorted(k for k in total if k.endswith("_nh"))):
        print(f"{kind:<24}{total[kind]:>8}{flagged[kind] / total[kind]:>10.1%}{stopped[kind]:>10}")
    began = time.thread_time()
    for _ in range(2_000):
        guard.inspect(LETTER, Place.INPUT)
    took = (time.thread_time() - began) / 2_000 * 1e6
    print(
        f"\na new text of {len(LETTER)} characters: {took:.1f} µs of a core (a known one: a hash)"
    )
    if flagged["non-hateful"] > 0.05 * total["non-hateful"] or stopped["non-hateful"]:
        sys.exit("the gate does not hold")


if __name__ == "__main__":
    main()
