# SPDX-License-Identifier: EUPL-1.2
"""The ladder: which kinds of students there are, for which tasks, and where each is made.

Nothing heavy is loaded here: pages and the command line read this table, a child process loads the modules.
"""

from dataclasses import dataclass
from importlib.util import find_spec

from hausgeist.core.tasks import TaskKind
from hausgeist.errors import N_

_LABELS = frozenset({TaskKind.SINGLE, TaskKind.MULTI})
_SPANS = frozenset({TaskKind.SPANS})
_RECORDS = frozenset({TaskKind.RECORD})
_PASSAGES = _SPANS | _RECORDS


@dataclass(frozen=True, slots=True)
class Rung:
    """One kind of student. ``place``: ``module:attribute`` of its ``Trainer``.

    ``trained`` is whether examples make it better (rules and such are only measured); ``needs`` names the
    extra of the package that it takes, ``modules`` what that brings; empty: none. ``dear``: it trains for
    minutes to hours, so nothing is trained beside it only to compare.
    """

    name: str
    title: str
    kinds: frozenset[TaskKind]
    place: str
    trained: bool = True
    needs: str = ""
    modules: tuple[str, ...] = ()
    dear: bool = False

    @property
    def there(self) -> bool:
        """Whether what it takes is installed here."""
        return all(find_spec(one) is not None for one in self.modules)


BASE = "base"
"""The rung that takes a base from the house's shelf (``bases.shelf``)."""
_HERE = "hausgeist.training.trainers"

RUNGS: dict[str, Rung] = {
    one.name: one
    for one in (
        Rung(
            "majority",
            N_("The most frequent answer"),
            _LABELS,
            f"{_HERE}.majority:MAJORITY",
        ),
        Rung(
            "rules",
            N_("Rules"),
            _LABELS | _PASSAGES,
            "hausgeist.training.rules.trainer:RULES",
            trained=False,
        ),
        Rung("words", N_("Words and letters"), _LABELS, f"{_HERE}.linear:WORDS"),
        Rung("meaning", N_("Meaning of sentences"), _LABELS, f"{_HERE}.linear:MEANING"),
        Rung(
            "both",
            N_("Words, letters and meaning"),
            _LABELS,
            f"{_HERE}.linear:BOTH",
        ),
        Rung("crf", N_("Words and their neighbours"), _SPANS, f"{_HERE}.crf:CRF"),
        Rung(
            "crf_meaning",
            N_("Words, their neighbours and what they mean"),
            _SPANS,
            f"{_HERE}.crf:MEANT",
        ),
        Rung(
            "spacy",
            N_("spaCy, trained from nothing"),
            _LABELS | _SPANS,
            f"{_HERE}.spacy_blank:SPACY",
            needs="spacy",
            modules=("spacy",),
        ),
        Rung(
            BASE,
            N_("A base of the house, trained further"),
            _LABELS | _SPANS,
            f"{_HERE}.tuned:TUNED",
            needs="base",
            modules=("torch", "tokenizers", "safetensors"),
            dear=True,
        ),
        Rung("fields", N_("Fields by words and rules"), _RECORDS, f"{_HERE}.records:FIELDS"),
    )
}
"""By name, the simplest first."""

DEFAULT: dict[TaskKind, tuple[str, ...]] = {
    TaskKind.SINGLE: ("majority", "words", "meaning", "both"),
    TaskKind.MULTI: ("majority", "words", "meaning", "both"),
    TaskKind.SPANS: ("crf",),
    TaskKind.RECORD: ("fields",),
}
"""What is trained when nobody says otherwise; the last is the candidate."""
