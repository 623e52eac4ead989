# SPDX-License-Identifier: EUPL-1.2
"""Who is asking, as the rest of the house sees it."""

from dataclasses import dataclass
from enum import StrEnum

from hausgeist.core.labels import DataClass


class Role(StrEnum):
    """What a person may do."""

    ADMIN = "admin"
    AUDITOR = "auditor"
    """Sees what the house can prove and counts, and is the second person; administers nothing."""
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Payer:
    """What a call is booked to, and whose budgets bound it."""

    group: str
    cost_centre: str | None = None
    service_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller: a person in a session, or a key of a person or of a service.

    ``id`` is the owner that rows are filtered by: the person's id, or ``key:…`` for a service.
    ``models`` of ``None`` means every model the organisation offers; ``max_class`` caps the data class
    that the credential may carry. The ledger sees ``group``, ``cost_centre`` and ``service_key`` only.
    """

    id: str
    name: str
    role: Role
    group: str = "everyone"
    groups: frozenset[str] = frozenset()
    """Every group the person is in, ``group`` among them; usage is accounted to ``group`` alone."""
    default_model: str = ""
    """What is offered first: the group's choice, else the house's; empty where there is none."""
    must_change: bool = False
    """Somebody else made the password: nothing else may be done before it is changed."""
    cost_centre: str | None = None
    key_id: str | None = None
    service_key: str | None = None
    session_id: str | None = None
    job_id: str | None = None
    """The job that calls in the person's name: it may ask models, and nothing else."""
    models: frozenset[str] | None = None
    max_class: DataClass = DataClass.SPECIAL
    collected: bool = False
    """The key's owner agreed that tasks may be made of its calls."""
    locale: str = "de"
    theme: str = "auto"
    payer: Payer | None = None
    """Somebody else pays for this call; what the caller may do does not change by it."""

    @property
    def books(self) -> Payer:
        """What the call is booked to."""
        return self.payer or Payer(self.group, self.cost_centre, self.service_key)

    @property
    def is_admin(self) -> bool:
        """Whether the caller administers the house. A key does only if its owner said so for it."""
        return self.role is Role.ADMIN and self.service_key is None

    @property
    def oversees(self) -> bool:
        """Whether the caller may see policy, costs, egress and trail: an administrator or an auditor."""
        return self.role in {Role.ADMIN, Role.AUDITOR} and self.service_key is None

    def may_use(self, model: str) -> bool:
        """Whether the credential is scoped to the model."""
        return self.models is None or model in self.models
