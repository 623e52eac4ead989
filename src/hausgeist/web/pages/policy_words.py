# SPDX-License-Identifier: EUPL-1.2
"""The border's rules in words: policies and what they change in, views for the pages out."""

from collections.abc import Callable, Mapping

from hausgeist.chat.labels import CLASSES, PURPOSES, ZONES
from hausgeist.chat.library.rights import HOUSE_GROUP
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.policy import Clause, Demand, Need, Point, Policy, Rule, Verdict, demand
from hausgeist.core.policy_change import OTHER, Difference, cells, changed_clauses
from hausgeist.errors import N_
from hausgeist.gateway.what_if import OUTCOMES, WhatIf
from hausgeist.locale import translator
from hausgeist.web.amounts import number
from hausgeist.web.contexts.admin_policy import (
    Cell,
    Changed,
    Counted,
    PolicyView,
    RuleView,
    TableRow,
    WhatIfView,
)

Turn = Callable[[str], str]

NEEDED: Mapping[Need, str] = {
    Need.EXAMINE: N_("after the text was examined for personal data"),
    Need.PSEUDONYMISE: N_("under pseudonyms"),
    Need.ASK: N_("after the person has said yes"),
    Need.CONTRACT: N_("to providers with a contract on file"),
    Need.NO_TRAINING: N_("to providers that do not train on it"),
    Need.EUROPEAN: N_("to providers whose operator, owner and administrators are in Europe"),
    Need.OWN_HOSTING: N_("to providers that run the model themselves"),
    Need.REFUSE: N_("refused"),
}
REQUIRED: Mapping[Need, str] = {
    Need.CONTRACT: N_("A contract is on file"),
    Need.NO_TRAINING: N_("No training on what is sent"),
    Need.EUROPEAN: N_("Operator, owner and administrators in Europe"),
    Need.OWN_HOSTING: N_("The provider runs the model itself"),
}
THENS: Mapping[Rule, str] = {
    Rule.ALLOW: N_("Allow"),
    Rule.EXAMINE: N_("Allow after examination"),
    Rule.ASK: N_("Ask the person first"),
    Rule.PSEUDONYMISE: N_("Only under pseudonyms"),
    Rule.REROUTE: N_("Let a model of the house answer"),
    Rule.REFUSE: N_("Refuse"),
}
SHIPPED: Mapping[str, str] = {"contract": N_("Contract")}
"""Rules that come with the house, by id."""
ENDS: Mapping[Verdict, str] = {
    Verdict.ALLOW: N_("answered as asked"),
    Verdict.PSEUDONYMISE: N_("under pseudonyms"),
    Verdict.ASK: N_("the person is asked first"),
    Verdict.REROUTE: N_("a model of the house answers"),
    Verdict.REFUSE: N_("refused"),
}


def policy_view(policy: Policy, language: str) -> PolicyView:
    """A policy in words."""
    turn = translator(language)
    return PolicyView(
        title=policy.title,
        note=policy.note,
        instead=policy.instead,
        table=tuple(
            TableRow(
                turn(CLASSES[data_class]),
                tuple(_cell(policy, data_class, zone, turn) for zone in Zone),
            )
            for data_class in DataClass
        ),
        rules=tuple(_rule(clause, turn) for clause in policy.clauses),
    )


def changes_view(before: Policy, after: Policy, language: str) -> tuple[Changed, ...]:
    """What is different in the table and in the rules, in words."""
    turn = translator(language)
    found = [_changed_cell(one, turn) for one in cells(before, after)]
    for old, new in changed_clauses(before, after):
        found.append(_changed_rule(old, new, turn))
    if before.instead != after.instead:
        none = turn(N_("nothing"))
        found.append(
            Changed(
                turn(N_("Answers instead")),
                before.instead or none,
                after.instead or none,
                "warn" if after.instead else "good",
                "",
            )
        )
    return tuple(found)


def what_if_view(found: WhatIf, language: str) -> WhatIfView:
    """Counts in words."""
    turn = translator(language)

    def said(counts: Mapping[Verdict, int], verdict: Verdict) -> str:
        return number(counts.get(verdict, 0), language)

    return WhatIfView(
        calls=number(found.calls, language),
        rows=tuple(
            Counted(
                turn(ENDS[one]), said(found.was, one), said(found.now, one), said(found.then, one)
            )
            for one in OUTCOMES
        ),
        moved=tuple(
            (number(count, language), turn(ENDS[was]), turn(ENDS[will]))
            for (was, will), count in sorted(found.moved.items(), key=lambda item: -item[1])
        ),
        merged=found.merged,
        few=found.few,
    )


def _cell(policy: Policy, data_class: DataClass, zone: Zone, turn: Turn) -> Cell:
    point = Point(
        data_class=data_class, zone=zone, purpose=Purpose.CHAT, provider=OTHER, country=OTHER
    )
    found = demand(policy, point)
    tone, word = _word(found, turn)
    why = _conditions(found, turn)
    if zone is not Zone.HOUSE and Need.REFUSE not in found.needs:
        why = (*why, turn(N_("to providers released for this class")))
    return Cell(zone.value, turn(ZONES[zone]), tone, word, why)


def _word(found: Demand, turn: Turn) -> tuple[str, str]:
    if Need.REFUSE in found.needs:
        return "bad", turn(N_("No"))
    plain = found.needs <= {Need.EXAMINE} and found.retention_days is None
    return ("good", turn(N_("Yes"))) if plain else ("warn", turn(N_("Under conditions")))


def _conditions(found: Demand, turn: Turn) -> tuple[str, ...]:
    if Need.REFUSE in found.needs:
        return ()
    said = [turn(words) for need, words in NEEDED.items() if need in found.needs]
    if found.retention_days is not None:
        kept = N_("to providers that delete it within {days} days")
        said.append(turn(kept).format(days=found.retention_days))
    return tuple(said)


def _rule(clause: Clause, turn: Turn) -> RuleView:
    return RuleView(
        name=rule_name(clause.id, turn),
        release=clause.release,
        fits=_fits(clause, turn),
        demands=_demands(clause, turn),
        note=clause.note,
    )


def rule_name(rule: str, turn: Turn) -> str:
    """What a rule is called: one that comes with the house in the reader's language."""
    return turn(SHIPPED[rule]) if rule in SHIPPED else rule


def _fits(clause: Clause, turn: Turn) -> tuple[str, ...]:
    """What a rule speaks of."""
    title = turn(CLASSES[clause.data_class])
    if clause.release:
        found = [turn(N_("data up to: {title}")).format(title=title)]
    elif clause.data_class is DataClass.PUBLIC:
        found = [turn(N_("all data"))]
    else:
        found = [turn(N_("data from: {title}")).format(title=title)]
    zones = [turn(ZONES[one]) for one in Zone if one in clause.zones]
    found.append(", ".join(zones) or turn(N_("everything outside the house")))
    sets = (
        (N_("for: {names}"), [turn(PURPOSES[one]) for one in Purpose if one in clause.purposes]),
        (N_("country: {names}"), sorted(clause.countries)),
        (N_("provider: {names}"), sorted(clause.providers)),
        (N_("assistant: {names}"), sorted(clause.assistants)),
        (N_("group: {names}"), [_group(one, turn) for one in sorted(clause.groups)]),
    )
    found += [turn(words).format(names=", ".join(names)) for words, names in sets if names]
    return tuple(found)


def _group(group: str, turn: Turn) -> str:
    return turn(N_("everybody")) if group == HOUSE_GROUP else group


def _demands(clause: Clause, turn: Turn) -> tuple[str, ...]:
    """What a rule does."""
    found = []
    if clause.release or clause.then is not Rule.ALLOW:
        found.append(turn(THENS[clause.then]))
    if clause.then is Rule.REROUTE and clause.instead:
        found[-1] = f"{found[-1]}: {clause.instead}"
    found += [turn(words) for need, words in REQUIRED.items() if need in clause.requires]
    if clause.retention_days is not None:
        kept = N_("It is deleted within {days} days")
        found.append(turn(kept).format(days=clause.retention_days))
    return tuple(found)


def _changed_cell(one: Difference, turn: Turn) -> Changed:
    point = one.point
    place = f"{turn(CLASSES[point.data_class])} · {turn(ZONES[point.zone])}"
    before, after = (_sentence(found, turn) for found in (one.before, one.after))
    if one.milder:
        return Changed(place, before, after, "warn", turn(N_("opens")))
    return Changed(place, before, after, "good", turn(N_("stricter")))


def _sentence(found: Demand, turn: Turn) -> str:
    _, word = _word(found, turn)
    why = ", ".join(_conditions(found, turn))
    return f"{word}: {why}" if why else word


def _changed_rule(old: Clause | None, new: Clause | None, turn: Turn) -> Changed:
    there = new or old
    name = rule_name(there.id, turn) if there is not None else ""
    place = turn(N_("Rule {name}")).format(name=name)
    none = turn(N_("not there"))
    before, after = (
        none if one is None else " · ".join((*_fits(one, turn), *_demands(one, turn)))
        for one in (old, new)
    )
    opens = (old is not None and not old.release) or (new is not None and new.release)
    if opens:
        return Changed(place, before, after, "warn", turn(N_("may open")))
    return Changed(place, before, after, "good", turn(N_("stricter")))
