# SPDX-License-Identifier: EUPL-1.2
"""The doors of River 3, put together at the first use: a server that serves chats alone loads none of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hausgeist.audit import Trail
from hausgeist.gateway import Gateway
from hausgeist.jobs.queue import Jobs
from hausgeist.people.archives import FOLDER as LEAVE
from hausgeist.register.clinic import Clinic
from hausgeist.register.drift import Drift
from hausgeist.register.fallback import Fallback
from hausgeist.register.gate import Gate
from hausgeist.register.leaderboard import Leaderboard
from hausgeist.register.leave import Leave
from hausgeist.register.lineage import Lineage
from hausgeist.register.ordering import Ordering
from hausgeist.register.promote import Promote
from hausgeist.register.rules import Rules
from hausgeist.register.serving import Serving
from hausgeist.settings import Settings
from hausgeist.store.db import Store
from hausgeist.training.process import Predictor
from hausgeist.training.students import FOLDER, Students
from hausgeist.workbench.candidates import Candidates
from hausgeist.workbench.crowd import Crowd
from hausgeist.workbench.guidelines import Guidelines
from hausgeist.workbench.intake import Intakes
from hausgeist.workbench.members import Members
from hausgeist.workbench.migration import Migrations
from hausgeist.workbench.partitions import Partitions
from hausgeist.workbench.queue import Queue
from hausgeist.workbench.review import Review
from hausgeist.workbench.room import Room
from hausgeist.workbench.snapshot import Snapshots
from hausgeist.workbench.suggest import Suggest
from hausgeist.workbench.tasks import Tasks
from hausgeist.workbench.traffic import Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What River 3 stands on. ``gateway`` is None in a worker, which asks the house over the loopback."""

    settings: Settings
    store: Store
    trail: Trail
    secret: bytes
    gateway: Gateway | None
    now_ms: Callable[[], int]


@dataclass(slots=True, kw_only=True)
class Bench:
    """Everything that pages, the command line and workers reach of River 3."""

    ground: Ground
    tasks: Tasks
    partitions: Partitions
    intake: Intakes
    guidelines: Guidelines
    members: Members
    migrations: Migrations
    queue: Queue
    review: Review
    room: Room
    crowd: Crowd
    snapshots: Snapshots
    students: Students
    jobs: Jobs
    rules: Rules
    suggest: Suggest
    gate: Gate
    leave: Leave
    lineage: Lineage
    leaderboard: Leaderboard
    ordering: Ordering
    clinic: Clinic
    promote: Promote
    serving: Serving | None
    """What is in service; None in a worker."""
    fallback: Fallback | None
    drift: Drift
    traffic: Traffic
    candidates: Candidates


def open_bench(ground: Ground) -> Bench:
    """Put the doors together."""
    jobs = Jobs(ground.store, ground.now_ms)
    partitions = Partitions(ground.store, ground.trail)
    snapshots = Snapshots(ground.store, ground.now_ms)
    queue = Queue(ground.store, ground.secret, ground.now_ms)
    rules = Rules(ground.store, ground.trail, ground.now_ms)
    students = Students(
        ground.store,
        ground.trail,
        jobs,
        ground.settings.home,
        take=snapshots.take,
        ruled=rules.options,
    )
    home = ground.settings.home / FOLDER
    gate = Gate(ground.store, ground.trail, jobs, ground.now_ms)
    promote = Promote(ground.store, ground.trail, gate, students, ground.now_ms)
    serving, fallback = _service(ground, students, promote)
    arriving = ground.settings.home / "intake"
    folders = (home, ground.settings.home / LEAVE)
    tasks = Tasks(ground.store, ground.trail, ground.now_ms, folders, arriving)
    traffic = Traffic(ground.store, ground.secret, ground.gateway, ground.now_ms)
    return Bench(
        ground=ground,
        tasks=tasks,
        partitions=partitions,
        intake=Intakes(ground.store, ground.trail, partitions, arriving, ground.now_ms),
        guidelines=Guidelines(ground.store, ground.trail, ground.now_ms),
        members=Members(ground.store, ground.trail, ground.now_ms),
        migrations=Migrations(ground.store, ground.trail, ground.now_ms),
        queue=queue,
        review=Review(ground.store, ground.trail, ground.now_ms),
        room=Room(ground.store, ground.trail, ground.secret, ground.now_ms),
        crowd=Crowd(ground.store, queue, ground.secret, ground.now_ms),
        snapshots=snapshots,
        students=students,
        jobs=jobs,
        rules=rules,
        suggest=Suggest(ground.store, jobs, ground.gateway, ground.now_ms),
        gate=gate,
        lineage=Lineage(ground.store, ground.trail, ground.settings.home / FOLDER),
        leave=Leave(ground.store, ground.trail, jobs, ground.settings.home, ground.now_ms),
        leaderboard=Leaderboard(ground.store, gate, ground.gateway),
        clinic=Clinic(ground.store, students, gate.known),
        ordering=Ordering(ground.store, jobs, home, partial(Predictor, home), ground.now_ms),
        promote=promote,
        serving=serving,
        fallback=fallback,
        drift=Drift(ground.store, ground.trail, jobs, ground.now_ms),
        traffic=traffic,
        candidates=Candidates(
            ground.store, ground.trail, traffic, tasks, ground.gateway, ground.now_ms
        ),
    )


def _service(
    ground: Ground, students: Students, promote: Promote
) -> tuple[Serving | None, Fallback | None]:
    """What answers, where there is a gateway to answer behind."""
    if ground.gateway is None:
        return None, None
    home = ground.settings.home
    serving = Serving(ground.store, ground.gateway, students.predictor, home, ground.now_ms)
    promote.changed = serving.refresh
    return serving, Fallback(serving, ground.store, ground.gateway, ground.secret, ground.now_ms)
