# SPDX-License-Identifier: EUPL-1.2
"""What is to be known of a student, in words: the texts to the codes in its facts (``said``)."""

from collections.abc import Mapping
from typing import Any

from hausgeist.errors import N_

SAID = {
    "label_absent": N_("There is no example of the label {label}: the student never answers it."),
    "label_few": N_(
        "There are only {count} examples of the label {label}. Each of them counts a little more in the "
        "training; figures for this label alone say little."
    ),
    "unbalanced": N_(
        "The most frequent label has {most} examples, the rarest {least}. Rare labels count a little "
        "more in the training; look at macro F1 as well."
    ),
    "calibrated_on_dev": N_(
        "People have answered too little of the pool: the probabilities were set on the {count} items of "
        "the development set, on which they are also judged, and look better than they are."
    ),
    "calibrated_on_teacher": N_(
        "Too few answers of people: the probabilities were set on all {count} examples, also on answers "
        "that only the teacher gave. They say how often the student agrees with these."
    ),
    "reread": N_(
        "The teacher's answers were read again: {count} of them were taken for mix-ups that it makes often, "
        "and the student learned another label there. What people said was left as it is."
    ),
    "sampled": N_(
        "Of {count} examples {used} were used: answers of people first, then a random part of the others."
    ),
    "calibrated_there": N_(
        "The probabilities were set on the {count} items of the development set, on which they are also "
        "judged, and look a little better than they are."
    ),
    "overlapping": N_("{count} examples were left out: passages of them overlap."),
    "not_in_text": N_(
        "{count} values of the field {field} do not stand in their texts as they were entered: the "
        "student cannot learn where they come from."
    ),
    "shared_passage": N_(
        "{count} values stand at the same place as another field's value: the student learns one of the "
        "two fields only."
    ),
}
"""By code; pages translate the text first and fill it then. Codes of other rungs stand where these are."""


def sentence(line: Mapping[str, Any], translate: Any, names: Mapping[str, str]) -> str:
    """One line of ``said`` in a person's words; ``names`` has the labels' names by their keys."""
    text = SAID.get(str(line.get("code")))
    if text is None:
        return str(line.get("code", ""))
    values = {name: value for name, value in line.items() if name != "code"}
    if "label" in values:
        values["label"] = names.get(str(values["label"]), values["label"])
    if "field" in values:
        values["field"] = names.get(str(values["field"]), values["field"])
    return str(translate(text)).format_map(values)
