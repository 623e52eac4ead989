# SPDX-License-Identifier: EUPL-1.2
"""The durable part of a worker: DBOS keeps one workflow for each job, and gives it to a free worker.

In: ids of jobs. Out: ``run(job_id)``, called in a thread of its own, at most ``places`` at a time. The only
module that knows DBOS. Nothing of a job but its id is kept there, as JSON; nothing leaves the machine: no
conductor, no traces, no server of its own, no environment variables of its maker's cloud.
"""

import json
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hausgeist.settings import forget_environment
from hausgeist.store.jobs import prepare_file

QUEUE = "jobs"
WORKFLOW = "hausgeist.job"
SCHEMA = "hausgeist_jobs"
"""Where DBOS keeps its tables in a PostgreSQL database."""
VERSION = "1"
"""Pinned: a job handed in before an upgrade of Hausgeist goes on after it."""
POLL = 0.5
"""Seconds between two looks for work."""
_OVER = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_PRUNED = 1_000


class LeftOpen(BaseException):
    """Raised by ``run``: the workflow stays open, and somebody else goes on with it.

    Not an ``Exception``: DBOS would take one for the end of the workflow.
    """


class Durable:
    """DBOS in this process; there can be one. All verbs block."""

    def __init__(self, url: str, executor: str, places: int, run: Callable[[str], None]) -> None:
        """``url`` of its database, see ``database``; ``executor`` names this process, and no other."""
        self._url = url
        self._executor = executor
        self._places = places
        self._run = run
        self._dbos: Any = None
        self._workflow: Any = None

    def launch(self) -> None:
        """Open the database, bring it to DBOS' schema and begin to take work."""
        forget_environment("DBOS")  # some of its variables lead out of the house
        import dbos  # noqa: PLC0415  half a second and 40 MB that only workers need
        from dbos import DBOS  # noqa: PLC0415  as above

        logging.getLogger("dbos").setLevel(logging.ERROR)
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # or it makes one of its own

        class JSONText(dbos.Serializer):
            """Instead of pickle: what is read from a database must not be able to run."""

            def serialize(self, data: Any) -> str:
                return json.dumps(data, default=str)

            def deserialize(cls, serialized_data: str) -> Any:  # noqa: N805  DBOS names it so
                return json.loads(serialized_data)

            def name(self) -> str:
                return "hausgeist_json"

        config: dbos.DBOSConfig = {
            "name": "hausgeist",
            "system_database_url": self._url,
            "dbos_system_schema": SCHEMA,
            "executor_id": self._executor,
            "application_version": VERSION,
            "serializer": JSONText(),
            "enable_otlp": False,
            "log_level": "ERROR",
            "sys_db_pool_size": 4,
            "use_listen_notify": False,
        }
        DBOS(config=config)
        DBOS.listen_queues([QUEUE])

        @DBOS.workflow(name=WORKFLOW)
        def job(job_id: str) -> None:
            self._run(job_id)

        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._places,
            polling_interval_sec=POLL,
            on_conflict="always_update",
        )
        self._dbos, self._workflow = DBOS, job

    def hand(self, job_id: str) -> None:
        """Let a worker do a job: for the first time, or again after whoever had it is gone."""
        from dbos import SetWorkflowID  # noqa: PLC0415  as above

        known = self._dbos.list_workflows(
            workflow_id_prefix=job_id, sort_desc=True, limit=1, load_input=False, load_output=False
        )
        if known and known[0].status not in _OVER:
            if known[0].status == "PENDING":  # its worker is gone; others wait in the queue
                self._dbos.resume_workflow(known[0].workflow_id, queue_name=QUEUE)
            return
        # one that is over cannot go on: the job, which is not, gets another
        name = job_id if not known else f"{job_id}-{secrets.token_hex(4)}"
        with SetWorkflowID(name):
            self._dbos.enqueue_workflow(QUEUE, self._workflow, job_id)

    def prune(self, before_ms: int) -> None:
        """Forget workflows that began before a moment (milliseconds since the epoch) and are over."""
        before = datetime.fromtimestamp(before_ms / 1000, UTC).isoformat()
        old = self._dbos.list_workflows(
            end_time=before, status=list(_OVER), limit=_PRUNED, load_input=False, load_output=False
        )
        if old:
            self._dbos.delete_workflows([one.workflow_id for one in old])

    def close(self) -> None:
        """Take no more work, and close the database."""
        if self._dbos is not None:
            self._dbos.destroy()


def database(home: Path, database_url: str) -> str:
    """Where DBOS keeps its workflows: in the house's PostgreSQL, else in a file of its own.

    In one file with the application, writes would wait for one another for up to two seconds.
    """
    if database_url and not database_url.startswith("sqlite"):
        return database_url
    path = home / "jobs.db"
    prepare_file(path)
    return f"sqlite:///{path}"
