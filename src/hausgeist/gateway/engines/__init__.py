# SPDX-License-Identifier: EUPL-1.2
"""Models that run in the house: one process each, started on first use, behind a lease.

::

    supervisor = Supervisor(budget=budget(settings.memory_budget),
                            patience=settings.load_patience, allow=outbound.allow)
    async with supervisor.lease(spec) as engine: ...       # engine.address, engine.key
    await supervisor.stop_all()

The web process imports no numpy and no llama.cpp; both live in the children.
"""

from hausgeist.gateway.engines.engine import Engine, EngineStatus, State
from hausgeist.gateway.engines.places import JOBS
from hausgeist.gateway.engines.spec import ENCODER, EngineSpec, encoder_card, encoder_spec, spec_of
from hausgeist.gateway.engines.supervisor import Supervisor

__all__ = [
    "ENCODER",
    "JOBS",
    "Engine",
    "EngineSpec",
    "EngineStatus",
    "State",
    "Supervisor",
    "encoder_card",
    "encoder_spec",
    "spec_of",
]
