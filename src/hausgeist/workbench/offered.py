# SPDX-License-Identifier: EUPL-1.2
"""Answers that a prompt offers in a list, such as "Bau, Verkehr oder Kita": labels, and nobody's names.

A lone label often looks like a name to a detector ("Kita"), and a masked label would be no label any more.
What an answer consists of, the prompt lists, and the detectors doubt where it is listed, is let stand.
What they are sure of, and what a check digit vouches for, is hidden all the same.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from hausgeist.core.findings import Examination, Finding

DOUBTFUL: Final = 0.5
"""A guess below this score, in the context of the list."""
LONGEST: Final = 80
MOST: Final = 50
_AROUND: Final = " \t\r\n\"'`*.\u201e\u201c\u201d\u201a\u2018\u2019\u00ab\u00bb"
_LISTED: Final = re.compile(r"[,;\n]")
_BEFORE: Final = r"(?:[,;|/(\[{:\"'\u201e\u00bb\n*-]|\boder|\bor|\bund|\band)\s*"
_AFTER: Final = r"\s*(?:[,;|/)\]}.\"'\u201c\u00ab\n:]|oder\b|or\b|und\b|and\b|$)"


def judged(
    found: Examination, texts: Sequence[str], schema: str, constant: str = ""
) -> Examination:
    """The findings that count in a call: without doubted words of the instructions, and offered answers.

    ``texts``: system text, message, answer. ``constant``: what is known to stay the same in the prompt.
    """
    system, said, _ = texts
    findings = dict(found.findings)
    if system:
        findings[system] = tuple(
            one for one in findings.get(system, ()) if not _instructs(one, system, said)
        )
    elif said:
        findings[said] = tuple(
            one for one in findings.get(said, ()) if one.start > 0 or not _alone(one, said)
        )
    left = Examination(findings)
    return left.without(labels_in(left, texts, schema, constant))


def _instructs(one: Finding, system: str, said: str) -> bool:
    """Whether a guess on a word of the instructions is none: "Antworte", "Classify", "You are".

    Instructions are the program's own, the same for every call. A single word that is doubted, or that is
    written with a capital letter as a sentence begins with it, is let stand, unless the message has it too.
    """
    if not _alone(one, system) or system[one.start : one.end] in said:
        return False
    before = system[: one.start].rstrip(" \t\"'*-")
    return one.score < DOUBTFUL or not before or before[-1] in ".!?:\n"


def _alone(one: Finding, text: str) -> bool:
    """Whether it is a guess on a single word."""
    return not one.certain and len(text[one.start : one.end].split()) == 1


def labels_in(
    found: Examination, texts: Sequence[str], schema: str, constant: str = ""
) -> set[str]:
    """What the prompt offers as an answer; lower case, single blanks, as ``Examination.without`` takes it.

    ``texts``: what was asked, the answer last. ``constant``: what is known to stay the same in the prompt.
    """
    *asked, answer = texts
    labels = set()
    for words in _words(answer):
        if any(_listed(text, words) for text in asked) or json.dumps(words) in schema:
            labels.add(_plain(words))
    offers = bool(labels)
    for text in asked:
        for one in found.findings.get(text, ()):
            words = text[one.start : one.end]
            if words in constant or (offers and _listed(text, words)):
                labels.add(_plain(words))
    return labels - _sure(found, asked)


def _plain(words: str) -> str:
    return " ".join(words.split()).lower()


def _sure(found: Examination, asked: Iterable[str]) -> set[str]:
    """What the detectors do not doubt somewhere in what was asked."""
    return {
        _plain(text[one.start : one.end])
        for text in asked
        for one in found.findings.get(text, ())
        if one.certain or one.score >= DOUBTFUL
    }


def _listed(text: str, words: str) -> bool:
    """Whether a text has the words between the signs of a list."""
    if words not in text:
        return False
    return re.search(_BEFORE + re.escape(words) + _AFTER, text) is not None


def _words(answer: str) -> list[str]:
    """What an answer consists of: the words, the parts of a list, the strings in JSON."""
    try:
        parts = list(_leaves(json.loads(answer)))
    except (ValueError, RecursionError):
        parts = [answer, *_LISTED.split(answer)]
    found = (part.strip(_AROUND) for part in parts)
    return [one for one in dict.fromkeys(found) if 0 < len(one) <= LONGEST][:MOST]


def _leaves(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _leaves(one)
