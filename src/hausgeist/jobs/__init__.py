# SPDX-License-Identifier: EUPL-1.2
"""Work beside the requests: rounds that the web process makes."""

from hausgeist.jobs.rounds import Rounds

__all__ = ["Rounds"]
