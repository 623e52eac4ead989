# SPDX-License-Identifier: EUPL-1.2
"""Heads of the tree as signed notes: C2SP signed-note and tlog-checkpoint, signed with Ed25519.

A note is text: origin, number of leaves and root (Base64) on a line each, an empty line, and a line
``— name key-id-and-signature``. The key is the house's (``signing``); origin and name come from
the public key, so that two houses never share one.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property

from hausgeist.signing import NotGenuine, SigningKey, check

_PURPOSE = b"hausgeist audit checkpoints 1"
_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class Head:
    """What a note says: ``size`` leaves have this root."""

    origin: str
    size: int
    root: bytes


class Notary:
    """Signs heads and knows its own. ``secret`` is the house's, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._signing = SigningKey(secret, _PURPOSE)

    @cached_property
    def name(self) -> str:
        """The name of the key, and the origin of the tree."""
        return f"hausgeist/{hashlib.sha256(self._signing.public).hexdigest()[:16]}"

    @property
    def key(self) -> str:
        """The key that checks notes, as C2SP writes it: name, key id and Base64, with plus signs between."""
        shown = base64.b64encode(_ED25519 + self._signing.public).decode()
        return f"{self.name}+{self._key_id.hex()}+{shown}"

    def signed(self, size: int, root: bytes) -> str:
        """The note over a head."""
        text = f"{self.name}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = self._key_id + self._signing.sign(text.encode())
        return f"{text}\n\u2014 {self.name} {base64.b64encode(signature).decode()}\n"

    def opened(self, note: str) -> Head | None:
        """What a note of this house says; None when it is none, or was changed."""
        text, _, signatures = note.replace("\r\n", "\n").partition("\n\n")
        text += "\n"
        head = parsed(text)
        mark = f"\u2014 {self.name} "
        for line in signatures.split("\n"):
            if head is None or head.origin != self.name or not line.startswith(mark):
                continue
            try:
                signature = base64.b64decode(line.removeprefix(mark), validate=True)
            except ValueError:
                continue
            if signature[:4] != self._key_id:
                continue
            try:
                check(self._signing.public, signature[4:], text.encode())
            except NotGenuine:
                continue
            return head
        return None

    @property
    def _key_id(self) -> bytes:
        named = self.name.encode() + b"\n" + _ED25519 + self._signing.public
        return hashlib.sha256(named).digest()[:4]


def parsed(text: str) -> Head | None:
    """The three lines of a head; None when they are none."""
    lines = text.split("\n")
    if len(lines) < 4 or not lines[1].isascii() or not lines[1].isdigit():
        return None
    try:
        root = base64.b64decode(lines[2], validate=True)
    except ValueError:
        return None
    if len(root) != hashlib.sha256().digest_size or len(lines[1]) > 18:
        return None
    return Head(lines[0], int(lines[1]), root)
