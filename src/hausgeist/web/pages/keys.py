# SPDX-License-Identifier: EUPL-1.2
"""API keys on pages: rows, the form for a new one, and what the form means. People's and services' alike."""

from collections.abc import Mapping
from types import MappingProxyType

from hausgeist.core.labels import DataClass
from hausgeist.errors import N_, InvalidField
from hausgeist.identity import Key, KeyWish
from hausgeist.locale import translator
from hausgeist.web.contexts.keys import KeyForm, KeyRow
from hausgeist.web.forms import Form, data_class_of
from hausgeist.web.moments import day_text
from hausgeist.web.visit import Visit

DAY_MS = 86_400_000
TERMS = (
    ("90", N_("90 days")),
    ("30", N_("30 days")),
    ("365", N_("One year")),
    ("never", N_("Never")),
)
CLASSES = {
    DataClass.SPECIAL: N_("Special: specially protected data too"),
    DataClass.PERSONAL: N_("Personal: up to personal data"),
    DataClass.INTERNAL: N_("Internal: nothing personal"),
    DataClass.PUBLIC: N_("Public: only what anybody may read"),
}


def rows(
    keys: list[Key], now_ms: int, language: str, groups: Mapping[str, str] = MappingProxyType({})
) -> tuple[KeyRow, ...]:
    """Keys, ready to be shown; ``groups`` are titles by id."""
    return tuple(
        KeyRow(
            id=key.id,
            name=key.name,
            hint=key.hint,
            service=key.service or "",
            group=groups.get(key.group, key.group),
            models=key.models or (),
            max_class=translator(language)(CLASSES[key.max_class]).partition(":")[0],
            administers=key.administers,
            created=day_text(key.created_at, language),
            expires=day_text(key.expires_at, language),
            used=day_text(None if key.used_day is None else key.used_day * DAY_MS, language),
            state=key.state(now_ms),
            collected=day_text(key.collected_since, language),
        )
        for key in keys
    )


def key_form(
    visit: Visit,
    language: str,
    action: str,
    *,
    for_service: bool = False,
    groups: tuple[tuple[str, str], ...] = (),
    error: str = "",
    name: str = "",
) -> KeyForm:
    """The form for a new key; it offers the models this person may use."""
    turn = translator(language)
    return KeyForm(
        action=action,
        models=offered(visit, for_service=for_service),
        classes=tuple((one.word, turn(words)) for one, words in CLASSES.items()),
        terms=tuple((days, turn(words)) for days, words in TERMS),
        may_administer=visit.principal.is_admin and not for_service,
        for_service=for_service,
        groups=groups,
        error=error,
        name=name,
    )


def offered(visit: Visit, *, for_service: bool) -> tuple[str, ...]:
    """The names of the models that the visitor may use; for a service, all that the house has."""
    directory = visit.house.gateway.directory
    cards = directory.everything() if for_service else directory.visible(visit.principal)
    return tuple(card.id for card in cards)


def wish_of(visit: Visit, form: Form, *, for_service: bool) -> KeyWish:
    """What the form asks for. Fields that are not on it change nothing.

    Raises:
        InvalidField: a field is none of what the form offers.
    """
    models = form.many("models")
    unknown = set(models) - set(offered(visit, for_service=for_service))
    if unknown:
        raise InvalidField(field="models", reason=N_("choose among those on offer"), param="models")
    max_class = data_class_of(form.text("max_class"), "max_class")
    term = form.text("days")
    if term not in dict(TERMS):
        raise InvalidField(field="days", reason=N_("choose one of the terms"), param="days")
    return KeyWish(
        name=form.text("key_name", most=200),
        models=models or None,
        max_class=max_class,
        expires_at=visit.house.now_ms() + int(term) * DAY_MS if term.isdigit() else None,
        administers=form.ticked("administers") and not for_service,
        service=form.text("service", most=200) if for_service else None,
        group=form.text("group", "everyone", most=64) if for_service else "everyone",
        cost_centre=form.text("cost_centre", "", most=64) or None if for_service else None,
    )
