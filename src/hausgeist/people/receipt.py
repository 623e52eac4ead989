# SPDX-License-Identifier: EUPL-1.2
"""The receipt of an erasure: what was erased, what stays and why, when, signed by the house.

The house keeps no copy: it would name the person. Signed with Ed25519 (RFC 8032) under a key derived
from the house's secret by HKDF-SHA-256 (RFC 5869), over the receipt as canonical JSON (sorted keys, no
white space, UTF-8) without its ``signature``. The public key is in the receipt and on the house's page.
"""

import base64
import json
from typing import TYPE_CHECKING, Any

from hausgeist.errors import N_, BadUpload

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = "hausgeist-erasure-receipt/1"
MOST = 64 * 1024
"""Bytes of a receipt."""
_INFO = b"hausgeist erasure receipts 1"

Receipt = dict[str, Any]


class Signer:
    """Signs receipts and knows its own. ``secret`` is the house's, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def public_key(self) -> str:
        """The key that checks signatures: 32 bytes in Base64."""
        return base64.b64encode(self._key().public_key().public_bytes_raw()).decode()

    def signed(self, values: Receipt) -> Receipt:
        """The receipt with format, public key and signature."""
        receipt = {**values, "format": FORMAT, "public_key": self.public_key()}
        signature = self._key().sign(_canonical(receipt))
        return {**receipt, "signature": base64.b64encode(signature).decode()}

    def verified(self, text: str) -> Receipt:
        """A receipt of this house, unchanged.

        Raises:
            BadUpload: it is no receipt, was changed, or is of another house.
        """
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  10 MB, seldom needed

        receipt, signature = _parsed(text)
        try:
            self._key().public_key().verify(signature, _canonical(receipt))
        except InvalidSignature:
            raise BadUpload(
                reason=N_("it is not as this house has signed it, or another house has")
            ) from None
        return receipt

    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  as above
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above

        seed = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(self._secret)
        return Ed25519PrivateKey.from_private_bytes(seed)


def as_text(receipt: Receipt) -> str:
    """A receipt as people keep it."""
    return json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _parsed(text: str) -> tuple[Receipt, bytes]:
    """The receipt without its signature, and the signature.

    Raises:
        BadUpload: it is none.
    """
    no_receipt = BadUpload(reason=N_("it is no receipt of an erasure"))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise no_receipt from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise no_receipt
    try:
        signature = base64.b64decode(str(found.pop("signature", "")), validate=True)
    except ValueError:
        raise no_receipt from None
    return found, signature


def _canonical(receipt: Receipt) -> bytes:
    return json.dumps(receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
