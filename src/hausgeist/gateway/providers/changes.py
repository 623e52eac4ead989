# SPDX-License-Identifier: EUPL-1.2
"""What changed of a provider, as flat facts for the audit trail. Keys never: only that one changed."""

import msgspec

from hausgeist.core.trail import Fact, differences
from hausgeist.gateway.providers.config import ProviderConfig
from hausgeist.store.providers import ProviderRow


def changed(
    old: ProviderRow | None,
    new: ProviderRow,
    before: ProviderConfig | None,
    after: ProviderConfig,
) -> dict[str, Fact]:
    """``before.…`` and ``after.…`` of every field that differs, as ``differences`` gives them."""
    then = {} if before is None else _flat(before)
    now = _flat(after)
    if old is not None:
        then["enabled"] = old.enabled
        then["world_confirmed"] = old.world_confirmed_at is not None
    now["enabled"] = new.enabled
    now["world_confirmed"] = new.world_confirmed_at is not None
    facts = differences(then, now)
    if (None if old is None else old.sealed_key) != new.sealed_key:
        had, has = old is not None and old.sealed_key is not None, new.sealed_key is not None
        if had is not has:
            facts |= {"before.has_key": had, "after.has_key": has}
        facts["key_changed"] = True
    return facts


def _flat(config: ProviderConfig) -> dict[str, object]:
    fields = msgspec.to_builtins(config)
    terms = fields.pop("terms", {})  # each of them is a fact of its own
    return fields | terms  # type: ignore[no-any-return]  # msgspec gives Any
