# SPDX-License-Identifier: EUPL-1.2
"""Titles and reasons of the shipped rules, for the catalogue; a test holds them to ``rules.toml``."""

from hausgeist.errors import N_

WORDS = (
    N_("Instructions in a foreign text"),
    N_(
        "This text contains sentences that read like orders to the model. "
        "Check what the answer does with them."
    ),
    N_("A played role in a text"),
    N_("This text contains marks that models take for the beginning of an instruction."),
    N_("A picture that would tell where it is loaded"),
    N_(
        "This text asks for a picture or link from elsewhere whose address could carry words "
        "out of the house."
    ),
    N_("Invisible characters"),
    N_("This text contains characters that nobody sees and a model reads."),
    N_("A private key"),
    N_("This looks like a private key. Take it out of circulation if it was real."),
    N_("A key of a service"),
    N_("This looks like a service's key. Take it out of circulation if it was real."),
    N_("A threat"),
    N_(
        "This text threatens somebody. If you are affected: you can get help, "
        "and this can be answered calmly."
    ),
)
