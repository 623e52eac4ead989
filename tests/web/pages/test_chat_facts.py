# SPDX-License-Identifier: EUPL-1.2
"""What is said of how an answer came about."""

import pytest

from hausgeist.core.messages import Text
from hausgeist.store.chats import Said
from hausgeist.web.pages.chat_facts import table_of


@pytest.mark.parametrize(
    ("about", "words"),
    [({"imported": "ChatGPT"}, "not known here: it was imported from ChatGPT"), ({}, "nowhere")],
)
def test_of_what_was_imported_nothing_is_claimed(about, words):
    """An answer from elsewhere was sent somewhere; only one of the house that failed was not."""
    said = Said(
        id="m",
        parent_id=None,
        role="assistant",
        parts=(Text("Vier Wochen."),),
        created_at=1,
        model="gpt-4o",
        about=about,
    )
    where = dict(table_of(said, "gpt-4o", "en"))["Where"]
    assert where.startswith(words)
