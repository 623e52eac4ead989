# SPDX-License-Identifier: EUPL-1.2
"""A policy as a file: TOML in, a policy that was checked out; and back, always in the same bytes.

Fails closed: what is not plainly right is refused with the place and the reason. What the table leaves
out is refused by the policy itself.
"""

import hashlib
import json
import re
import tomllib
from typing import Any, Literal

import msgspec

from hausgeist.core.labels import DataClass, Purpose, Zone
from hausgeist.core.policy import TERMS, Clause, Need, Policy, Rule
from hausgeist.errors import N_, InvalidField

TITLE_MOST = 200
NOTE_MOST = 1000
CLAUSES_MOST = 100
NAMES_MOST = 50
"""At most so many names in one condition of a rule."""
FILE_MOST = 200_000
"""Characters of a policy's file."""
DOTS_MOST = 100
"""Of a line: TOML reads keys of many parts in the square of the time."""

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")
Word = Literal["public", "internal", "personal", "special"]


class _Zones(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    house: Rule = Rule.REFUSE
    eu: Rule = Rule.REFUSE
    world: Rule = Rule.REFUSE


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    then: Rule = Rule.ALLOW
    release: bool = False
    data_class: Word = msgspec.field(default="public", name="class")
    purposes: tuple[Purpose, ...] = ()
    zones: tuple[Zone, ...] = ()
    countries: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    assistants: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    requires: tuple[Need, ...] = ()
    retention_days: int | None = None
    instead: str = ""
    note: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str = ""
    note: str = ""
    instead: str = ""
    table: dict[Word, _Zones]
    rule: tuple[_Rule, ...] = ()


def read(text: str, version: str = "") -> Policy:
    """The policy of a file.

    Raises:
        InvalidField: it is no policy; with the place and the reason.
    """
    if len(text) > FILE_MOST:
        raise _bad("file", N_("it is too long"))
    if any(line.count(".") > DOTS_MOST for line in text.splitlines()):
        raise _bad("file", N_("it has a line that is too long"))
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise InvalidField(field="file", reason=str(error), param="file") from error
    table = {
        (DataClass.parse(word), Zone(zone)): getattr(cells, zone)
        for word, cells in found.table.items()
        for zone in Zone
    }
    return checked(
        Policy(
            version=version,
            matrix=table,
            clauses=tuple(_clause(rule) for rule in found.rule),
            instead=found.instead,
            title=found.title,
            note=found.note,
        )
    )


def checked(policy: Policy) -> Policy:
    """The policy, if it means what it says.

    Raises:
        InvalidField: it does not; ``param`` names a cell of the table, a rule, or a field.
    """
    if len(policy.title) > TITLE_MOST or len(policy.note) > NOTE_MOST:
        raise _bad("title", N_("title or note is too long"))
    for data_class in DataClass:
        _check_row(policy, data_class)
    if len(policy.clauses) > CLAUSES_MOST:
        raise _bad("rules", N_("there are too many rules"))
    seen: set[str] = set()
    for clause in policy.clauses:
        if not _ID.fullmatch(clause.id):
            raise _bad(
                "rules", N_("a rule's name must be 1 to 40 lower-case letters, digits or hyphens")
            )
        if clause.id in seen:
            raise _bad(clause.id, N_("this name is there twice"))
        seen.add(clause.id)
        _check_clause(clause, policy)
    return policy


def _check_row(policy: Policy, data_class: DataClass) -> None:
    house, eu, world = (policy.rule(data_class, zone) for zone in Zone)
    place = f"{data_class.word}.%s"
    if house not in {Rule.ALLOW, Rule.REFUSE}:
        raise _bad(place % "house", N_("in the house it is allowed or refused, nothing between"))
    for zone, rule in ((Zone.EU, eu), (Zone.WORLD, world)):
        if rule is Rule.REROUTE:
            raise _bad(place % zone, N_("choose a model that answers instead, and refuse here"))
        if data_class is DataClass.SPECIAL and rule is not Rule.REFUSE:
            raise _bad(place % zone, N_("special data never leaves the house"))
        if rule is Rule.ALLOW:
            raise _bad(
                place % zone,
                N_("nothing leaves unexamined by the table; a release can say so for one case"),
            )
    if list(Rule).index(world) < list(Rule).index(eu):
        raise _bad(place % "world", N_("outside Europe it cannot be milder than within"))


def _check_conditions(clause: Clause) -> None:
    conditions = (clause.countries, clause.providers, clause.assistants, clause.groups)
    if any(len(one) > NAMES_MOST for one in conditions):
        raise _bad(clause.id, N_("there are too many names in one condition"))
    if any(
        not 0 < len(name) <= 200 or not name.isprintable() for one in conditions for name in one
    ):
        raise _bad(clause.id, N_("one of its names is none"))
    if any(not _COUNTRY.fullmatch(country) for country in clause.countries):
        raise _bad(clause.id, N_("a country is a code of two letters, such as DE"))
    if len(clause.note) > NOTE_MOST:
        raise _bad(clause.id, N_("its note is too long"))
    if not clause.requires <= set(TERMS):
        raise _bad(clause.id, N_("it requires what is no promise of a provider"))
    if clause.retention_days is not None and not 0 <= clause.retention_days <= 36_500:
        raise _bad(clause.id, N_("use 0 to 36500 days, or nothing"))


def _check_clause(clause: Clause, policy: Policy) -> None:
    _check_conditions(clause)
    if clause.then is Rule.REROUTE and not (clause.instead or policy.instead):
        raise _bad(clause.id, N_("it names no model that answers instead"))
    if Zone.HOUSE in clause.zones and clause.then not in {Rule.REFUSE, Rule.REROUTE}:
        raise _bad(clause.id, N_("in the house a rule can only refuse, or choose another model"))
    if clause.release:
        if clause.data_class is DataClass.SPECIAL:
            raise _bad(
                clause.id, N_("special data never leaves the house, not by a release either")
            )
        if clause.then in {Rule.REFUSE, Rule.REROUTE}:
            raise _bad(clause.id, N_("a release lets something go; this one refuses"))
    elif clause.then is Rule.ALLOW and not clause.requires and clause.retention_days is None:
        raise _bad(clause.id, N_("it demands nothing, so it does nothing"))


def written(policy: Policy) -> str:
    """The policy as a file; equal policies give equal bytes, whatever their version."""
    lines = [
        f"title = {_text(policy.title)}",
        f"note = {_text(policy.note)}",
        f"instead = {_text(policy.instead)}",
    ]
    for data_class in DataClass:
        lines += ["", f"[table.{data_class.word}]"]
        lines += [f'{zone.value} = "{policy.rule(data_class, zone)}"' for zone in Zone]
    for clause in policy.clauses:
        lines += ["", "[[rule]]", *_rule_lines(clause)]
    return "\n".join(lines) + "\n"


def clause_text(clause: Clause) -> str:
    """A rule in one line, as its file has it."""
    return "; ".join(_rule_lines(clause))


def version_of(number: int, body: str) -> str:
    """The version of a body: its number, and the first 12 hexadecimal digits of its SHA-256."""
    return f"{number}-{hashlib.sha256(body.encode()).hexdigest()[:12]}"


def _rule_lines(clause: Clause) -> list[str]:
    lines = [f"id = {_text(clause.id)}", f'then = "{clause.then}"']
    if clause.release:
        lines.append("release = true")
    if clause.data_class is not DataClass.PUBLIC:
        lines.append(f'class = "{clause.data_class.word}"')
    sets: dict[str, frozenset[Any]] = {
        "purposes": clause.purposes,
        "zones": clause.zones,
        "countries": clause.countries,
        "providers": clause.providers,
        "assistants": clause.assistants,
        "groups": clause.groups,
        "requires": clause.requires,
    }
    for name, values in sets.items():
        if values:
            lines.append(f"{name} = [{', '.join(_text(str(one)) for one in sorted(values))}]")
    if clause.retention_days is not None:
        lines.append(f"retention_days = {clause.retention_days}")
    if clause.instead:
        lines.append(f"instead = {_text(clause.instead)}")
    if clause.note:
        lines.append(f"note = {_text(clause.note)}")
    return lines


def _clause(rule: _Rule) -> Clause:
    return Clause(
        id=rule.id,
        then=rule.then,
        release=rule.release,
        data_class=DataClass.parse(rule.data_class),
        purposes=frozenset(rule.purposes),
        zones=frozenset(rule.zones),
        countries=frozenset(rule.countries),
        providers=frozenset(rule.providers),
        assistants=frozenset(rule.assistants),
        groups=frozenset(rule.groups),
        requires=frozenset(rule.requires),
        retention_days=rule.retention_days,
        instead=rule.instead,
        note=rule.note,
    )


def _text(value: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own, except that DEL must be one too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _bad(place: str, reason: str) -> InvalidField:
    return InvalidField(field=place, reason=reason, param=place)
