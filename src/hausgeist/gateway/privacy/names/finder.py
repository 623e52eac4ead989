# SPDX-License-Identifier: EUPL-1.2
"""A text in, its persons, addresses and dates of birth out. Everything here is linear in the text."""

from typing import Self

from hausgeist.core.findings import Finding
from hausgeist.gateway.privacy.names.anchors import anchored
from hausgeist.gateway.privacy.names.spreading import spread_tokens
from hausgeist.gateway.privacy.names.tokens import tokens_of


class Names:
    """Finds names. Holds no text between two calls."""

    @classmethod
    def load(cls) -> Self:
        """Read and check what ships with the package; needs files, which ``find`` does not."""
        return cls()

    def find(self, text: str) -> list[Finding]:
        """Persons, addresses and dates of birth, in order, not overlapping."""
        tokens = tokens_of(text)
        persons = list(anchored(tokens))
        values = [text[one.start : one.end] for one in persons]
        taken = {place for one in persons for place in range(one.start, one.end)}
        later = (
            one
            for one in spread_tokens(values, text, tokens)
            if taken.isdisjoint(range(one.start, one.end))
        )
        return sorted([*persons, *later], key=lambda one: one.start)
