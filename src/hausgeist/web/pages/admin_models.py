# SPDX-License-Identifier: EUPL-1.2
"""``/admin/models``: what the house serves, from where, and how to add or remove a model of its own."""

from starlette.responses import Response

from hausgeist.chat.labels import ZONES
from hausgeist.core.models import Capability, ModelCard
from hausgeist.core.trail import Fact
from hausgeist.errors import (
    N_,
    BadRequest,
    Conflict,
    HausgeistError,
    NotFound,
    UnknownModel,
)
from hausgeist.gateway.directory import Note
from hausgeist.gateway.providers.house import NAME as HOUSE
from hausgeist.gateway.weights.sources import parse_source
from hausgeist.identity import Group
from hausgeist.locale import translator
from hausgeist.web.amounts import number, size
from hausgeist.web.contexts.admin_models import FetchRow, ModelRow, ModelsPage
from hausgeist.web.fetches import Fetch
from hausgeist.web.forms import FORM_MOST, read_form
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

STARTER = "starter"
DONE = {
    "started": N_("The model is on its way."),
    "stopped": N_("Stopped. What was fetched is kept, and starting again goes on from there."),
    "removed": N_("The model is removed."),
    "default": N_("The model offered first is saved."),
    "saved": N_("Saved."),
}


async def show(visit: Visit) -> Response:
    """``GET /admin/models``."""
    return await _models_page(visit)


async def add(visit: Visit) -> Response:
    """``POST /admin/models``: fetch a source; the page shows how far it is."""
    house = visit.house
    form = await read_form(visit)
    source = form.text("source", most=2000)
    try:
        if source != STARTER:
            parse_source(source)
        house.fetches.start(visit.id, source, house.pull, trail=house.trail, by=visit.principal.id)
    except (BadRequest, Conflict) as error:
        return await _models_page(visit, error=error, source=source)
    return go("/admin/models?done=started")


async def stop(visit: Visit) -> Response:
    """``POST /admin/models/fetches/{fetch_id}/stop``."""
    if not visit.house.fetches.stop(visit.path_params["fetch_id"]):
        raise NotFound
    return go("/admin/models?done=stopped")


async def remove(visit: Visit) -> Response:
    """``POST /admin/models/remove``: a model of the house, by its name."""
    house = visit.house
    name = (await read_form(visit)).text("model")
    if house.gateway.directory.knows(name):
        # files cannot share a transaction with their event: that it begins is in the trail before
        await house.trail.record("model.removing", actor=visit.principal.id, subject=name)
    await house.delete(name)
    facts: dict[str, Fact] = {"before.present": True, "after.present": False}
    await house.trail.record("model.removed", actor=visit.principal.id, subject=name, **facts)
    return go("/admin/models?done=removed")


async def set_default(visit: Visit) -> Response:
    """``POST /admin/models/default``: what the house offers first; empty: as the settings say."""
    model = (await read_form(visit)).text("model", "")
    if model and not visit.house.gateway.directory.knows(model):
        raise UnknownModel(model=model, param="model")
    await visit.house.identity.branding.set_default_model(model, visit.principal.id)
    return go("/admin/models?done=default")


async def describe(visit: Visit) -> Response:
    """``POST /admin/models/note``: what people read of a model, whether the chat offers it, and to whom."""
    form = await read_form(visit)
    house, me = visit.house, visit.principal.id
    model = form.text("model")
    talks = any(
        card.id == model and card.can(Capability.COMPLETION)
        for card in house.gateway.directory.everything()
    )
    note = Note(
        title=form.text("title", ""),
        description=form.text("description", "", most=2000),
        hidden=talks and not form.ticked("offered"),
    )
    try:
        await house.notes.set(model, note, me)
    except BadRequest as error:
        return await _models_page(visit, error=error)
    await house.identity.groups.offer(model, form.many("groups"), me)
    return go("/admin/models?done=saved")


async def _models_page(
    visit: Visit, *, error: HausgeistError | None = None, source: str = ""
) -> Response:
    house = visit.house
    frame = await shell(visit, N_("Models"), "admin")
    turn = translator(frame.language)
    loaded = {one.model for one in house.loaded()}
    running = house.fetches.running()
    cards = house.gateway.directory.everything()
    talkers = [card for card in cards if card.can(Capability.COMPLETION)]
    groups = await house.identity.groups.all()
    said = visit.query_params.get("done", "")
    done = "" if said == "started" and not running else DONE.get(said, "")
    context = ModelsPage(
        shell=frame,
        tabs=tabs(frame.language),
        models=tuple(
            _row(visit, card, groups, loaded=card.id in loaded, language=frame.language)
            for card in cards
        ),
        zones=tuple(
            (turn(words), tuple((card.id, card.name) for card in talkers if card.zone is zone))
            for zone, words in ZONES.items()
            if any(card.zone is zone for card in talkers)
        ),
        default_model=await house.identity.branding.default_model(),
        by_setting=house.settings.default_model,
        fetches=tuple(_fetch(one, frame.language) for one in house.fetches.all()),
        running=running,
        done=turn(done) if done else "",
        error=error.say(turn) if error is not None else "",
        source=source,
    )
    return page(visit, "admin_models.html", context, status=error.status if error else 200)


def _row(
    visit: Visit, card: ModelCard, groups: list[Group], *, loaded: bool, language: str
) -> ModelRow:
    facts = (card.parameters, card.quantisation, card.family)
    note = visit.house.gateway.directory.note(card.id)
    return ModelRow(
        id=card.id,
        title=card.title,
        provider=card.provider,
        zone=card.zone.value,
        context="" if card.context is None else number(card.context, language),
        size=size(card.size_bytes, language) if card.size_bytes else "",
        facts=" · ".join(fact for fact in facts if fact),
        loaded=loaded,
        hidden=note.hidden,
        talks=card.can(Capability.COMPLETION),
        own_title=note.title,
        description=note.description,
        groups=tuple(
            (
                group.id,
                group.title,
                group.models is None or card.id in group.models,
                group.models is None,
            )
            for group in groups
        ),
        removable=card.provider == HOUSE and bool(card.digest),  # the encoder is no file
    )


def _fetch(one: Fetch, language: str) -> FetchRow:
    turn = translator(language)
    note = size(one.done, language)
    if one.total:
        note = turn(N_("{done} of {total}")).format(done=note, total=size(one.total, language))
    return FetchRow(
        id=one.id,
        source=one.source,
        value=100 * one.done // one.total if one.total else None,
        note=note,
        ended=one.ended,
        error=one.error.say(turn) if one.error is not None else "",
    )


ROUTES = [
    admin_get("/admin/models", show, "Models on offer"),
    admin_post("/admin/models", add, "Fetch a model", FORM_MOST),
    admin_post("/admin/models/default", set_default, "Choose what is offered first", FORM_MOST),
    admin_post("/admin/models/note", describe, "Change what people read of a model", FORM_MOST),
    admin_post("/admin/models/remove", remove, "Remove a model of the house", FORM_MOST),
    admin_post("/admin/models/fetches/{fetch_id}/stop", stop, "Stop a fetch", FORM_MOST),
]
