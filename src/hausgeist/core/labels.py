# SPDX-License-Identifier: EUPL-1.2
"""The two scales every decision is made on: how delicate the data is, and where a model runs."""

from enum import IntEnum, StrEnum


class DataClass(IntEnum):
    """How delicate the content of a call is. Ordered: a higher value is more delicate."""

    PUBLIC = 0
    INTERNAL = 1
    PERSONAL = 2
    SPECIAL = 3
    """Art. 9/10 GDPR, social and tax secrecy."""

    @property
    def word(self) -> str:
        """The stable lower-case name used on the wire, in files and in the database."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> "DataClass":
        """Read the stable name.

        Raises:
            KeyError: the word names no data class.
        """
        return cls[word.strip().upper()]


class Zone(StrEnum):
    """Where a model runs: the three colours of the Ampel."""

    HOUSE = "house"
    """Green: on the organisation's own machines."""
    EU = "eu"
    """Yellow: an operator in the EU, the EEA or Switzerland, under contract."""
    WORLD = "world"
    """Red: everywhere else."""


class Purpose(StrEnum):
    """Why a call is made."""

    CHAT = "chat"
    API = "api"
    TITLE = "title"
    SUGGEST = "suggest"
    EVALUATE = "evaluate"
    KNOWLEDGE = "knowledge"
