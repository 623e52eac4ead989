# SPDX-License-Identifier: EUPL-1.2
"""The facts beneath an answer: a message flows in, a quiet line, a table and sentences flow out.

Says what is known, "unknown" where nothing is, and always what the model was not sent.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from hausgeist.chat import Said
from hausgeist.chat.labels import CLASSES, ZONES
from hausgeist.core.labels import DataClass, Zone
from hausgeist.errors import N_, REASONS, GuardRefused
from hausgeist.locale import translator
from hausgeist.web.amounts import euros, number
from hausgeist.web.contexts.turns import FlagView
from hausgeist.web.pages.chat_views import kinds_line

DIGEST = 12
"""Characters of a digest that tell a version from any other one will meet."""

_UNKNOWN = N_("unknown")
_LEFT_OUT = N_("{count} earlier messages did not fit into the model's window and were not sent.")
_ONE_LEFT_OUT = N_("An earlier message did not fit into the model's window and was not sent.")
_CUT = N_("Of “{name}”, the first {kept} of {chars} characters were sent.")
_NOT_SENT = N_("“{name}” did not fit into the model's window and was not sent.")
_NOT_SEEN = N_("“{name}” was not sent: it did not fit, or the model does not see pictures.")
_GONE = N_("The assistant is no longer there for you; its instructions were not sent.")

_ONE_UNASSIGNED = N_(
    "A pseudonym stays in this answer: it cannot be assigned to anything, or stands in a link."
)
_UNASSIGNED = N_(
    "{count} pseudonyms stay in this answer: they cannot be assigned to anything, or stand in a link."
)
_REROUTED = N_("{model} in the house answered instead of {wanted}.")
_ABOUT = {
    "input": N_("A notice about your question:"),
    "output": N_("A notice about this answer:"),
    "refused": N_("If this was wrong, a person looks at it:"),
}

Turn = Callable[[str], str]


def line_of(said: Said, language: str) -> tuple[str, ...]:
    """The summary: data class, duration, tokens and cost, as far as they are known."""
    turn = translator(language)
    line = []
    if said.data_class is not None:
        line.append(turn(CLASSES[DataClass.parse(said.data_class)]))
    if said.duration_ms is not None:
        line.append(_seconds(said.duration_ms, language))
    if said.output_tokens:
        words = N_("{count} token") if said.output_tokens == 1 else N_("{count} tokens")
        line.append(turn(words).format(count=number(said.output_tokens, language)))
    if said.micro_eur:
        line.append(euros(said.micro_eur, language, 4))
    if hidden := said.about.get("hidden"):
        words = turn(N_("{kinds} pseudonymised"))
        line.append(words.format(kinds=kinds_line(hidden, language)))
    return tuple(line)


def provider_name(about: Mapping[str, Any], turn: Turn) -> str:
    """Who made an answer: a provider's name, or this house; empty when it is not known."""
    name = str(about.get("provider") or "")
    return turn(N_("this house")) if name == "house" else name


def table_of(said: Said, name: str, language: str) -> tuple[tuple[str, str], ...]:
    """Everything that is known of how an answer came about; ``name`` is the model's."""
    if said.state == "running":
        return ()
    turn, about = translator(language), said.about
    rows = [
        (turn(N_("Model")), name if name == said.model else f"{name} ({said.model})"),
        (turn(N_("Version")), _version(about) or turn(_UNKNOWN)),
        (turn(N_("Provider")), provider_name(about, turn) or turn(_UNKNOWN)),
        (turn(N_("Where")), _where(said, turn)),
    ]
    if said.data_class is not None:
        rows.append((turn(N_("Data class")), turn(CLASSES[DataClass.parse(said.data_class)])))
    if about.get("policy"):
        rows.append((turn(N_("Rules")), str(about["policy"])))
    rows += _border(said, turn, language)
    if helper := about.get("assistant"):
        words = turn(N_("{name}, version {version}"))
        rows.append((turn(N_("Assistant")), words.format(**helper)))
    if "messages" in about:
        rows.append((turn(N_("Messages sent")), number(about["messages"], language)))
    rows += [(str(file["name"]), _file(file, turn, language)) for file in about.get("files", ())]
    rows.append((turn(N_("Tokens in")), _tokens(said.input_tokens, about, turn, language)))
    rows.append((turn(N_("Tokens out")), _tokens(said.output_tokens, about, turn, language)))
    rows.append((turn(N_("Cost")), _cost(said, turn, language)))
    if said.duration_ms is not None:
        rows.append((turn(N_("Time")), _seconds(said.duration_ms, language)))
    if "first_token_ms" in about:
        rows.append((turn(N_("First word after")), _seconds(about["first_token_ms"], language)))
    if "continues" in about:
        words = turn(N_("after {chars} characters of an earlier version"))
        chars = number(about["continues"]["chars"], language)
        rows.append((turn(N_("Goes on")), words.format(chars=chars)))
    return tuple(rows)


def left_out_of(said: Said, language: str) -> tuple[str, ...]:
    """Sentences about what the model was not sent."""
    turn, about = translator(language), said.about
    found = []
    if count := about.get("left_out", 0):
        found.append(
            turn(_ONE_LEFT_OUT)
            if count == 1
            else turn(_LEFT_OUT).format(count=number(count, language))
        )
    for file in about.get("files", ()):
        kept, chars = file["kept"], file["of"]
        if kept >= chars:
            continue
        words = _NOT_SEEN if file.get("picture") else _CUT if kept else _NOT_SENT
        numbers = {"kept": number(kept, language), "chars": number(chars, language)}
        found.append(turn(words).format(name=file["name"], **numbers))
    if about.get("assistant_gone"):
        found.append(turn(_GONE))
    if lost := about.get("unassigned"):
        words = _ONE_UNASSIGNED if lost == 1 else _UNASSIGNED
        found.append(turn(words).format(count=number(lost, language)))
    return tuple(found)


def rerouted_of(said: Said, wanted: str, name: str, language: str) -> str:
    """That another model answered than the one that was asked for, and why; empty if none did."""
    if "wanted" not in said.about:
        return ""
    turn = translator(language)
    why = [turn(REASONS[one]) for one in said.about.get("rerouted", ()) if one in REASONS]
    return " ".join([turn(_REROUTED).format(model=name, wanted=wanted), *why])


def flags_of(said: Said, language: str) -> tuple[FlagView, ...]:
    """What guards noticed of the question or the answer, with the way to object."""
    turn = translator(language)
    flags = list(said.about.get("flags", ()))
    if said.error == GuardRefused.code:
        rule = str(said.error_values.get("rule", ""))
        flags.append({"rule": rule, "reason": "", "place": "refused"})
    return tuple(
        FlagView(
            about=turn(_ABOUT[flag["place"]]),
            reason=turn(flag["reason"]) if flag["reason"] else "",
            objection=f"/appeals?{urlencode({'rule': flag['rule']})}",
        )
        for flag in flags
    )


def _border(said: Said, turn: Turn, language: str) -> list[tuple[str, str]]:
    """What the border did with the question."""
    about = said.about
    rows = []
    if about.get("hidden"):
        rows.append((turn(N_("Under pseudonyms")), kinds_line(about["hidden"], language)))
    elif said.zone is not None and said.zone != Zone.HOUSE:
        rows.append((turn(N_("Under pseudonyms")), turn(N_("nothing"))))
    if about.get("agreed"):
        rows.append((turn(N_("Asked before")), turn(N_("You agreed that it goes there."))))
    if "wanted" in about:
        rows.append((turn(N_("Asked for")), str(about["wanted"])))
    return rows


def _version(about: Mapping[str, Any]) -> str:
    digest = str(about.get("digest", "")).removeprefix("sha256:")[:DIGEST]
    known = (about.get("upstream"), about.get("parameters"), about.get("quantisation"), digest)
    return " · ".join(str(one) for one in known if one)


def _where(said: Said, turn: Turn) -> str:
    if said.zone is None and (source := said.about.get("imported")):
        return turn(N_("not known here: it was imported from {source}")).format(source=source)
    if said.zone is None:
        return turn(N_("nowhere: it was not sent"))
    words = turn(ZONES[Zone(said.zone)])
    country = said.about.get("country")
    return f"{words} ({country})" if country and said.zone != Zone.HOUSE else words


def _file(file: Mapping[str, Any], turn: Turn, language: str) -> str:
    kept, chars = file["kept"], file["of"]
    if not kept:
        return turn(N_("not sent"))
    if file.get("picture"):
        return turn(N_("shown"))
    if kept >= chars:
        return turn(N_("whole, {chars} characters")).format(chars=number(chars, language))
    words = turn(N_("{kept} of {chars} characters"))
    return words.format(kept=number(kept, language), chars=number(chars, language))


def _tokens(count: int | None, about: Mapping[str, Any], turn: Turn, language: str) -> str:
    if count is None:
        return turn(_UNKNOWN)
    words = number(count, language)
    return f"{words} ({turn(N_('estimated'))})" if about.get("estimated") else words


def _cost(said: Said, turn: Turn, language: str) -> str:
    if said.micro_eur is None:
        return turn(_UNKNOWN)
    words = euros(said.micro_eur, language, 4)
    notes = [str(said.about.get("price", ""))]
    if said.about.get("estimated"):
        notes.append(turn(N_("estimated")))
    told = ", ".join(filter(None, notes))
    return f"{words} ({told})" if told else words


def _seconds(milliseconds: int, language: str) -> str:
    return f"{number(milliseconds / 1000, language, 1)} s"
