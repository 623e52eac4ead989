# SPDX-License-Identifier: EUPL-1.2
"""Names, addresses and dates of birth in German and English texts. Light to import."""

from hausgeist.gateway.privacy.names.finder import Names
from hausgeist.gateway.privacy.names.spreading import spread

__all__ = ["Names", "spread"]
