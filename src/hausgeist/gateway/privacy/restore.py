# SPDX-License-Identifier: EUPL-1.2
"""Real words back into an answer as it streams: bursts with pseudonyms in, bursts as people read them out.

What could still become a pseudonym is held back, at most its length; everything else goes on at once, in its
order. A text without brackets passes after two looks. Pseudonyms in addresses and tags stay (see
``places``), and so do those that nobody has given; both are told by a ``Flagged``. Log probabilities
are dropped: they belong to tokens that the reader does not see.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from hausgeist.core.events import Burst, Delta, Event, Finished, Flagged, ToolCalled
from hausgeist.gateway.privacy import tokens
from hausgeist.gateway.privacy.persons import genitive
from hausgeist.gateway.privacy.places import Places

UNKNOWN: Final = "pseudonyms.unknown"
"""Rule of a ``Flagged``: the answer has a pseudonym that was never given."""
KEPT: Final = "pseudonyms.kept"
"""Rule of a ``Flagged``: a pseudonym stands where real words must not."""
FLAGS_MOST: Final = 20
"""Flags of one answer; what they count goes on."""

_OPEN = re.compile(r"\\{0,2}\[")
_BACKSLASHES = re.compile(r"\\{1,2}\Z")
_GENITIVE = re.compile(r"(?:['\u2019]?s)(?![^\W_])")
_UNDECIDED = frozenset({"", "s", "'", "\u2019", "'s", "\u2019s"})
_SINGLE = frozenset("([:")
"""Behind a single bracket these make it a link or a note."""

_NAME: Final = f"{tokens.NAME}_"
_MAIL = re.compile(rf"email_(\d{{1,6}})@{re.escape(tokens.MAIL)}", re.IGNORECASE)
_MAIL_LONGEST: Final = 12 + 1 + len(tokens.MAIL)

Language: TypeAlias = Literal["de", "en"]


class Decoder:
    """One text of one answer. ``values`` maps keys such as ``IBAN_1`` to what they stand for."""

    __slots__ = ("_flags", "_held", "_is_json", "_language", "_mail", "_places", "_size", "_values")

    def __init__(
        self,
        values: Mapping[str, str],
        language: Language,
        flags: list[Flagged],
        *,
        is_json: bool = False,
        mail: bool = False,
    ) -> None:
        self._values = values
        self._language = language
        self._flags = flags
        self._is_json = is_json
        self._mail = mail
        self._places = Places(is_json=is_json)
        self._held = ""
        self._size = 0

    def feed(self, text: str) -> str:
        """What may go on."""
        if not self._held and "[" not in text and text[-1:] != "\\" and not self._mail:
            self._places.passed(text)
            self._size += len(text)
            return text
        return self._work(self._held + text, last=False)

    def flush(self) -> str:
        """What was held back; the text ends here, or goes on elsewhere."""
        return self._work(self._held, last=True) if self._held else ""

    @property
    def holds(self) -> bool:
        """Whether anything is held back."""
        return bool(self._held)

    def _work(self, text: str, *, last: bool) -> str:
        out: list[str] = []
        at = 0
        hold = len(text)
        while (opened := _OPEN.search(text, at)) is not None:
            start = opened.start()
            match = tokens.TOKEN.match(text, start)
            if match is None:
                short = len(text) - start <= tokens.LONGEST
                if short and not last and tokens.may_become_one(text[start:]):
                    hold = start
                    break
                out.append(self._plain(text[at : opened.end()]))
                at = opened.end()
                continue
            rest = text[match.end() : match.end() + 3]
            if not last and self._is_undecided(match, rest):
                hold = start
                break
            out.append(self._plain(text[at:start]))
            instead, at = self._instead(match, text)
            out.append(instead)
        else:
            if not last:
                hold = self._tail(text, at)
        out.append(self._plain(text[at:hold]))
        self._held = text[hold:]
        return "".join(out)

    def _plain(self, text: str) -> str:
        """Words that are none of ours."""
        if not text:
            return text
        if self._mail:
            text = self._addresses(text)
        else:
            self._places.passed(text)
        self._size += len(text)
        return text

    def _addresses(self, text: str) -> str:
        """The text with real addresses for those that a schema wanted."""
        out: list[str] = []
        at = 0
        for match in _MAIL.finditer(text):
            self._places.passed(text[at : match.start()])
            value = self._values.get(f"EMAIL_{int(match[1])}")
            instead = match[0] if value is None or self._places.closed() else self._said(value)
            out += (text[at : match.start()], instead)
            at = match.end()
            self._places.passed("x")
        self._places.passed(text[at:])
        return "".join((*out, text[at:]))

    def _tail(self, text: str, at: int) -> int:
        """From where on the end of a text without brackets is held: a backslash, half of an address."""
        found = _BACKSLASHES.search(text, at)
        hold = found.start() if found else len(text)
        if self._mail:
            low = max(at, hold - _MAIL_LONGEST)
            while low < hold and not _begins_mail(text[low:hold].lower()):
                low += 1
            hold = low
        return hold

    def _is_undecided(self, match: re.Match[str], rest: str) -> bool:
        """Whether what follows decides how, or whether, to restore."""
        if not rest and match["double"] is None:
            return True
        if self._language != "de" or rest not in _UNDECIDED:
            return False
        key = tokens.key_of(match)
        return key is not None and key.rpartition("_")[0] in tokens.OF_PERSONS

    def _instead(self, match: re.Match[str], text: str) -> tuple[str, int]:
        """What goes on in the place of a match, and where the text goes on."""
        end = match.end()
        key = tokens.key_of(match)
        value = None if key is None else self._values.get(key)
        if value is None or (match["double"] is None and text[end : end + 1] in _SINGLE):
            if value is None and key is not None and match["double"] is not None:
                self._flag(UNKNOWN, len(match[0]))
            return self._passing(match[0]), end
        if self._places.closed():
            self._flag(KEPT, len(match[0]))
            return self._passing(match[0]), end
        if self._language == "de" and str(key).rpartition("_")[0] in tokens.OF_PERSONS:
            ending = _GENITIVE.match(text, end)
            if ending is not None:
                value, end = genitive(value), ending.end()
        said = self._said(value)
        self._places.passed("x")  # a word, whatever it is: it makes no link and no tag
        self._size += len(said)
        return said, end

    def _passing(self, text: str) -> str:
        """A pseudonym that stays: a word to whatever follows."""
        self._places.passed("x")
        self._size += len(text)
        return text

    def _said(self, value: str) -> str:
        return json.dumps(value, ensure_ascii=False)[1:-1] if self._is_json else value

    def _flag(self, rule: str, size: int) -> None:
        if len(self._flags) < FLAGS_MOST:
            self._flags.append(Flagged(rule, rule, "output", self._size, self._size + size))


class Restorer:
    """One answer.

    ``values`` maps keys to what they stand for, ``language`` decides about genitives. ``mail``: addresses
    may come as ``email_1@pseudonym.invalid``.
    """

    def __init__(
        self, values: Mapping[str, str], language: Language = "de", *, mail: bool = False
    ) -> None:
        self._values = values
        self._language: Language = language
        self._mail = mail
        self._flags: list[Flagged] = []
        self._text = Decoder(values, language, self._flags, mail=mail)
        self._thought = Decoder(values, language, [], mail=mail)
        self._arguments: dict[int, Decoder] = {}
        self._called = False

    def pass_on(self, burst: Burst) -> Burst:
        """What may go on of a burst; what could still become a pseudonym is held back."""
        out: Burst = []
        for event in burst:
            if type(event) is Delta:
                self._delta(event, out)
            elif isinstance(event, ToolCalled):
                self._tool(event, out)
            else:
                out += self.flush()
                out.append(self._ending(event) if isinstance(event, Finished) else event)
        if self._flags:
            out[-1:-1] = self._flags  # an end stays the last
            self._flags.clear()
        return out

    def flush(self) -> Burst:
        """What is held back: the answer ends here."""
        out: Burst = []
        self._flush_thought(out)
        self._flush_text(out)
        self._flush_tools(out)
        return out

    def _delta(self, event: Delta, out: Burst) -> None:
        if self._called:
            self._flush_tools(out)
        text, thought = event.text, event.reasoning
        if thought:
            self._flush_text(out)
            thought = self._thought.feed(thought)
        if (text or event.signature) and self._thought.holds:
            thought += self._thought.flush()
        if text:
            text = self._text.feed(text)
        if text is event.text and thought is event.reasoning and not event.logprobs:
            out.append(event)
        elif text or thought or event.signature:
            out.append(Delta(text, thought, (), event.signature))

    def _tool(self, event: ToolCalled, out: Burst) -> None:
        self._flush_thought(out)
        self._flush_text(out)
        self._called = True
        decoder = self._arguments.get(event.index)
        if decoder is None:
            decoder = self._arguments[event.index] = Decoder(
                self._values, self._language, self._flags, is_json=True, mail=self._mail
            )
        arguments = decoder.feed(event.arguments) if event.arguments else ""
        name = event.name
        if name.startswith(_NAME):
            name = self._values.get(name, name)
        if event.id or name or arguments or not event.arguments:
            out.append(replace(event, name=name, arguments=arguments))

    def _ending(self, event: Finished) -> Event:
        if event.stop_sequence is None:
            return event
        decoder = Decoder(self._values, self._language, [])
        return replace(event, stop_sequence=decoder.feed(event.stop_sequence) + decoder.flush())

    def _flush_text(self, out: Burst) -> None:
        if self._text.holds and (text := self._text.flush()):
            out.append(Delta(text))

    def _flush_thought(self, out: Burst) -> None:
        if self._thought.holds and (thought := self._thought.flush()):
            out.append(Delta(reasoning=thought))

    def _flush_tools(self, out: Burst) -> None:
        for index, decoder in self._arguments.items():
            if decoder.holds and (arguments := decoder.flush()):
                out.append(ToolCalled(index, arguments=arguments))
        self._called = False


def _begins_mail(tail: str) -> bool:
    """Whether lower-case text is the beginning of ``email_1@pseudonym.invalid``."""
    head, at, domain = tail.partition("@")
    if at:
        number = head.removeprefix("email_")
        begins = tokens.MAIL.startswith(domain) and domain != tokens.MAIL
        return number.isdigit() and head != number and begins
    return "email_".startswith(head) or (head.startswith("email_") and head[6:].isdigit())
