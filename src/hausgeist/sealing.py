# SPDX-License-Identifier: EUPL-1.2
"""Secrets at rest: sealed with a key derived from the house's secret, bound to what they belong to.

AES-256-GCM (NIST SP 800-38D) under a key by HKDF-SHA-256 (RFC 5869). What a secret is bound to is
authenticated with it: sealed bytes moved to another row, or to a row that now leads elsewhere, open no more.
"""

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class SealBroken(Exception):
    """Sealed with another secret, for something else, or changed since. Whoever opens says what it means."""


class Seal:
    """Seals and opens. ``secret`` is the house's, 32 bytes; ``purpose`` keeps uses of it apart."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        self._secret = secret
        self._purpose = purpose

    def seal(self, plain: bytes, bound: str) -> bytes:
        """Nonce and cipher text."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher().encrypt(nonce, plain, bound.encode())

    def open(self, sealed: bytes, bound: str) -> bytes:
        """What was sealed.

        Raises:
            SealBroken: it does not open.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  10 MB, only where secrets are

        try:
            return self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken from error

    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above

        key = HKDF(SHA256(), 32, salt=None, info=self._purpose).derive(self._secret)
        return AESGCM(key)
