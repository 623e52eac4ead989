# SPDX-License-Identifier: EUPL-1.2
"""Providers' keys at rest: sealed by ``hausgeist.sealing``, bound to one provider and one server.

A sealed key moved to another row, or a row whose address was changed to another server, opens no more.
"""

from hausgeist.errors import N_, InvalidField, SetupError
from hausgeist.sealing import Seal, SealBroken

_PURPOSE = b"hausgeist provider keys 1"


class KeySeal:
    """Seals and opens. ``secret`` is the house's, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._seal = Seal(secret, _PURPOSE)

    def seal(self, key: str, provider: str, origin: str) -> bytes:
        """Nonce and cipher text.

        Raises:
            InvalidField: see ``sendable``.
        """
        return self._seal.seal(sendable(key).encode(), _bound(provider, origin))

    def open(self, sealed: bytes, provider: str, origin: str) -> str:
        """The key.

        Raises:
            SetupError: it was sealed with another secret, for another provider or another server.
        """
        try:
            data = self._seal.open(sealed, _bound(provider, origin))
        except SealBroken as error:
            raise SetupError(
                problem=f"The key of {provider} cannot be opened: it belongs to another secret.key "
                "or to another address.",
                advice="Enter it again.",
            ) from error
        return data.decode()


def sendable(key: str) -> str:
    """The key, if it can stand in a header.

    Raises:
        InvalidField: it has line breaks, other control characters or foreign letters.
    """
    if not key.isascii() or not key.isprintable():
        raise InvalidField(field="key", reason=N_("use letters and digits"), param="key")
    return key


def _bound(provider: str, origin: str) -> str:
    return f"{provider}\n{origin}"
