# SPDX-License-Identifier: EUPL-1.2
"""Content ids and the steps of the audit tree (RFC 6962, section 2.1)."""

import hashlib
from collections.abc import Sequence


def content_id(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal: the name of a blob in the house."""
    return hashlib.sha256(data).hexdigest()


def leaf_hash(salt: bytes, data: bytes) -> bytes:
    """Hash an audit leaf: SHA-256(0x00 || salt || data), 32 bytes.

    The salt (16 bytes, stored with the payload) makes the hash of an erased event meaningless.
    """
    return hashlib.sha256(b"\x00" + salt + data).digest()


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """Root of the Merkle tree over leaf hashes, as in RFC 6962: 32 bytes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)  # the largest power of two below n
    return hashlib.sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()
