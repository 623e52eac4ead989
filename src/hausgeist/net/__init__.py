# SPDX-License-Identifier: EUPL-1.2
"""The only way out of the process: one HTTP client behind an allow list."""

from hausgeist.net.allow import AllowList, Destination
from hausgeist.net.client import Outbound, Response

__all__ = ["AllowList", "Destination", "Outbound", "Response"]
