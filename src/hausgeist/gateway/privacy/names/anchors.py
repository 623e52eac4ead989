# SPDX-License-Identifier: EUPL-1.2
"""Persons by the words beside them: salutations, labels of forms, closing lines. Tokens in, findings out.

Titles and salutations stay outside the span. Whether a word is a name is judged by its form here, and
by what it is not; lists of names only help to see where one ends.
"""

from collections.abc import Iterator

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.names.tokens import Tokens

_SALUTATIONS = frozenset(
    "Herr Herrn Frau Hr. Fr. Hrn. Familie Fam. Eheleute Mr Mr. Mrs Mrs. Ms Ms.".split()
)
_TITLES = frozenset(
    "Dr. Prof. Professor Professorin Dipl. Ing. med. jur. phil. rer. nat. Mag. h. c. dent.".split()
)


def anchored(tokens: Tokens) -> Iterator[Finding]:
    """Persons behind a salutation, in order."""
    words = tokens.words
    for place, word in enumerate(words):
        if word in _SALUTATIONS:
            first = place + 1
            while first < len(words) and words[first] in _TITLES:
                first += 1
            last = first
            while last < len(words) and last < first + 2 and words[last][0].isupper():
                last += 1
            if last > first:
                yield Finding(
                    tokens.starts[first],
                    tokens.ends[last - 1],
                    Kind.PERSON,
                    "names.salutation",
                    certain=True,
                )
