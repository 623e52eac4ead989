# SPDX-License-Identifier: EUPL-1.2
"""What each kind of job does: the table that workers look into. One line a kind."""

from collections.abc import Mapping
from functools import partial

from hausgeist.jobs.work import JobFunction
from hausgeist.register.batch import spread
from hausgeist.register.bench import Bench
from hausgeist.register.trials import Trials
from hausgeist.training.process import Predictor
from hausgeist.training.students import FOLDER
from hausgeist.training.train import train


def kinds(bench: Bench) -> Mapping[str, JobFunction]:
    """The functions of all kinds of jobs, over these doors."""
    ground = bench.ground
    home = ground.settings.home / FOLDER
    trials = Trials(ground.store, ground.trail, home, partial(Predictor, home), ground.now_ms)
    return {
        "batch": spread.work,
        "drift": bench.drift.work,
        "evaluate": trials.evaluate,
        "export": bench.leave.work,
        "gate": trials.gate,
        "intake": bench.intake.work,
        "rules": bench.rules.work,
        "suggest": bench.suggest.run,
        "train": bench.ordering.behind(train(ground.store, ground.settings.home, ground.now_ms)),
        "worth": bench.ordering.work,
    }
