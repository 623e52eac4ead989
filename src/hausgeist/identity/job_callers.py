# SPDX-License-Identifier: EUPL-1.2
"""Who a job's calls are: a token of a job goes in, the person who started it comes out.

A token is the job's id, when it ends (milliseconds since the epoch) and an HMAC-SHA-256 of both by a key that
is made of the house's secret. It is good while the job runs and its starter may log in, and opens one route.
"""

import hmac
from collections.abc import Callable
from typing import Any

from hausgeist.core.people import Principal, Role
from hausgeist.identity.branding import DEFAULT_MODEL
from hausgeist.identity.groups import rights
from hausgeist.store import accounts, groups, jobs
from hausgeist.store.db import Store

LIFE_MS = 300_000
"""How long a token is good; a worker makes one for each call."""
_MARK = "hgj"
_PURPOSE = b"hausgeist/job-token/1"
_LONGEST = 200


class JobCallers:
    """Makes and opens the tokens of jobs. ``secret`` is the house's; ``now_ms`` gives milliseconds."""

    def __init__(self, store: Store, secret: bytes, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._key = hmac.digest(secret, _PURPOSE, "sha256")
        self._now_ms = now_ms

    def token(self, job_id: str) -> str:
        """A token for a job."""
        said = f"{_MARK}.{job_id}.{self._now_ms() + LIFE_MS}"
        return f"{said}.{self._seal(said)}"

    async def caller(self, token: str) -> Principal | None:
        """Whose job it is; None where the token is none, or over, or the job or its starter is."""
        job_id = self._opened(token)
        if job_id is None:
            return None

        def read(connection: Any) -> tuple[accounts.Row, list[accounts.Row], str | None] | None:
            person = jobs.starter(connection, job_id)
            if person is None or not person["active"]:
                return None
            theirs = groups.of_person(connection, person["id"])
            return person, theirs, accounts.read_meta(connection, DEFAULT_MODEL)

        found = await self._store.read(read)
        if found is None:
            return None
        person, theirs, default = found
        given = rights(theirs)
        return Principal(
            id=person["id"],
            name=person["name"],
            role=Role.MEMBER,  # whatever the person may: a job administers nothing
            group=person["group_id"],
            groups=given.groups,
            models=given.models,
            default_model=given.default_model or default or "",
            cost_centre=person["cost_centre"],
            locale=person["locale"],
            job_id=job_id,
        )

    def _opened(self, token: str) -> str | None:
        said, _, seal = token.rpartition(".")
        if len(token) > _LONGEST or not token.isascii():
            return None
        if not hmac.compare_digest(seal, self._seal(said)):
            return None
        mark, job_id, until = said.split(".")
        return job_id if mark == _MARK and int(until) > self._now_ms() else None

    def _seal(self, said: str) -> str:
        return hmac.digest(self._key, said.encode(), "sha256").hex()
