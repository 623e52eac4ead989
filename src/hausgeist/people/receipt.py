# SPDX-License-Identifier: EUPL-1.2
"""The receipt of an erasure: what was erased, what stays and why, when, signed by the house (``signing``).

The house keeps no copy: it would name the person. The public key is in the receipt and on the house's page.
"""

from hausgeist.errors import N_, BadUpload
from hausgeist.signing import Document, NotGenuine, SigningKey, as_text, check_document, parsed

__all__ = ["Receipt", "Signer", "as_text"]

FORMAT = "hausgeist-erasure-receipt/1"
_PURPOSE = b"hausgeist erasure receipts 1"

Receipt = Document


class Signer:
    """Signs receipts and knows its own. ``secret`` is the house's, 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._key = SigningKey(secret, _PURPOSE)

    def public_key(self) -> str:
        """The key that checks signatures: 32 bytes in Base64."""
        return self._key.public_text

    def signed(self, values: Receipt) -> Receipt:
        """The receipt with format, public key and signature."""
        return self._key.signed(values, FORMAT)

    def verified(self, text: str) -> Receipt:
        """A receipt of this house, unchanged.

        Raises:
            BadUpload: it is no receipt, was changed, or is of another house.
        """
        receipt = parsed(text, FORMAT)
        if receipt is None:
            raise BadUpload(reason=N_("it is no receipt of an erasure"))
        try:
            check_document(self._key.public, receipt)
        except NotGenuine:
            raise BadUpload(
                reason=N_("it is not as this house has signed it, or another house has")
            ) from None
        return receipt
