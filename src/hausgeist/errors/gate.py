# SPDX-License-Identifier: EUPL-1.2
"""What the gate refuses."""

from hausgeist.errors.tree import N_, Conflict


class GateShut(Conflict):
    """The gold set cannot be opened now; ``reason`` says what is missing."""

    code = "gate_shut"
    text = N_("The gold set cannot be opened: {reason}.")
