# SPDX-License-Identifier: EUPL-1.2
"""Items of the library as its pages and the chat show them. Values in, views out; decides nothing."""

import difflib
from collections.abc import Callable, Mapping, Sequence

from hausgeist.chat import Conversation
from hausgeist.chat.labels import CLASSES
from hausgeist.chat.library import AssistantBody, Body, Entry, PromptBody
from hausgeist.chat.library.bodies import COLOURS, LIMITS, from_json
from hausgeist.chat.library.library import Assistant
from hausgeist.chat.library.plain import Fault
from hausgeist.chat.library.variables import Variable, VariableError, variables
from hausgeist.core.people import Principal
from hausgeist.errors import N_, HausgeistError
from hausgeist.locale import translator
from hausgeist.store.library import Version
from hausgeist.web.amounts import number
from hausgeist.web.contexts.library import AssistantView, Blank, Card, Change, Mark, VersionView
from hausgeist.web.moments import day_text
from hausgeist.web.pages.chat_views import model_name
from hausgeist.web.visit import Visit

AT_HAND = 4
"""Assistants on the start page."""
LINES_MOST = 600
"""Lines of a text that are compared; beyond, a version shows whole."""
AROUND = 2
"""Lines that stay the same, shown around one that changed."""

AUDIENCES = {
    "owner": N_("Only me"),
    "groups": N_("Groups"),
    "everyone": N_("Everyone in the house"),
}
FIELDS = {
    "name": N_("Name"),
    "description": N_("Short description"),
    "instructions": N_("Instructions"),
    "text": N_("Text"),
    "shortcut": N_("Shortcut"),
    "starters": N_("Starter questions"),
    "model": N_("Model"),
    "class": N_("Data class"),
    "sign": N_("Sign"),
    "colour": N_("Colour"),
    "temperature": N_("Temperature"),
    "top_p": N_("Top-p"),
    "top_k": N_("Top-k"),
    "max_tokens": N_("Longest answer in tokens"),
    "seed": N_("Seed"),
    "presence_penalty": N_("New subjects"),
    "frequency_penalty": N_("Fewer repeats"),
}
COLOUR_NAMES = {
    "": N_("No colour"),
    "blue": N_("Blue"),
    "teal": N_("Teal"),
    "green": N_("Green"),
    "amber": N_("Amber"),
    "red": N_("Red"),
    "violet": N_("Violet"),
}


def card_of(who: Principal, entry: Entry, language: str) -> Card:
    """An item as a card."""
    item, body = entry.item, entry.body
    audience = translator(language)(AUDIENCES[item.audience])
    if item.audience == "groups":
        audience = ", ".join(entry.groups.values())
    return Card(
        id=item.id,
        kind=item.kind,
        name=body.name,
        description=body.description,
        audience=audience,
        owner=item.owner or "",
        mine=item.owner_id == who.id,
        sign=sign_of(body),
        colour=body.colour if isinstance(body, AssistantBody) else "",
        shortcut=body.shortcut if isinstance(body, PromptBody) else "",
        archived=item.archived_at is not None,
        starts=f"/?assistant={item.id}" if item.kind == "assistant" else f"/library/{item.id}/use",
    )


def sign_of(body: Body) -> str:
    """The sign of an item: its own, or the first letter of its name."""
    if isinstance(body, PromptBody):
        return "/"
    return body.sign or body.name[:1].upper()


def values_of(body: Body, language: str) -> dict[str, str]:
    """A body as the fields of its form, as people write them."""
    if isinstance(body, PromptBody):
        return {
            "name": body.name,
            "description": body.description,
            "shortcut": body.shortcut,
            "text": body.text,
        }
    values = {
        "name": body.name,
        "description": body.description,
        "instructions": body.instructions,
        "starters": "\n".join(body.starters),
        "model": body.model or "",
        "class": "" if body.data_class is None else body.data_class.word,
        "sign": body.sign,
        "colour": body.colour,
    }
    for field in LIMITS:
        value = getattr(body.sampling, field)
        words = "" if value is None else repr(value)
        values[field] = words.replace(".", ",") if language == "de" else words
    return values


def facts_of(visit: Visit, body: Body, language: str) -> tuple[tuple[str, str], ...]:
    """What is set beside the instructions, for people."""
    if isinstance(body, PromptBody):
        return ()
    turn = translator(language)
    facts = [(turn(FIELDS["model"]), model_name(visit, body.model) or turn(N_("The default")))]
    if body.data_class is not None:
        facts.append((turn(FIELDS["class"]), turn(CLASSES[body.data_class])))
    for field, (kind, _, _) in LIMITS.items():
        value = getattr(body.sampling, field)
        if value is not None:
            places = 0 if kind is int else len(repr(float(value)).partition(".")[2])
            words = str(value) if field == "seed" else number(value, language, places)
            facts.append((turn(FIELDS[field]), words))
    return tuple(facts)


def blanks_of(text: str, values: Mapping[str, str] | None = None) -> tuple[Blank, ...]:
    """The fields of a prompt's variables, with what was given or the default; none if it has faults."""
    try:
        found = variables(text)
    except VariableError:
        return ()
    given = values or {}
    return tuple(
        Blank(
            id=blank_id(place),
            name=one.name,
            long=one.long,
            choices=one.choices,
            value=given.get(one.name, one.default),
        )
        for place, one in enumerate(found)
    )


def blank_id(place: int) -> str:
    """The form's name of a variable: people name variables, and not the fields of our forms."""
    return f"v{place}"


def variable_json(one: Variable) -> dict[str, object]:
    """A variable as scripts read it."""
    return {
        "name": one.name,
        "long": one.long,
        "choices": one.choices,
        "default": one.default,
    }


def fault_words(fault: Fault, turn: Callable[[str], str]) -> str:
    """What is wrong with a file, with its line and field."""
    words = turn(fault.text).format_map(fault.values)
    name = turn(FIELDS[fault.field]) if fault.field in FIELDS else ""
    if name:
        words = f"{name}: {words}"
    return (
        turn(N_("Line {line}: {what}")).format(line=fault.line, what=words) if fault.line else words
    )


def colour_options(language: str) -> tuple[tuple[str, str], ...]:
    """Colours to choose from."""
    turn = translator(language)
    return tuple((word, turn(COLOUR_NAMES[word])) for word in ("", *COLOURS))


# -- versions ---------------------------------------------------------------------------------------


def version_views(kind: str, found: Sequence[Version], language: str) -> tuple[VersionView, ...]:
    """Versions, each with how it differs from the one that follows in ``found``."""
    turn = translator(language)
    views = []
    for place, one in enumerate(found):
        before = found[place + 1] if place + 1 < len(found) else None
        new = values_of(from_json(kind, one.body), language)
        old = values_of(from_json(kind, before.body), language) if before else new
        views.append(
            VersionView(
                version=one.version,
                author=one.author or turn(N_("somebody who is gone")),
                at=day_text(one.at, language),
                changes=_changes(old, new, turn),
            )
        )
    return tuple(views)


def _changes(
    old: Mapping[str, str], new: Mapping[str, str], turn: Callable[[str], str]
) -> tuple[Change, ...]:
    return tuple(
        Change(field=turn(FIELDS[key]), lines=lines_between(old.get(key, ""), new[key]))
        for key in new
        if old.get(key, "") != new[key]
    )


def lines_between(old: str, new: str) -> tuple[tuple[Mark, str], ...]:
    """Two texts as lines that went, came or stayed; long stretches that stayed are left out."""
    before, after = old.split("\n") if old else [], new.split("\n") if new else []
    if len(before) > LINES_MOST or len(after) > LINES_MOST:
        return (*(("old", line) for line in before), *(("new", line) for line in after))
    found: list[tuple[Mark, str]] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for place, group in enumerate(matcher.get_grouped_opcodes(AROUND)):
        if place:
            found.append(("skip", "…"))
        for what, from_old, to_old, from_new, to_new in group:
            if what == "equal":
                found += [("same", line) for line in before[from_old:to_old]]
                continue
            found += [("old", line) for line in before[from_old:to_old]]
            found += [("new", line) for line in after[from_new:to_new]]
    return tuple(found)


# -- in the chat --------------------------------------------------------------------------------------


def assistant_view(found: Assistant) -> AssistantView:
    """An assistant as the chat shows it."""
    return AssistantView(
        id=found.id,
        name=found.name,
        description=found.description,
        sign=found.sign or found.name[:1].upper(),
        colour=found.colour,
        starters=found.starters,
        version=found.version,
        newest=found.newest if found.newest > found.version else 0,
        starts=f"/?assistant={found.id}",
    )


def talking_to(found: Assistant | None, talk: Conversation | None) -> AssistantView | None:
    """The assistant of a conversation or of a new one; ``gone`` when the conversation has lost it."""
    if found is not None:
        return assistant_view(found)
    lost = talk.assistant_id if talk is not None else None
    return AssistantView(id=lost, gone=True) if lost else None


async def assistants_at_hand(visit: Visit) -> tuple[AssistantView, ...]:
    """The few that the start page offers."""
    found = await visit.house.library.assistants_at_hand(visit.principal, AT_HAND)
    return tuple(assistant_view(one) for one in found)


def said(error: HausgeistError | None, language: str) -> str:
    """An error in the reader's words; empty for none."""
    return error.say(translator(language)) if error is not None else ""
