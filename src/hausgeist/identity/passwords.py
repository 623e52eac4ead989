# SPDX-License-Identifier: EUPL-1.2
"""Passwords in, argon2id hashes out, on threads of their own so that a login never stalls a stream.

The parameters follow the OWASP Password Storage Cheat Sheet (argon2id, 46 MiB, one lane). A hash with
other parameters is renewed at the next login.
"""

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from hausgeist.errors import Unavailable, WeakPassword

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

LEAST = 10
"""Characters a password must have."""
MOST = 1000
THREADS = 2
QUEUE = 40
"""Passwords that may wait; more are turned away, so that a flood costs no memory."""

MEMORY_KIB = 47_104
PASSES = 2
LANES = 1

_NOBODY = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}"
    "$aGF1c2dlaXN0bm9ib2R5IQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""A hash that no password has: verifying against it costs as much as against a real one."""

_COMMON = frozenset(
    """
    1234567890 0123456789 0987654321 123456789a 12345678910 123456789012 1q2w3e4r5t 1qaz2wsx3edc
    abcdefghij abcd123456 qwertyuiop qwertzuiop qwerty1234 qwerty12345 qwertz1234 asdfghjkl1
    passwort12 passwort123 passwort1234 passwort2024 passwort2025 passwort2026 meinpasswort
    password12 password123 password1234 password12345 mypassword letmein123 welcome123 willkommen
    willkommen1 willkommen123 administrator admin12345 admin123456 adminadmin hausgeist1 hausgeist123
    changeme123 geheim1234 geheim12345 sommer2024 sommer2025 sommer2026 winter2024 winter2025
    winter2026 fruehling2026 herbst2026 iloveyou123 ichliebedich schatzilein hallohallo hallo12345
    """.split()
)


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._waiting = 0
        self._hasher: PasswordHasher | None = None

    async def hash(self, password: str, *unlike: str) -> str:
        """The hash of a new password, which must not be one of the words ``unlike``.

        Raises:
            WeakPassword: it is too short, too long, or among the first that anybody tries.
            Unavailable: too many passwords are waiting.
        """
        told = _normal(password)
        words = {word.casefold() for word in unlike}
        common = told.casefold() in _COMMON or told.casefold() in words or len(set(told)) < 4
        if not LEAST <= len(told) <= MOST or common:
            raise WeakPassword(least=LEAST, param="password")
        return await self._run(lambda: self._argon().hash(told))

    async def verify(self, known: str | None, password: str) -> bool:
        """Whether the password has this hash. Without a hash it takes as long, and is False.

        Raises:
            Unavailable: too many passwords are waiting.
        """
        from argon2.exceptions import (  # noqa: PLC0415  20 ms that a server without logins saves
            InvalidHashError,
            VerificationError,
        )

        told = _normal(password)[:MOST]

        def check() -> bool:
            try:
                return self._argon().verify(known or _NOBODY, told)
            except (VerificationError, InvalidHashError):
                return False

        return await self._run(check) and known is not None

    def outdated(self, known: str) -> bool:
        """Whether a hash was made with other parameters than today's."""
        return self._argon().check_needs_rehash(known)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= QUEUE:
            raise Unavailable(retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _argon(self) -> "PasswordHasher":
        if self._hasher is None:
            from argon2 import PasswordHasher  # noqa: PLC0415  as in ``verify``

            self._hasher = PasswordHasher(
                time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES
            )
        return self._hasher


def generated() -> str:
    """A password for somebody else: 18 characters in groups, none that are mistaken for another."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(6)) for _ in range(3))
    return "-".join(groups)


def _normal(password: str) -> str:
    """The same password from every keyboard (NIST SP 800-63B 3.1.1.2: NFKC)."""
    return unicodedata.normalize("NFKC", password)
