# SPDX-License-Identifier: EUPL-1.2
"""What students reach on public data, beside what they must: ``python bench/workbench``.

``--only classify``, ``spans``, ``rules`` or ``efficiency`` runs a part. Reads the data sets from
``shared/data`` beside the project and fails without them. Ends with 1 where a target is missed.
"""

import argparse
import sys
from pathlib import Path

import classify
import efficiency
import rules
import spans

DATA = Path(__file__).resolve().parents[3] / "shared/data"
NEEDED = (
    "clinc150",
    "massive_intents_slots_de",
    "explosion_cooking_multilabel",
    "cimt_argument_mining_de",
    "mobie_ner_de",
    "explosion_ner_food_ingredients",
)
TARGETS = {
    "clinc_both": ("clinc150 in scope, both", 0.955, True),
    "clinc_words_speed": ("texts/s without embeddings", 5_000, True),
    "clinc_both_speed": ("texts/s with embeddings", 800, True),
    "ladder_seconds": ("seconds for the ladder on 10,000 texts", 180, False),
    "mobie": ("MobIE F1 of the CRF, documents", 0.72, True),
    "mobie_sentences": ("MobIE F1 of the CRF, sentences", 0.72, True),
    "rules_speed": ("tokens/s of 24 rules", 100_000, True),
    "rules_rescore": ("seconds to score 100,000 texts anew", 1, False),
    "crf_speed": ("words/s of the CRF", 40_000, True),
    "efficiency_passed": ("houses not inferior within 1,000 decisions", 0.5, True),
    "efficiency_all": ("the same, asked about every gold text", 0.0, True),
    "efficiency_agree": ("points where gate and power table agree", 1.0, True),
    "ingredients": ("ingredients F1 (published 80.85)", 0.8085, True),
}
"""Name, words, bound, whether it is a least."""
PARTS = {"classify": classify, "spans": spans, "rules": rules, "efficiency": efficiency}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=tuple(PARTS))
    asked = parser.parse_args()
    missing = [name for name in NEEDED if not (DATA / name).is_dir()]
    if missing:
        sys.exit(f"data sets are missing: {', '.join(missing)}")
    found: dict[str, float] = {}
    for name, part in PARTS.items():
        if asked.only in {None, name}:
            found |= part.report(DATA)
    print()
    missed = 0
    for name, (words, bound, least) in TARGETS.items():
        if name not in found:
            continue
        good = found[name] >= bound if least else found[name] <= bound
        missed += not good
        sign = "≥" if least else "≤"
        print(
            f"{'ok    ' if good else 'MISSED'}  {words:<42}{found[name]:>12,.4g}   {sign} {bound:,}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
