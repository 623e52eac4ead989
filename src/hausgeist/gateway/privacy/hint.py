# SPDX-License-Identifier: EUPL-1.2
"""What a model is told of pseudonyms: one line, which of them there are and that they stay as they are.

A call that is veiled flows in, the same call with the line in its system message flows out. Bare prompts
have no place for it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from hausgeist.core.calls import Call
from hausgeist.core.messages import Message, Text, text_message
from hausgeist.gateway.privacy import tokens
from hausgeist.gateway.privacy.restore import Language

_TOLD_MOST: Final = 40
"""Pseudonyms that are listed; of more, the model sees the text."""
_READ_MOST: Final = 2000
"""Characters of a question by which its language is told."""

_LINE: Final = {
    "de": "Ausdrücke wie {tokens} sind Platzhalter für Namen und Angaben, die das Haus nicht verlassen. "
    "Übernimm sie unverändert, mit doppelten Klammern und Nummer, und erfinde keine neuen. Gleiche Nummern "
    "bei VORNAME und NACHNAME bezeichnen dieselbe Person. Im Genitiv folgt ein s: [[NACHNAME_1]]s.",
    "en": "Expressions such as {tokens} are placeholders for names and details that stay in the house. "
    "Keep them unchanged, with double brackets and number, and invent no others. VORNAME is a first name, "
    "NACHNAME a surname; equal numbers mean the same person.",
}
_MAIL: Final = {
    "de": " Wo ein Feld eine E-Mail-Adresse verlangt, schreibe statt [[EMAIL_1]]: email_1@{domain}.",
    "en": " Where a field wants an e-mail address, write instead of [[EMAIL_1]]: email_1@{domain}.",
}

_GERMAN = frozenset(
    "der die das und ist ich nicht ein eine einen mit für auf von zu den dem des im bitte wie was sie wir"
    " schreibe sehr geehrte geehrter auch bei wird oder als an um über hat sind".split()
)
_ENGLISH = frozenset(
    "the and is of to you a in that for please with what how this are write dear your my it on be or as"
    " from by have an at we i".split()
)
_WORD = re.compile(r"[^\W\d_]+")


def told(call: Call, used: Iterable[str], language: Language, *, mail: bool) -> Call:
    """The call with the line, if any pseudonyms are ``used`` in it."""
    if not call.messages:
        return call
    listed = list(dict.fromkeys(map(tokens.written, used)))
    if not listed:
        return call
    more = " …" if len(listed) > _TOLD_MOST else ""
    line = _LINE[language].format(tokens=", ".join(listed[:_TOLD_MOST]) + more)
    if mail:
        line += _MAIL[language].format(domain=tokens.MAIL)
    first, *rest = call.messages
    if first.role != "system":
        return replace(call, messages=(text_message("system", line), *call.messages))
    merged = Message(role="system", parts=(*first.parts, Text(f"\n\n{line}")), name=first.name)
    return replace(call, messages=(merged, *rest))


def language_of(call: Call) -> Language:
    """The language of the newest question, else the person's."""
    text = next(
        (message.text for message in reversed(call.messages) if message.role == "user"),
        call.prompt.text if call.prompt is not None else "",
    )
    words = [word.lower() for word in _WORD.findall(text[:_READ_MOST])]
    german, english = (sum(word in known for word in words) for known in (_GERMAN, _ENGLISH))
    if german != english:
        return "de" if german > english else "en"
    return "en" if call.principal.locale == "en" else "de"


def wants_mail(call: Call) -> bool:
    """Whether a schema of the call wants values that are e-mail addresses."""
    schemas = [tool.parameters for tool in call.tools]
    if call.format is not None and call.format.schema is not None:
        schemas.append(call.format.schema)
    return any('"email"' in schema and '"format"' in schema for schema in schemas)
