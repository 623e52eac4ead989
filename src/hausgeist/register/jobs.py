# SPDX-License-Identifier: EUPL-1.2
"""What each kind of job does: the table that workers look into. One line a kind."""

from collections.abc import Mapping

from hausgeist.jobs.work import JobFunction
from hausgeist.register.bench import Bench
from hausgeist.training.train import train


def kinds(bench: Bench) -> Mapping[str, JobFunction]:
    """The functions of all kinds of jobs, over these doors."""
    ground = bench.ground
    return {
        "intake": bench.intake.work,
        "rules": bench.rules.work,
        "suggest": bench.suggest.run,
        "train": train(ground.store, ground.settings.home, ground.now_ms),
    }
