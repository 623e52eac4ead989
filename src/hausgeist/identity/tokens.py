# SPDX-License-Identifier: EUPL-1.2
"""Opaque random tokens: 256 bits, shown once, stored as hashes."""

import hashlib
import secrets

DAY_MS = 86_400_000


def new_token() -> str:
    """A token of 43 characters that are safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """A random id of 20 hexadecimal digits for a row."""
    return secrets.token_hex(10)


def token_hash(token: str) -> str:
    """SHA-256 of a token, hexadecimal. Tokens have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
