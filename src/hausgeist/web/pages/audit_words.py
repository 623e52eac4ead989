# SPDX-License-Identifier: EUPL-1.2
"""Events of the trail in words, for ``/admin/audit``: kinds and facts in, what people read out."""

import json
import re
from datetime import UTC, datetime
from typing import Final

from hausgeist.chat.labels import KINDS, ZONES
from hausgeist.chat.library.rights import HOUSE_GROUP
from hausgeist.core.findings import Kind
from hausgeist.core.labels import Zone
from hausgeist.core.policy import Rule
from hausgeist.core.trail import Fact
from hausgeist.errors import N_
from hausgeist.locale import translator
from hausgeist.web.amounts import MICRO, number, typed
from hausgeist.web.moments import day_text, moment_text
from hausgeist.web.pages.admin_prices_forms import FIGURES
from hausgeist.web.pages.audit_facts import FACTS, VALUES
from hausgeist.web.pages.policy_words import THENS, rule_name

AREAS = (
    ("user", N_("People"), ("user.", "login.linked", "login.unlinked")),
    ("group", N_("Groups"), ("group.",)),
    ("model", N_("Models"), ("model.", "house.default_model")),
    ("provider", N_("Providers"), ("provider.",)),
    ("policy", N_("Policy"), ("policy.",)),
    ("drill", N_("Drill"), ("drill.",)),
    ("words", N_("Own words"), ("own_words.",)),
    ("login", N_("Login sources"), ("login_source.", "login.local")),
    ("key", N_("Service keys"), ("key.",)),
    ("looks", N_("Appearance and announcements"), ("branding.", "announcement.")),
    ("guard", N_("Guards and objections"), ("guard.", "appeal.answered")),
    ("costs", N_("Budgets and prices"), ("budget.", "price.", "own_costs.", "grid_factor.")),
    ("egress", N_("Egress"), ("egress.reported", "egress.unexplained", "egress.canary_leaked")),
    ("reading", N_("Reading of conversations"), ("reading.",)),
    (
        "task",
        N_("Tasks of the workbench"),
        ("task.", "gold.", "dev.drawn", "guideline.", "service."),
    ),
    ("rules", N_("Retention, holds, sharing"), ("retention.changed", "hold.", "sharing.")),
)
"""What the list can be narrowed to, and all that it ever shows: what is in no area is not shown."""
WORDS = {
    "dev.drawn": N_("Texts drawn for development"),
    "gold.drawn": N_("Gold set drawn"),
    "gold.peek": N_("Look at the gold set refused"),
    "guideline.changed": N_("Guideline changed"),
    "service.alarm": N_("Student in service: alarm"),
    "service.alarm_seen": N_("Student in service: alarm seen"),
    "service.ended": N_("Student taken out of service"),
    "service.full": N_("Student in service: answers everything"),
    "service.promoted": N_("Student brought into service"),
    "service.released": N_("Student in service: calls of others released or not"),
    "service.rolled_back": N_("Student in service: rolled back"),
    "service.share": N_("Student in service: share changed"),
    "task.archived": N_("Task archived"),
    "task.changed": N_("Settings of a task changed"),
    "task.created": N_("Task made"),
    "task.deleted": N_("Task deleted"),
    "task.from_traffic": N_("Task made of calls of programs"),
    "task.labels_changed": N_("Labels of a task changed"),
    "task.labels_restored": N_("Change of labels taken back"),
    "task.member_added": N_("Person brought into a task"),
    "task.member_changed": N_("Part in a task changed"),
    "task.member_removed": N_("Person taken out of a task"),
    "task.owner_appointed": N_("Owner of a task appointed"),
    "task.restored": N_("Task brought back from the archive"),
    "task.restored_from_archive": N_("Task made of its archive"),
    "task.taken_along": N_("Task packed to take along"),
    "task.text_deleted": N_("Text of a task deleted"),
    "task.texts_added": N_("Texts added to a task"),
    "appeal.answered": N_("Objection answered"),
    "budget.reached": N_("Mark of a budget reached"),
    "budget.removed": N_("Budget removed"),
    "budget.set": N_("Budget set"),
    "egress.canary_leaked": N_("Canary: something leaked"),
    "egress.reported": N_("Report on what left made"),
    "egress.unexplained": N_("Connection that nothing explains"),
    "gold.decided": N_("Gate decided on a student"),
    "gold.adjudicated": N_("People differed on a gold text: decided"),
    "gold.adjudication_undone": N_("Decision on a gold text taken back"),
    "gold.opened": N_("Gold set opened"),
    "grid_factor.set": N_("CO2 of electricity changed"),
    "guard.changed": N_("Rule of the guards changed"),
    "guard.created": N_("Rule of the guards made"),
    "guard.deleted": N_("Rule of the guards deleted"),
    "guard.switched": N_("Rule of the guards switched"),
    "own_costs.removed": N_("Figures of own hardware taken back"),
    "own_costs.set": N_("Figures of own hardware entered"),
    "price.removed": N_("Price taken back"),
    "price.set": N_("Price entered"),
    "announcement.changed": N_("Announcement changed"),
    "announcement.created": N_("Announcement made"),
    "announcement.deleted": N_("Announcement taken away"),
    "branding.changed": N_("Appearance changed"),
    "drill.deleted": N_("Drill deleted"),
    "drill.judged": N_("Answers of a drill judged"),
    "drill.started": N_("Drill begun"),
    "drill.stopped": N_("Drill stopped"),
    "group.changed": N_("Group changed"),
    "group.created": N_("Group made"),
    "group.deleted": N_("Group deleted"),
    "hold.ended": N_("Hold ended"),
    "hold.placed": N_("Hold placed"),
    "house.default_model": N_("Model offered first changed"),
    "key.agreed": N_("Tasks from a service's calls"),
    "key.created": N_("Service key made"),
    "key.revoked": N_("Service key revoked"),
    "login.linked": N_("Login source given to a person"),
    "login.local": N_("Login with passwords changed"),
    "login.unlinked": N_("Login source taken from a person"),
    "login_source.deleted": N_("Login source deleted"),
    "login_source.disabled": N_("Login source disabled"),
    "login_source.enabled": N_("Login source enabled"),
    "login_source.saved": N_("Login source saved"),
    "login_source.tested": N_("Login source tested"),
    "model.added": N_("Model added"),
    "model.changed": N_("Words about a model changed"),
    "model.deleted": N_("Model removed"),
    "model.pull": N_("Model requested"),
    "model.removed": N_("Model removed"),
    "model.removing": N_("Removal of a model begun"),
    "own_words.added": N_("Own words added"),
    "own_words.removed": N_("Own words deleted"),
    "policy.activated": N_("Rules put into force"),
    "policy.draft_dropped": N_("Draft of the rules thrown away"),
    "policy.draft_saved": N_("Draft of the rules saved"),
    "policy.proposed": N_("Rules proposed"),
    "policy.rejected": N_("Proposed rules turned down"),
    "provider.deleted": N_("Provider forgotten"),
    "provider.disabled": N_("Provider disabled"),
    "provider.enabled": N_("Provider enabled"),
    "provider.key_set": N_("Provider's key saved"),
    "provider.saved": N_("Provider saved"),
    "provider.tested": N_("Provider tested"),
    "retention.changed": N_("Retention changed"),
    "reading.asked": N_("Reading of a conversation asked for"),
    "reading.ended": N_("Reading of a conversation ended"),
    "reading.granted": N_("Reading of a conversation granted"),
    "reading.opened": N_("Conversation of somebody else read"),
    "reading.refused": N_("Reading of a conversation refused"),
    "reading.searched": N_("Conversations looked for by days"),
    "sharing.changed": N_("Sharing changed"),
    "user.activated": N_("Account activated"),
    "user.changed": N_("Account changed"),
    "user.created": N_("Account made"),
    "user.deactivated": N_("Account deactivated"),
    "user.erased": N_("Person erased"),
    "user.exported": N_("Person's data read out"),
    "user.groups": N_("Further groups changed"),
    "user.opened": N_("Older conversations opened again"),
    "user.password": N_("Password made anew"),
    "user.recovery_code": N_("Recovery code made"),
    "user.release_asked": N_("Opening of older conversations asked for"),
    "user.sessions_ended": N_("Sessions ended"),
}
"""A kind without words is shown as the trail has it."""
SUBJECTS = {"draft": N_("Draft"), "house": N_("The house")}
SCOPES = {"cost_centre": N_("Cost centre"), "group": N_("Group"), "key": N_("Service key")}
"""By the first word of a budget's scope."""
NOTHING: Final = "-"
"""Stands for a value that is not there."""
USUAL = {"currency": "EUR", "minimum": 0, "parameters": 0, "per_request": 0, "rate": 1}
"""Parts of a price that nobody entered: they say nothing."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID = re.compile(r'"id":"([^"]+)"')


def named(name: str, language: str) -> str:
    """What was changed; a cell of the border's table is its class and zone."""
    turn = translator(language)
    head, _, rest = name.partition(".")
    if head == "rule" and rest:
        return turn(N_("Rule {name}")).format(name=rule_name(rest, turn))
    if rest in set(Zone) and head in FACTS:
        return f"{turn(FACTS[head])} · {turn(ZONES[Zone(rest)])}"
    return turn(FACTS.get(name, name))


def said(name: str, value: Fact, language: str) -> str:
    """A value as people read it; one that has no words is shown as the trail has it."""
    turn = translator(language)
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return turn(N_("yes")) if value else turn(N_("no"))
    if isinstance(value, int):
        if name.endswith(("_at", "_since")):
            return moment_text(value, language)
        if name == "micro_eur":
            return f"{number(value / MICRO, language, 2)} €"
        return number(value, language)
    return _text(name, str(value), language)


def _text(name: str, text: str, language: str) -> str:
    turn = translator(language)
    if (name, text) in VALUES:
        return turn(VALUES[name, text])
    if name.partition(".")[2] in set(Zone) and text in set(Rule):
        return turn(THENS[Rule(text)])
    if _DAY.fullmatch(text):
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return day_text(int(at.timestamp() * 1000), language)
    if text.startswith("[{"):
        return ", ".join(_ID.findall(text)) or text  # cut by the trail: no JSON any more
    zone = text.removeprefix("zone:")
    if name == "without" and zone in set(Zone):
        return turn(ZONES[Zone(zone)])
    if name == "kinds":
        return ", ".join(_counted(part, language) for part in text.split(", "))
    return _listed(text, language)


def _listed(text: str, language: str) -> str:
    """Values that the trail has as JSON, as a list of them."""
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return ", ".join(
        _figure(key, value, language)
        for key, value in found.items()
        if value not in ([], {}, None) and (key not in USUAL or value != USUAL[key])
    )


def _figure(key: str, value: object, language: str) -> str:
    """A name and a value of such a list; figures of own hardware as their form asks for them."""
    if key not in FIGURES:
        return f"{named(key, language)} {_plain(value, language)}"
    asked = FIGURES[key]
    shown = value * 100 if asked.percent and isinstance(value, int | float) else value
    return f"{translator(language)(asked.label)} {_plain(shown, language)}"


def _plain(value: object, language: str) -> str:
    """A value of such a list: of a list in it, how long it is."""
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return typed(value, language)
    return str(value)


def subject_words(subject: str, language: str) -> str:
    """What was changed, where the trail has a word of its own for it."""
    turn = translator(language)
    kind, _, name = subject.partition(":")
    if name and kind in SCOPES:
        who = turn(N_("everybody")) if name == HOUSE_GROUP else name
        return f"{turn(SCOPES[kind])} {who}"
    return turn(SUBJECTS[subject]) if subject in SUBJECTS else subject


def _counted(part: str, language: str) -> str:
    """How many own words of a kind; ``person never 2`` are two that are never hidden."""
    turn = translator(language)
    kind, *never, count = part.split(" ")
    if kind not in set(Kind) or not count.isdigit() or Kind(kind) not in KINDS:
        return part
    one, many = KINDS[Kind(kind)]
    words = turn(one if count == "1" else many).format(count=count)
    return f"{words} ({turn(N_('never'))})" if never else words
