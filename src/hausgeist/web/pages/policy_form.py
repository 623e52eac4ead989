# SPDX-License-Identifier: EUPL-1.2
"""The draft's form: a policy in, fields out; fields in, a policy out. Works without scripts.

The last rule of the form is always an empty one: without a name it is ignored.
"""

from collections.abc import Mapping
from typing import TypeVar

from hausgeist.chat.labels import CLASSES, PURPOSES, ZONES
from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.models import Capability
from hausgeist.core.policy import TERMS, Clause, Need, Policy, Rule
from hausgeist.errors import N_, InvalidField
from hausgeist.gateway.policy_file import CLAUSES_MOST, NOTE_MOST, TITLE_MOST
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_policy import CellForm, Choices, DraftForm, RuleForm
from hausgeist.web.forms import Form, data_class_of
from hausgeist.web.pages.policy_words import REQUIRED, THENS
from hausgeist.web.visit import Visit

T = TypeVar("T", Rule, Zone, Purpose, Need)

IN_HOUSE = (Rule.ALLOW, Rule.REFUSE)
OUT = (Rule.EXAMINE, Rule.ASK, Rule.PSEUDONYMISE, Rule.REFUSE)
LIST_MOST = 4000


def form_of(policy: Policy, language: str) -> DraftForm:
    """The fields of a policy, with an empty rule at the end."""
    rules = tuple(_rule_form(place, clause) for place, clause in enumerate(policy.clauses))
    values = {
        _cell_name(data_class, zone): policy.rule(data_class, zone).value
        for data_class in DataClass
        for zone in Zone
    }
    return DraftForm(
        title=policy.title,
        note=policy.note,
        instead=policy.instead,
        cells=_cells(values, language),
        rules=(*rules, RuleForm(place=len(rules))),
    )


def typed(form: Form, language: str) -> DraftForm:
    """The fields as they were typed, to be shown again."""
    values = {
        _cell_name(data_class, zone): form.text(_cell_name(data_class, zone), "", most=20)
        for data_class in DataClass
        for zone in Zone
    }
    rules = [_typed_rule(form, place) for place in range(_count(form))]
    kept = [one for one in rules if one.id and not form.ticked(f"rule.{one.place}.remove")]
    return DraftForm(
        title=form.text("title", "", most=TITLE_MOST),
        note=form.text("note", "", most=NOTE_MOST),
        instead=form.text("instead", "", most=200),
        cells=_cells(values, language),
        rules=(*kept, RuleForm(place=_count(form))),
    )


def policy_of(form: Form, language: str) -> Policy:
    """The policy that a form describes; not checked yet.

    Raises:
        InvalidField: a field has a value that it cannot have.
    """
    draft = typed(form, language)
    table = {
        (data_class, zone): _one(Rule, form.text(name, Rule.REFUSE.value, most=20), name)
        for data_class in DataClass
        for zone in Zone
        for name in [_cell_name(data_class, zone)]
    }
    return Policy(
        version="",
        matrix=table,
        clauses=tuple(_clause(one) for one in draft.rules if one.id),
        instead=draft.instead,
        title=draft.title,
        note=draft.note,
    )


async def choices(visit: Visit, language: str) -> Choices:
    """What can be chosen."""
    turn = translator(language)

    def named(words: Mapping[T, str]) -> tuple[tuple[str, str], ...]:
        return tuple((one.value, turn(said)) for one, said in words.items())

    house = visit.house
    models = [
        card
        for card in house.gateway.directory.everything()
        if card.zone is Zone.HOUSE and Capability.COMPLETION in card.capabilities
    ]
    none = (("", turn(N_("None: it is refused"))),)
    return Choices(
        thens=named(THENS),
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        purposes=named({k: v for k, v in PURPOSES.items() if k is not Purpose.TITLE}),
        zones=named(ZONES),
        requires=named(REQUIRED),
        models=none + tuple((card.id, card.name) for card in models),
        providers=tuple(sorted(house.gateway.directory.sources())),
        groups=tuple(group.id for group in await house.identity.groups.all()),
    )


def unknown(policy: Policy, known: Choices) -> tuple[str, ...]:
    """Names in the rules that no provider, group or model of the house bears."""
    found: list[str] = []
    models = {name for name, _ in known.models}
    for clause in policy.clauses:
        found += sorted(clause.providers - set(known.providers))
        found += sorted(clause.groups - set(known.groups))
        found += [clause.instead] if clause.instead not in models else []
    if policy.instead not in models:
        found.append(policy.instead)
    return tuple(dict.fromkeys(found))


def _cell_name(data_class: DataClass, zone: Zone) -> str:
    return f"cell.{data_class.word}.{zone.value}"


def _cells(
    values: Mapping[str, str], language: str
) -> tuple[tuple[str, tuple[CellForm, ...]], ...]:
    turn = translator(language)
    rows = []
    for data_class in DataClass:
        title = turn(CLASSES[data_class])
        row = []
        for zone in Zone:
            rules: tuple[Rule, ...] = IN_HOUSE if zone is Zone.HOUSE else OUT
            if data_class is DataClass.SPECIAL and zone is not Zone.HOUSE:
                rules = (Rule.REFUSE,)
            name, words = _cell_name(data_class, zone), turn(ZONES[zone])
            options = tuple((one.value, turn(THENS[one])) for one in rules)
            row.append(CellForm(name, f"{title}, {words}", words, values[name], options))
        rows.append((title, tuple(row)))
    return tuple(rows)


def _count(form: Form) -> int:
    word = form.text("rules", "0", most=4)
    return min(int(word), CLAUSES_MOST + 1) if word.isascii() and word.isdigit() else 0


def _typed_rule(form: Form, place: int) -> RuleForm:
    at = f"rule.{place}."
    return RuleForm(
        place=place,
        id=form.text(f"{at}id", "", most=60),
        then=form.text(f"{at}then", "allow", most=20),
        release=form.text(f"{at}kind", "rule", most=20) == "release",
        data_class=form.text(f"{at}class", "public", most=20),
        purposes=form.many(f"{at}purposes"),
        zones=form.many(f"{at}zones"),
        requires=form.many(f"{at}requires"),
        countries=form.text(f"{at}countries", "", most=LIST_MOST),
        providers=form.text(f"{at}providers", "", most=LIST_MOST),
        assistants=form.text(f"{at}assistants", "", most=LIST_MOST),
        groups=form.text(f"{at}groups", "", most=LIST_MOST),
        retention_days=form.text(f"{at}days", "", most=10),
        instead=form.text(f"{at}instead", "", most=200),
        note=form.text(f"{at}note", "", most=NOTE_MOST),
    )


def _rule_form(place: int, clause: Clause) -> RuleForm:
    days = clause.retention_days
    return RuleForm(
        place=place,
        id=clause.id,
        then=clause.then.value,
        release=clause.release,
        data_class=clause.data_class.word,
        purposes=tuple(clause.purposes),
        zones=tuple(clause.zones),
        requires=tuple(clause.requires),
        countries=", ".join(sorted(clause.countries)),
        providers=", ".join(sorted(clause.providers)),
        assistants=", ".join(sorted(clause.assistants)),
        groups=", ".join(sorted(clause.groups)),
        retention_days="" if days is None else str(days),
        instead=clause.instead,
        note=clause.note,
    )


def _clause(one: RuleForm) -> Clause:
    days = one.retention_days
    if days and not (days.isascii() and days.isdigit()):
        raise InvalidField(field=one.id, reason=N_("use 0 to 36500 days, or nothing"), param=one.id)
    return Clause(
        id=one.id,
        then=_one(Rule, one.then, one.id),
        release=one.release,
        data_class=data_class_of(one.data_class, one.id),
        purposes=frozenset(_one(Purpose, word, one.id) for word in one.purposes),
        zones=frozenset(_one(Zone, word, one.id) for word in one.zones),
        requires=frozenset(_one(Need, word, one.id) for word in one.requires if word in TERMS),
        countries=frozenset(name.upper() for name in _names(one.countries)),
        providers=_names(one.providers),
        assistants=_names(one.assistants),
        groups=_names(one.groups),
        retention_days=int(days) if days else None,
        instead=one.instead,
        note=one.note,
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _one(kind: type[T], word: str, place: str) -> T:
    try:
        return kind(word)
    except ValueError:
        raise InvalidField(field=place, reason=N_("choose one of the list"), param=place) from None
