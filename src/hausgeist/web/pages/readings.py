# SPDX-License-Identifier: EUPL-1.2
"""Readings in words: what both those who oversee and the owner are shown of one."""

from collections.abc import Callable

from hausgeist.chat.readings import Reading
from hausgeist.core.people import Principal
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.contexts.readings import ReadingRow
from hausgeist.web.moments import moment_text

ROLES = {"admin": N_("Administrator"), "auditor": N_("Auditor"), "member": N_("Member")}
STATES = {
    "asked": N_("asked"),
    "granted": N_("granted"),
    "refused": N_("refused"),
    "ended": N_("ended"),
    "expired": N_("time over"),
}
GONE = N_("an account that is gone")


def row_of(one: Reading, language: str, reader: Principal | None = None) -> ReadingRow:
    """A reading in words; with ``reader`` what that overseer can do with it."""
    turn = translator(language)
    mine = reader is not None and one.asked_by == reader.id
    ours = mine or (reader is not None and one.second_id == reader.id)
    return ReadingRow(
        id=one.id,
        whose=f"{one.owner_name} ({one.owner_login})",
        conversation=one.conversation_id,
        asker=_who(one.asker_name, one.asked_role, turn),
        second=_who(one.second_name, one.second_role, turn) if one.second_role else "",
        reason=one.reason,
        state=one.state,
        words=turn(STATES[one.state]),
        asked=moment_text(one.created_at, language),
        decided=moment_text(one.decided_at, language) if one.decided_at else "",
        until=moment_text(one.expires_at, language) if one.expires_at else "",
        read=moment_text(one.read_at, language) if one.read_at else "",
        openings=one.openings,
        may_decide=reader is not None and one.state == "asked" and not mine,
        may_read=mine and one.state == "granted",
        may_end=ours and one.state in {"asked", "granted"},
    )


def _who(name: str, role: str, turn: Callable[[str], str]) -> str:
    return f"{name or turn(GONE)}, {turn(ROLES.get(role, role))}"
