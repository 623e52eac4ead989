# SPDX-License-Identifier: EUPL-1.2
"""River 1: a request becomes a stream.

Two doors, both on ``Gateway``::

    async for burst in gateway.answer(call):     # Started, Delta…, Finished | Failed
        for event in burst: ...
    result = await gateway.embed(call, texts)    # vectors and usage

Every call, whoever makes it (chat, API, workbench), goes through them: the same policy, guards,
budgets, ledger and audit. ``Directory`` says which models there are, and who serves them.
"""

from hausgeist.gateway.directory import Directory
from hausgeist.gateway.pipeline import Gateway
from hausgeist.gateway.providers import Embeddings, Provider
from hausgeist.gateway.routing import Routes

__all__ = ["Directory", "Embeddings", "Gateway", "Provider", "Routes"]
