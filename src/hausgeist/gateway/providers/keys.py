# SPDX-License-Identifier: EUPL-1.2
"""Providers' keys at rest: sealed with a key derived from the house's secret, bound to one server.

AES-256-GCM (NIST SP 800-38D) under a key by HKDF-SHA-256 (RFC 5869). The provider's id and the origin of
its address are authenticated with it: a sealed key moved to another row, or a row whose address was
changed to another server, opens no more.
"""

import secrets
from typing import TYPE_CHECKING

from hausgeist.errors import N_, InvalidField, SetupError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_INFO = b"hausgeist provider keys 1"
_NONCE = 12


class KeySeal:
    """Seals and opens. ``secret`` is the house's, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, key: str, provider: str, origin: str) -> bytes:
        """Nonce and cipher text.

        Raises:
            InvalidField: see ``sendable``.
        """
        plain = sendable(key).encode()
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher().encrypt(nonce, plain, _bound(provider, origin))

    def open(self, sealed: bytes, provider: str, origin: str) -> str:
        """The key.

        Raises:
            SetupError: it was sealed with another secret, for another provider or another server.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  10 MB, only where keys are

        try:
            data = self._cipher().decrypt(
                sealed[:_NONCE], sealed[_NONCE:], _bound(provider, origin)
            )
        except (InvalidTag, ValueError) as error:
            raise SetupError(
                problem=f"The key of {provider} cannot be opened: it belongs to another secret.key "
                "or to another address.",
                advice="Enter it again.",
            ) from error
        return data.decode()

    def _cipher(self) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  as above
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  as above

        return AESGCM(HKDF(SHA256(), 32, salt=None, info=_INFO).derive(self._secret))


def sendable(key: str) -> str:
    """The key, if it can stand in a header.

    Raises:
        InvalidField: it has line breaks, other control characters or foreign letters.
    """
    if not key.isascii() or not key.isprintable():
        raise InvalidField(field="key", reason=N_("use letters and digits"), param="key")
    return key


def _bound(provider: str, origin: str) -> bytes:
    return f"{provider}\n{origin}".encode()
