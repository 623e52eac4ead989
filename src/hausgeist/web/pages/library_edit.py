# SPDX-License-Identifier: EUPL-1.2
"""Writing assistants and prompts: the editor, and the history with its way back."""

import asyncio
from collections.abc import Mapping

from starlette.responses import Response

from hausgeist.chat.labels import CLASSES
from hausgeist.chat.library import AssistantBody, Body, PromptBody
from hausgeist.chat.library.bodies import LIMITS, NAME_MOST, TEXT_MOST
from hausgeist.chat.library.plain import NO_NUMBER, number_of
from hausgeist.core.calls import Sampling
from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, BadFields, Conflict, HausgeistError
from hausgeist.locale import translator
from hausgeist.store.library import Kind
from hausgeist.web.contexts.library import EditorPage, HistoryPage
from hausgeist.web.forms import Form, read_form
from hausgeist.web.pages.chat_views import talkers
from hausgeist.web.pages.library import KINDS, item
from hausgeist.web.pages.library_views import (
    blanks_of,
    card_of,
    colour_options,
    said,
    values_of,
    version_views,
)
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.routes import page_get, page_post
from hausgeist.web.visit import Visit

EDITOR_MOST = 1024 * 1024
"""Bytes of the editor's form: its longest text, every letter escaped."""
FIELD_MOST = 100_000
"""Characters of one field; what is longer than an item takes is said at the field."""
VERSIONS = 20
"""Versions on one page of the history."""
TITLES = {"assistant": N_("New assistant"), "prompt": N_("New prompt")}


async def show_new(visit: Visit) -> Response:
    """``GET /library/new?kind=…``."""
    kind: Kind = next((one for one in KINDS if one == visit.query_params.get("kind")), KINDS[0])
    return await _editor(visit, kind, {})


async def create(visit: Visit) -> Response:
    """``POST /library/new``."""
    form = await read_form(visit)
    kind: Kind = next((one for one in KINDS if one == form.text("kind", "")), KINDS[0])
    try:
        made = await visit.house.library.create(visit.principal, [_body(kind, form)])
    except (BadFields, Conflict) as error:
        return await _editor(visit, kind, _typed(form), error)
    return go(f"/library/{made[0]}?done=made")


async def show_editor(visit: Visit) -> Response:
    """``GET /library/{item_id}/edit``."""
    entry, _ = await visit.house.library.history(visit.principal, item(visit))
    frame = await shell(visit, N_("Edit"), "library")
    values = values_of(entry.body, frame.language)
    return await _editor(visit, entry.item.kind, values, version=entry.item.version)


async def save(visit: Visit) -> Response:
    """``POST /library/{item_id}/edit``: another version."""
    form = await read_form(visit)
    library, who = visit.house.library, visit.principal
    entry, _ = await library.history(who, item(visit))
    kind, after = entry.item.kind, form.text("version", "0")
    known = int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else 0
    try:
        await library.save(who, item(visit), _body(kind, form), known)
    except (BadFields, Conflict) as error:
        version = known if isinstance(error, BadFields) else entry.item.version
        return await _editor(visit, kind, _typed(form), error, version=version)
    return go(f"/library/{item(visit)}?done=saved")


async def show_history(visit: Visit) -> Response:
    """``GET /library/{item_id}/history?before=…``."""
    return await _history(visit)


async def restore(visit: Visit) -> Response:
    """``POST /library/{item_id}/restore``: an earlier version, as the newest one."""
    form = await read_form(visit)
    wanted, after = (
        int(word) if word.isascii() and word.isdecimal() and len(word) < 9 else 0
        for word in (form.text("version", ""), form.text("after", ""))
    )
    try:
        await visit.house.library.restore(visit.principal, item(visit), wanted, after)
    except (BadFields, Conflict) as error:
        return await _history(visit, error)
    return go(f"/library/{item(visit)}?done=restored")


def _typed(form: Form) -> dict[str, str]:
    names = ("name", "description", "shortcut", "text", "instructions", "starters")
    more = ("model", "class", "sign", "colour", *LIMITS)
    return {name: form.exact(name, "", most=FIELD_MOST) for name in (*names, *more)}


def _body(kind: Kind, form: Form) -> Body:
    """The form's fields as a body.

    Raises:
        BadFields: a number or a data class is none; the rest is checked by the library.
    """
    typed = _typed(form)
    if kind == "prompt":
        return PromptBody(
            name=typed["name"],
            description=typed["description"],
            shortcut=typed["shortcut"],
            text=typed["text"],
        )
    faults: dict[str, tuple[str, Mapping[str, object]]] = {}
    numbers: dict[str, int | float] = {}
    for field, (number_kind, _, _) in LIMITS.items():
        words = typed[field].strip()
        number = number_of(words, number_kind)
        if number is not None:
            numbers[field] = number
        elif words:
            faults[field] = (NO_NUMBER, {"value": words[:40]})
    word = typed["class"].upper()
    if word and word not in DataClass.__members__:
        faults["class"] = (N_("There is no such data class."), {})
    if faults:
        raise BadFields(faults)
    return AssistantBody(
        name=typed["name"],
        description=typed["description"],
        instructions=typed["instructions"],
        starters=tuple(typed["starters"].splitlines()),
        model=typed["model"] or None,
        data_class=DataClass[word] if word else None,
        sign=typed["sign"],
        colour=typed["colour"],
        sampling=Sampling(**numbers),  # type: ignore[arg-type]  # LIMITS names fields of it
    )


async def _editor(
    visit: Visit,
    kind: Kind,
    values: Mapping[str, str],
    error: HausgeistError | None = None,
    *,
    version: int = 0,
) -> Response:
    item_id = str(visit.path_params.get("item_id", ""))
    frame = await shell(visit, N_("Edit") if item_id else TITLES[kind], "library")
    turn = translator(frame.language)
    faults = error.faults if isinstance(error, BadFields) else {}
    cards = [(card.id, card.name) for card in talkers(visit)]
    wanted = values.get("model", "")
    if wanted and wanted not in {one for one, _ in cards}:
        cards.append((wanted, wanted))  # not there at the moment: it is kept
    context = EditorPage(
        shell=frame,
        kind=kind,
        id=item_id,
        version=version,
        values=values,
        faults={name: turn(sentence).format_map(more) for name, (sentence, more) in faults.items()},
        models=(("", turn(N_("The default"))), *cards),
        classes=(
            ("", turn(N_("As the chat has it"))),
            *((one.word, turn(words)) for one, words in CLASSES.items()),
        ),
        colours=colour_options(frame.language),
        name_most=NAME_MOST,
        text_most=TEXT_MOST,
        blanks=blanks_of(values.get("text", "")),
        error=said(error, frame.language),
    )
    return page(visit, "library_edit.html", context, status=error.status if error else 200)


async def _history(visit: Visit, error: HausgeistError | None = None) -> Response:
    entry, found = await visit.house.library.history(visit.principal, item(visit))
    frame = await shell(visit, N_("Versions"), "library")
    before = visit.query_params.get("before", "")
    newest = entry.item.version
    if before.isascii() and before.isdecimal() and len(before) < 9:
        found = tuple(one for one in found if one.version < int(before))
    shown = found[: VERSIONS + 1]
    views = await asyncio.to_thread(version_views, entry.item.kind, shown, frame.language)
    last = views[VERSIONS - 1].version if len(found) > VERSIONS else 0
    context = HistoryPage(
        shell=frame,
        card=card_of(visit.principal, entry, frame.language),
        version=newest,
        versions=views[:VERSIONS],
        older=f"/library/{entry.item.id}/history?before={last}" if last else "",
        error=said(error, frame.language),
    )
    return page(visit, "library_history.html", context, status=error.status if error else 200)


ROUTES = [
    page_get("/library/new", show_new, "A new assistant or prompt: form"),
    page_post("/library/new", create, "Make an assistant or a prompt", EDITOR_MOST),
    page_get("/library/{item_id}/edit", show_editor, "Edit an item: form"),
    page_post("/library/{item_id}/edit", save, "Save another version", EDITOR_MOST),
    page_get("/library/{item_id}/history", show_history, "An item's versions"),
    page_post("/library/{item_id}/restore", restore, "Make an earlier version the newest"),
]
