# SPDX-License-Identifier: EUPL-1.2
"""What the house signs: receipts of erasures, reports of what left, heads of the audit tree.

In: the house's secret and a purpose, or a public key; out: Ed25519 signatures (RFC 8032), and whether one
is genuine. The key of a purpose comes from the secret by HKDF-SHA-256 (RFC 5869). Documents are JSON objects
that name their format and public key; signed is their canonical JSON (sorted keys, no white space, UTF-8)
without the ``signature``. What a document says is its owner's business.
"""

import base64
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Document = dict[str, Any]


class NotGenuine(Exception):
    """It was changed, or another key signed it. Whoever checks says what it means."""


class SigningKey:
    """Signs. ``secret`` is the house's, 32 bytes; ``purpose`` keeps uses of it apart."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._secret = secret
        self._purpose = purpose

    @cached_property
    def public(self) -> bytes:
        """The key that checks signatures, 32 bytes."""
        return self._private().public_key().public_bytes_raw()

    @property
    def public_text(self) -> str:
        """``public`` in Base64."""
        return base64.b64encode(self.public).decode()

    def sign(self, data: bytes) -> bytes:
        """The signature, 64 bytes."""
        return self._private().sign(data)

    def signed(self, values: Document, form: str) -> Document:
        """The document with format, public key and signature."""
        document = {**values, "format": form, "public_key": self.public_text}
        signature = self.sign(canonical(document))
        return {**document, "signature": base64.b64encode(signature).decode()}

    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  10 MB, seldom needed
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above

        seed = HKDF(SHA256(), 32, salt=None, info=self._purpose).derive(self._secret)
        return Ed25519PrivateKey.from_private_bytes(seed)


def check(public: bytes, signature: bytes, data: bytes) -> None:
    """Check a signature with a public key of 32 bytes.

    Raises:
        NotGenuine: it does not belong to these bytes and this key.
        ValueError: the key is none.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  10 MB, seldom needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  as above
        Ed25519PublicKey,
    )

    key = Ed25519PublicKey.from_public_bytes(public)
    try:
        key.verify(signature, data)
    except InvalidSignature as error:
        raise NotGenuine from error


def check_document(public: bytes, document: Document) -> None:
    """Check a signed document. Raises as ``check``."""
    unsigned = {name: value for name, value in document.items() if name != "signature"}
    try:
        signature = base64.b64decode(str(document.get("signature", "")), validate=True)
    except ValueError as error:
        raise NotGenuine from error
    check(public, signature, canonical(unsigned))


def canonical(document: Document) -> bytes:
    """What is signed."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def as_text(document: Document) -> str:
    """A document as it is handed out, for people and programs."""
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def parsed(text: str, form: str) -> Document | None:
    """The document that a text holds; None if it is none of this format."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("format") == form else None
