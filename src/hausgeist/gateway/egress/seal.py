# SPDX-License-Identifier: EUPL-1.2
"""Signs reports of what left, and says whether one is genuine; also with nothing but the public key.

Ed25519 (RFC 8032) under a key derived from the house's secret by HKDF-SHA-256 (RFC 5869), over the report as
canonical JSON (sorted keys, no white space, UTF-8) without its ``signature``.
"""

import base64
import json
from typing import TYPE_CHECKING, Any

from hausgeist.errors import N_, BadUpload

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT = "hausgeist-egress-report/1"
MOST = 8 * 1024 * 1024
"""Bytes of a report."""
_INFO = b"hausgeist egress reports 1"

Report = dict[str, Any]


class Sealer:
    """Signs. ``secret`` is the house's, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def public_key(self) -> str:
        """The key that checks signatures: 32 bytes in Base64."""
        return base64.b64encode(self._key().public_key().public_bytes_raw()).decode()

    def signed(self, values: Report) -> tuple[str, str]:
        """The report with format and public key as canonical JSON, and its signature in Base64."""
        body = canonical({**values, "format": FORMAT, "public_key": self.public_key()})
        return body.decode(), base64.b64encode(self._key().sign(body)).decode()

    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  10 MB, seldom needed
            Ed25519PrivateKey,
        )
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above

        seed = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(self._secret)
        return Ed25519PrivateKey.from_private_bytes(seed)


def canonical(report: Report) -> bytes:
    """What is signed."""
    return json.dumps(report, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def as_text(body: str, signature: str) -> str:
    """A report as it is handed out: JSON for people and programs, its signature in it."""
    whole = {**json.loads(body), "signature": signature}
    return json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def verified(text: str, public_key: str) -> Report:
    """A report that the owner of a public key has signed, unchanged.

    Raises:
        BadUpload: it is none, was changed, or was signed with another key.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  as above
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415  as above
        Ed25519PublicKey,
    )

    report, signature = _parsed(text)
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
    except ValueError:
        raise BadUpload(reason=N_("the public key is none")) from None
    try:
        key.verify(signature, canonical(report))
    except InvalidSignature:
        raise BadUpload(reason=N_("it was changed, or another house has signed it")) from None
    return report


def _parsed(text: str) -> tuple[Report, bytes]:
    no_report = BadUpload(reason=N_("it is no report of what left the house"))
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise no_report from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise no_report
    try:
        signature = base64.b64decode(str(found.pop("signature", "")), validate=True)
    except ValueError:
        raise no_report from None
    return found, signature
