# SPDX-License-Identifier: EUPL-1.2
"""Why a row of a file did not come in, or not as it stands: words of the catalogue."""

from typing import Final

from hausgeist.errors import N_

REASONS: Final = {
    "empty": N_("the text is empty"),
    "duplicate": N_("the text is there already"),
    "duplicate_label": N_("the text was there already; its label was taken over"),
    "conflict": N_(
        "the text is there already with another label; both are kept, and people decide"
    ),
    "rejected": N_("the other tool says: rejected; the text came in without an answer"),
    "ignored": N_("the other tool says: passed over; the text came in without an answer"),
    "too_long": N_("the text is longer than a million characters"),
    "row_too_long": N_("the row is longer than 8 MB"),
    "quotes": N_("a quotation mark is opened and never closed"),
    "columns": N_("the row has more cells than the table has columns"),
    "not_json": N_("it is no JSON object"),
    "no_text": N_("the column of the texts is missing"),
    "not_text": N_("the file is no text file (.txt, .md)"),
    "unreadable": N_("the file in the archive cannot be read"),
    "label_unknown": N_("taken without its label: the task does not have it"),
    "labels_several": N_("taken without its labels: the task takes exactly one"),
    "span_outside": N_("taken without its passages: one lies outside the text"),
    "span_overlap": N_("taken without its passages: two overlap"),
    "gold": N_("the text is in the gold set, which people answer blind; its label was not taken"),
}
