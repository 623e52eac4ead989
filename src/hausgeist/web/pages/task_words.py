# SPDX-License-Identifier: EUPL-1.2
"""Kinds, parts, modes, metrics and partitions of tasks, as words of the catalogue."""

from typing import Final

from hausgeist.core.tasks import FieldType, Metric, Mode, Part, Partition, TaskKind
from hausgeist.errors import N_

KIND_WORDS: Final = {
    TaskKind.SINGLE: N_("One label per text"),
    TaskKind.MULTI: N_("Several labels per text"),
    TaskKind.SPANS: N_("Passages in the text"),
    TaskKind.RECORD: N_("Fields of a document"),
}
KIND_ABOUT: Final = {
    TaskKind.SINGLE: N_("Which department is this for? Exactly one answer."),
    TaskKind.MULTI: N_("Which topics does it touch? Any number of answers, also none."),
    TaskKind.SPANS: N_("Where are streets, dates, names? Passages are marked in the text."),
    TaskKind.RECORD: N_("Read the sender, date and amount out of a document."),
}
PART_WORDS: Final = {
    Part.OWNER: N_("Task owner"),
    Part.REVIEWER: N_("Reviewer"),
    Part.ANNOTATOR: N_("Annotator"),
}
PART_ABOUT: Final = {
    Part.OWNER: N_("may do everything"),
    Part.REVIEWER: N_("answers, decides between answers, sees results"),
    Part.ANNOTATOR: N_("gives answers"),
}
MODE_WORDS: Final = {
    Mode.BLIND: N_("Blind: suggestions are never shown"),
    Mode.OWN_FIRST: N_("Own answer first, then the suggestion"),
    Mode.ASSISTED: N_("Assisted: the suggestion stands beside the text"),
}
METRIC_WORDS: Final = {
    Metric.ACCURACY: N_("Share of right answers (accuracy)"),
    Metric.MACRO_F1: N_("All labels count the same (macro F1)"),
    Metric.MICRO_F1: N_("Each single label, passage or field counts (micro F1)"),
}
PARTITION_WORDS: Final = {
    Partition.POOL: N_("Pool"),
    Partition.DEV: N_("Development"),
    Partition.GOLD: N_("Gold set"),
}
FIELD_WORDS: Final = {
    FieldType.TEXT: N_("Text"),
    FieldType.NUMBER: N_("Number"),
    FieldType.DATE: N_("Date"),
    FieldType.CHOICE: N_("Choice"),
    FieldType.FLAG: N_("Yes or no"),
}
