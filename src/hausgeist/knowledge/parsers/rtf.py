# SPDX-License-Identifier: EUPL-1.2
"""RTF: bytes in, its words out. Formats, pictures and embedded objects are dropped."""

import re

from hausgeist.errors import FileWithoutText
from hausgeist.knowledge.parsers.kinds import RTF
from hausgeist.knowledge.parsers.read import Lines, Read

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)",
    re.IGNORECASE,
)
_DROPPED = frozenset(
    "fonttbl colortbl datastore themedata stylesheet info pict object listtable rsidtbl generator "
    "listoverridetable xmlnstbl latentstyles header footer headerl headerr footerl footerr "
    "colorschememapping mmathPr fldinst".split()
)
_WORDS = {
    **dict.fromkeys(("par", "line", "sect", "page", "row"), "\n"),
    **dict.fromkeys(("tab", "cell"), "\t"),
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
}
_SIGNS = {"~": " ", "_": "-", "-": ""}


def read(payload: bytes) -> Read:
    """The words of a document.

    Raises:
        FileWithoutText: there are none.
    """
    lines = Lines()
    lines.add(_words(payload.decode("latin-1")))
    result = lines.finish(Read(media=RTF))
    if not result.text:
        raise FileWithoutText
    return result


class _Reader:
    """Goes through the tokens once; groups nest as deep as they like, without recursion."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._groups: list[tuple[bool, int]] = []
        self._dropped = False
        self._follows = 1  # letters after a letter by number, for those who know no such letters
        self._skip = 0

    def take(self, token: re.Match[str]) -> None:
        """One token."""
        word, number, code, sign, brace, plain = token.groups()
        if brace == "{":
            self._groups.append((self._dropped, self._follows))
        elif brace == "}":
            self._dropped, self._follows = self._groups.pop() if self._groups else (False, 1)
        elif sign == "*" or word in _DROPPED:
            self._dropped = True
        elif word == "uc":
            self._follows = min(abs(int(number or 1)), 8)
        elif not self._dropped:
            self._write(word, number, code, sign, plain)

    def _write(self, word: str, number: str, code: str, sign: str, plain: str) -> None:
        if word == "u" and number:
            self.parts.append(chr(int(number) % 65536))
            self._skip = self._follows
        elif word:
            self.parts.append(_WORDS.get(word, ""))
        elif code and self._skip:
            self._skip -= 1
        elif code:
            self.parts.append(bytes([int(code, 16)]).decode("cp1252", "replace"))
        elif sign:
            self.parts.append(_SIGNS.get(sign, sign))
        elif plain:
            self.parts.append(plain[self._skip :])
            self._skip = max(0, self._skip - len(plain))


def _words(source: str) -> str:
    reader = _Reader()
    for token in _TOKEN.finditer(source):
        reader.take(token)
    # letters beyond the first plane come as two halves
    return "".join(reader.parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
