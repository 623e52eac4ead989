# SPDX-License-Identifier: EUPL-1.2
"""Secrets of machines and people: keys with a known prefix, tokens, private keys, passwords behind a word.

A long hexadecimal number alone is a checksum as often as a key: it counts behind a word only.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hausgeist.core.findings import Finding, Kind
from hausgeist.gateway.privacy.identifiers.page import Page, pattern

_PREFIXED = pattern(
    r"(?:sk|pk|rk)[-_](?:live|test|proj|ant|or|svcacct|admin)?[-_A-Za-z0-9]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{18,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}"
    r"|ya29\.[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,60}|SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{30,60}"
    r"|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|dop_v1_[a-f0-9]{64}|shpat_[a-fA-F0-9]{32}"
    r"|hg-[A-Za-z0-9_-]{20,100}|gsk_[A-Za-z0-9]{40,80}|r8_[A-Za-z0-9]{30,50}|AGE-SECRET-KEY-1[A-Z0-9]{50,70}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{10,}"
    r"|EAA[A-Za-z0-9]{60,}|[0-9]{8,10}:AA[A-Za-z0-9_-]{32,34}|whsec_[A-Za-z0-9+/=]{24,60}"
)
_BEGIN = pattern(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = b"-----END "
_BLOCK_MOST = 20_000
_IN_URL = pattern(r"[a-z][a-z0-9+.-]{1,20}://[^\s:/@]{0,64}:([^\s/@]{1,128})@", any_case=True)
_BEARER = pattern(r"(?:Bearer|Basic|Token) +([A-Za-z0-9._~+/=-]{16,})", any_case=True)
_ASSIGNED = pattern(
    r"[\"']?[^\S\n]{0,3}(?:[:=]{1,2}>?|lautet(?:e)?:?|ist:?|is:?|->)[^\S\n]{0,4}(?:\n[^\S\n]{0,4})?([\"'`«]?)([^\s\"'`»]{4,256})",
    any_case=True,
)
_CODE = pattern(r"(?:[:= ]{1,3}|:? (?:lautet|ist):? )([0-9]{3,8})", any_case=True)
_CODES = ("pin", "puk", "tan", "cvc", "cvv", "code", "nummer")
_SPECIAL = frozenset("!?#$%&*+@^~_-=/\\|<>.:,;")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Whatever opens a door."""

    name: ClassVar[str] = "secret"
    kinds: ClassVar[frozenset[Kind]] = frozenset({Kind.SECRET})
    anchors: ClassVar[tuple[str, ...]] = (
        *("passwort", "kennwort", "password", "passwd", "pwd", "pw", "zugangscode", "zugangsdaten"),
        *("api-key", "api_key", "apikey", "api key", "api-schlüssel", "secret", "client_secret"),
        *("client-secret", "access_token", "access token", "token", "geheimnis", "passphrase"),
        *("wlan-schlüssel", "wlan-passwort", "wpa-schlüssel", "netzwerkschlüssel", "pin", "puk"),
        *("tan", "freischaltcode", "aktivierungscode", "private key", "secret_key", "secret key"),
        *("access_key", "aws_secret_access_key", "auth_token", "initialpasswort", "masterpasswort"),
        *("einmalpasswort", "sicherheitscode", "cvc", "cvv", "prüfziffer der karte", "zugangspin"),
        *("startpasswort", "passcode", "db_password", "smtp_password", "pass", "entsperrcode"),
    )

    def find(self, page: Page) -> Iterator[Finding]:
        """Secrets."""
        for match in _PREFIXED.finditer(page.data):
            start, end = match.span()
            if page.alone(start, end) and _varied(page.plain(start, end)):
                yield Finding(start, end, Kind.SECRET, "secret.prefix", certain=True)
        yield from _blocks(page)
        for expression, rule in ((_IN_URL, "secret.url"), (_BEARER, "secret.bearer")):
            for match in expression.finditer(page.data):
                start, end = match.span(1)
                if rule == "secret.url" or _varied(page.plain(start, end)):
                    yield Finding(start, end, Kind.SECRET, rule, certain=True)
        for start, _ in page.anchored(self.name, 1):
            word = page.plain(max(0, start - 6), start).lower()
            code = _CODE.match(page.data, start) if word.endswith(_CODES) else None
            if code is not None and page.alone(*code.span(1)):
                begin, end = code.span(1)
                yield Finding(begin, end, Kind.SECRET, "secret.anchor", certain=True)
            elif (found := _ASSIGNED.match(page.data, start)) is not None:
                yield from _password(page, found.span(2), quoted=bool(found.group(1)))


def _blocks(page: Page) -> Iterator[Finding]:
    """Private keys from their first line to their last, or as far as one can reach."""
    place = 0
    while (match := _BEGIN.search(page.data, place)) is not None:
        start, place = match.span()
        last = page.data.find(_END, place, place + _BLOCK_MOST)
        close = page.data.find(b"-----", last + len(_END), last + 80) if last >= 0 else -1
        end = close + 5 if close >= 0 else min(place + _BLOCK_MOST, len(page.data))
        yield Finding(start, end, Kind.SECRET, "secret.private_key", certain=True)
        place = end


def _password(page: Page, span: tuple[int, int], *, quoted: bool) -> Iterator[Finding]:
    """What is given behind a word for a password, if it does not read like a word of the sentence."""
    start, end = span
    text = page.plain(start, end)
    while text and text[-1] in ".,;)]}>":
        text = text[:-1]
    if len(text) < 4 or text.startswith(("[[", "***", "...", "<", "{{", "${", "xxx", "XXX")):
        return
    kinds = (
        any(letter.isdigit() for letter in text),
        any(letter.isupper() for letter in text[1:]) and any(letter.islower() for letter in text),
        any(letter in _SPECIAL for letter in text[1:-1]),
        entropy(text) * len(text) >= 45,
    )
    if quoted or any(kinds):
        yield Finding(start, start + len(text), Kind.SECRET, "secret.anchor", certain=True)


def _varied(text: str) -> bool:
    """Whether a key is more than a placeholder such as sk-xxxxxxxx."""
    return len(set(text)) >= 8 and entropy(text) >= 2.5


def entropy(text: str) -> float:
    """Bits a character (Shannon), by how often each character occurs in the text."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values())
