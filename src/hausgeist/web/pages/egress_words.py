# SPDX-License-Identifier: EUPL-1.2
"""Departures in words: sizes, outcomes, purposes, kinds; and a report as Markdown for page and paper."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from hausgeist.chat.exports.letter import Letter, LetterTurn
from hausgeist.chat.labels import CLASSES, KINDS, PURPOSES, ZONES
from hausgeist.core.findings import Kind
from hausgeist.core.labels import DataClass, Zone
from hausgeist.errors import N_
from hausgeist.gateway.egress import Flight
from hausgeist.locale import translator
from hausgeist.web.amounts import number, size
from hausgeist.web.moments import day_text, month_words

Turn = Callable[[str], str]

ERRANDS = {
    **{purpose.value: words for purpose, words in PURPOSES.items()},
    "models": N_("Asked for its models"),
    "login": N_("Login"),
    "weights": N_("Fetching a model"),
    "other": N_("Other"),
}
REASONS = {
    "provider": N_("Provider"),
    "login": N_("Login"),
    "ldap": N_("Directory (LDAP)"),
    "model": N_("Fetching a model"),
    "pypi": N_("Fetching a model"),
    "engine": N_("Model in the house"),
}
"""By the first word of an allow list's reason."""
OUTCOMES = {
    "ok": N_("answered"),
    "refused": N_("the other side refused"),
    "failed": N_("failed"),
    "aborted": N_("broken off here"),
    "opened": N_("under way"),
    "lost": N_("end unknown: the process was stopped by force"),
}
VERDICTS = {
    "allow": N_("allowed"),
    "pseudonymise": N_("pseudonymised"),
    "ask": N_("allowed after asking"),
    "reroute": N_("rerouted"),
    "refuse": N_("refused"),
}
DIFFERENCES = {
    "without_departure": N_("connections that no departure explains"),
    "without_connection": N_("departures whose connection was not written down"),
    "unexplained": N_("a connection that only the operating system knows of"),
}
FLIGHTS = {
    "passed": N_("passed under pseudonyms"),
    "refused": N_("the border let nothing go"),
    "leaked": N_("LEAKED"),
    "broken": N_("could not be tried"),
}
BREAKS = {
    "timeout": N_("it took too long"),
    "listener": N_("the listener could not be started"),
    "nothing_arrived": N_("nothing arrived, and nothing was refused"),
    "nothing_hidden": N_("nothing was found in the letter"),
    "not_restored": N_("the pseudonyms were not resolved in the answer"),
}
WHAT_LEFT = N_("What left")
HIDDEN = N_("Put under pseudonyms before it left")
COMPARED = N_("Compared with what was opened")
CANARY = N_("The canary")
ALLOWED = N_("Allowed destinations when this was made")
CAN_MISS = N_("What this proof can miss")
HOW_TO_CHECK = N_("How to check it")
MISSES = (
    N_(
        "The operating system's list is read every few seconds. A connection that began and ended between "
        "two looks is missed by it; not by the ledger of connections, if it went through Hausgeist's client."
    ),
    N_(
        "Datagrams of sockets that are not connected to anybody, such as questions to a name server, are not "
        "in that list for certain."
    ),
    N_(
        "Connections to the database and to directories (LDAP) are recognised by their port alone. LDAP and "
        "pip, which fetches the starter model, do not go through Hausgeist's client: their connections are "
        "written down, their bytes are not."
    ),
    N_(
        "Bytes are those of HTTP before encryption, head and body. What TLS and TCP add is not among them; "
        "the operating system's own count on the same sockets is compared with them, with room for that."
    ),
    N_(
        "Other programs on this machine are not seen. A network of its own for Hausgeist, with a way to the "
        "allowed hosts alone, keeps what no program can: see the operator's page on silence."
    ),
)


def zone_words(zone: str, turn: Turn) -> str:
    """A zone; nobody said where it is if it has none."""
    return turn(ZONES[Zone(zone)]) if zone else turn(N_("unknown"))


def class_words(word: str, turn: Turn) -> str:
    """A data class; what is no call has none."""
    return turn(CLASSES[DataClass.parse(word)]) if word else "-"


def purpose_words(row: Mapping[str, Any], turn: Turn) -> str:
    """Why something left, and to which model."""
    words = turn(ERRANDS.get(row["purpose"], row["purpose"]))
    return f"{words}: {row['model']}" if row["model"] else words


def verdict_words(verdict: str, turn: Turn) -> str:
    """What the border said."""
    return turn(VERDICTS.get(verdict, verdict)) if verdict else "-"


def reason_words(reason: str, turn: Turn) -> str:
    """Why a destination is allowed; what has no words stands as the allow list has it."""
    kind, _, name = reason.partition(":")
    if kind not in REASONS:
        return reason
    words = turn(REASONS[kind])
    return f"{words}: {name}" if name else words


def hidden_words(counts: Mapping[str, int], turn: Turn) -> str:
    """How many passages of each kind were put under pseudonyms."""
    found = []
    for kind, count in counts.items():
        one, many = KINDS.get(Kind(kind), ("", "")) if kind in set(Kind) else ("", "")
        words = one if count == 1 else many
        found.append(turn(words).format(count=count) if words else f"{count} {kind}")
    return ", ".join(found)


def flight_words(flight: Flight, turn: Turn) -> str:
    """Why a flight ended as it did: kinds, or a reason."""
    if flight.outcome == "leaked":
        kinds = dict.fromkeys(filter(None, flight.detail.split(", ")), 1)
        return hidden_words(kinds, turn)
    if flight.outcome == "broken":
        return turn(BREAKS.get(flight.detail, flight.detail))
    return hidden_words(dict(flight.hidden), turn)


def markdown(report: Mapping[str, Any], language: str) -> str:
    """A report as people read it, from its signed values alone."""
    turn = translator(language)
    rows = report["departures"]
    parts = [_opening(report, turn, language)]
    if rows:
        parts += [f"## {turn(WHAT_LEFT)}", _places(rows, turn, language)]
    if report["hidden"]:
        words = hidden_words(report["hidden"], turn)
        parts += [f"## {turn(HIDDEN)}", _clean(words)]
    parts += [
        f"## {turn(COMPARED)}",
        _compared(report["compared"], turn, language),
    ]
    parts += [f"## {turn(CANARY)}", _canary(report["canary"], turn)]
    parts += [f"## {turn(ALLOWED)}"]
    parts += [_allowed(report["allow_list"], turn)]
    parts += [f"## {turn(CAN_MISS)}"]
    parts += ["\n".join(f"- {turn(words)}" for words in MISSES)]
    parts += [f"## {turn(HOW_TO_CHECK)}"]
    checked = turn(
        N_(
            "The file in JSON is signed with Ed25519. `hausgeist egress verify FILE --key KEY` checks it on "
            "any machine; the key of this house is on its page of egress, and here: `{key}`"
        )
    )
    return "\n\n".join([*parts, checked.format(key=report["public_key"])])


def letter(report: Mapping[str, Any], language: str) -> Letter:
    """A report for paper."""
    turn = translator(language)
    made = round(datetime.fromisoformat(report["made_at"]).timestamp() * 1000)
    facts = [
        (turn(N_("Month")), month_words(report["month"], language)),
        (turn(N_("Made")), f"{day_text(made, language)}, {report['made_at'][11:16]} UTC"),
        (turn(N_("Rules")), ", ".join(report["policies"]) or "-"),
    ]
    return Letter(
        title=turn(N_("Report on what left the house")),
        organisation=report["organisation"] or "Hausgeist",
        language=language,
        facts=facts,
        marked=turn(N_("Provisional: the month is not over.")) if report["provisional"] else "",
        page=turn(N_("Page {page} of {pages}")),
        turns=[LetterTurn("", "", markdown(report, language), True)],
    )


def _opening(report: Mapping[str, Any], turn: Turn, language: str) -> str:
    rows = report["departures"]
    calls = [row for row in rows if row["data_class"]]
    if not rows:
        return turn(N_("Nothing left the house in this month."))
    words = turn(
        N_(
            "{count} requests left the house in this month, {calls} of them with a call to a model: {sent} "
            "out, {received} in. Persons and groups are not in this report: what it is made of does not know "
            "them."
        )
    )
    return words.format(
        count=number(sum(row["count"] for row in rows), language),
        calls=number(sum(row["count"] for row in calls), language),
        sent=size(sum(row["bytes_out"] for row in rows), language),
        received=size(sum(row["bytes_in"] for row in rows), language),
    )


def _places(rows: Iterable[Mapping[str, Any]], turn: Turn, language: str) -> str:
    heads = (
        turn(N_("To")),
        turn(N_("Zone")),
        turn(N_("What for")),
        turn(N_("Data class")),
        turn(N_("Decision")),
        turn(N_("Requests")),
        turn(N_("Out")),
        turn(N_("In")),
    )
    lines = [
        (
            f"{row['host']}:{row['port']}",
            zone_words(row["zone"], turn),
            purpose_words(row, turn),
            class_words(row["data_class"], turn),
            verdict_words(row["verdict"], turn),
            number(row["count"], language),
            size(row["bytes_out"], language),
            size(row["bytes_in"], language),
        )
        for row in rows
    ]
    return _table(heads, lines, right=3)


def _compared(found: Mapping[str, Any], turn: Turn, language: str) -> str:
    words = turn(
        N_(
            "{agreed} connections to the outside agree with what left. {denied} attempts were denied."
        )
    )
    parts = [
        words.format(
            agreed=number(found["agreed"], language), denied=number(found["denied"], language)
        )
    ]
    if found["open"]:
        words = turn(
            N_("{count} requests have no known end; their connections cannot be compared.")
        )
        parts.append(words.format(count=found["open"]))
    for one in found["exceptions"]:
        words = turn(
            N_("Beside the client, and counted apart: {count} x {host}:{port} ({reason}).")
        )
        parts.append(_clean(words.format(**one)))
    if not found["differences"]:
        parts.append(turn(N_("There is no difference.")))
    for one in found["differences"]:
        words = turn(DIFFERENCES[one["code"]])
        count, place = number(one["count"], language), f"{_clean(one['host'])}:{one['port']}"
        parts.append(f"**{_clean(words)}: {count} \u00d7 {place}**")
    return "\n\n".join(parts)


def _canary(counts: Mapping[str, int], turn: Turn) -> str:
    if not counts:
        return turn(N_("It did not fly: nobody outside was allowed, or nobody asked for it."))
    return "\n".join(f"- {turn(FLIGHTS[code])}: {count}" for code, count in counts.items())


def _allowed(rows: Iterable[Mapping[str, Any]], turn: Turn) -> str:
    lines = [
        (
            f"{one['host']}:{one['port']}",
            reason_words(one["reason"], turn),
            zone_words(one["zone"], turn),
        )
        for one in rows
        if one["outside"]
    ]
    if not lines:
        return turn(N_("None outside the house."))
    return _table((turn(N_("To")), turn(N_("Reason")), turn(N_("Zone"))), lines)


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]], right: int = 0) -> str:
    names = [_clean(word) for word in heads]
    sides = ["---"] * (len(names) - right) + ["---:"] * right
    rows = [[_clean(word) for word in line] for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in [names, sides, *rows])


def _clean(text: str) -> str:
    """Words that Markdown is to leave alone: hosts and models are named by others."""
    return "".join(
        f"\\{sign}" if sign in "\\`*_[]<>|#!" else sign for sign in text.replace("\n", " ")
    )
