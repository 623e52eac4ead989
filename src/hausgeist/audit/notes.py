# SPDX-License-Identifier: EUPL-1.2
"""Heads of the tree as signed notes: C2SP signed-note and tlog-checkpoint, signed with Ed25519.

A note is text: origin, number of leaves and root (Base64) on a line each, an empty line, and a line
``— name key-id-and-signature``. The key comes from the house's secret by HKDF-SHA-256 (RFC 5869), as that
of receipts does; origin and name come from the public key, so that two houses never share one.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_INFO = b"hausgeist audit checkpoints 1"
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
        self._secret = secret

    @cached_property
    def name(self) -> str:
        """The name of the key, and the origin of the tree."""
        return f"hausgeist/{hashlib.sha256(self._public).hexdigest()[:16]}"

    @property
    def key(self) -> str:
        """The key that checks notes, as C2SP writes it: name, key id and Base64, with plus signs between."""
        shown = base64.b64encode(_ED25519 + self._public).decode()
        return f"{self.name}+{self._key_id.hex()}+{shown}"

    def signed(self, size: int, root: bytes) -> str:
        """The note over a head."""
        text = f"{self.name}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = self._key_id + self._private().sign(text.encode())
        return f"{text}\n\u2014 {self.name} {base64.b64encode(signature).decode()}\n"

    def opened(self, note: str) -> Head | None:
        """What a note of this house says; None when it is none, or was changed."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  10 MB, seldom needed

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
                self._private().public_key().verify(signature[4:], text.encode())
            except InvalidSignature:
                continue
            return head
        return None

    @cached_property
    def _public(self) -> bytes:
        return self._private().public_key().public_bytes_raw()

    @property
    def _key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self._public).digest()[:4]

    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  as above
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above

        seed = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(self._secret)
        return Ed25519PrivateKey.from_private_bytes(seed)


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
