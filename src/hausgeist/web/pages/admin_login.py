# SPDX-License-Identifier: EUPL-1.2
"""``/admin/logins/{source}``: one login source, its form, a test of it, and the accounts it knows."""

from urllib.parse import urlsplit

from starlette.responses import Response

from hausgeist.errors import N_, BadRequest, Conflict, HausgeistError, InvalidField, NotFound
from hausgeist.identity.logins import LoginSource
from hausgeist.identity.people import group_slug
from hausgeist.identity.sources import (
    LdapSettings,
    OidcSettings,
    Rule,
    Settings,
    acceptable_id,
    kind_of,
)
from hausgeist.identity.trials import Tried
from hausgeist.locale import translator
from hausgeist.web.contexts.admin_logins import LinkRow, LoginSourcePage, RuleRow, TestedSource
from hausgeist.web.forms import FORM_MOST, Form, read_form
from hausgeist.web.moments import day_text
from hausgeist.web.pages.admin import admin_get, admin_post, tabs
from hausgeist.web.pages.admin_logins import named, verbs
from hausgeist.web.rendering import go, page, shell
from hausgeist.web.visit import Visit

KINDS = ("oidc", "ldap")
TICKS = ("create", "take_over", "userinfo", "private")
FRESH_RULES = 3
RULES_MOST = 200
TEXT_MOST = 20_000

DONE = {
    "saved": N_("Saved. Test the source before you switch it on."),
    "linked": N_("The account is linked; its owner logs in by this source from now on."),
    "unlinked": N_("The link is gone; sessions that came by it have ended."),
}


async def blank(visit: Visit) -> Response:
    """``GET /admin/logins/new?kind=…``."""
    kind = _kind(visit.query_params.get("kind", ""))
    return await _source_page(visit, kind=kind)


async def add(visit: Visit) -> Response:
    """``POST /admin/logins``: a new source; it stays off."""
    form = await read_form(visit)
    kind = _kind(form.text("kind"))
    try:
        source = acceptable_id(form.text("id"))
        await verbs(visit).save(
            source, _settings(form, kind), by=visit.principal.id, secret=_secret(form), new=True
        )
    except (BadRequest, Conflict) as error:
        return await _source_page(visit, kind=kind, form=form, error=error)
    return go(f"/admin/logins/{source}?done=saved")


async def show(visit: Visit) -> Response:
    """``GET /admin/logins/{source}``."""
    return await _source_page(visit, await verbs(visit).get(named(visit)))


async def save(visit: Visit) -> Response:
    """``POST /admin/logins/{source}``; an empty secret keeps the one there is."""
    form = await read_form(visit)
    found = await verbs(visit).get(named(visit))
    try:
        settings = _settings(form, kind_of(found.settings))
        await verbs(visit).save(
            found.id, settings, by=visit.principal.id, secret=_secret(form) or None
        )
    except BadRequest as error:
        return await _source_page(visit, found, form=form, error=error)
    return go(f"/admin/logins/{found.id}?done=saved")


async def test(visit: Visit) -> Response:
    """``POST /admin/logins/{source}/test``: connect to it, once."""
    form = await read_form(visit)
    found = await verbs(visit).get(named(visit))
    login = form.text("login", "")
    try:
        tried = await verbs(visit).test(found.id, login, by=visit.principal.id)
    except HausgeistError as error:
        return await _source_page(visit, found, error=error, status=200)
    return await _source_page(visit, found, tried=tried, looked_for=login)


async def link(visit: Visit) -> Response:
    """``POST /admin/logins/{source}/link``: this account is that person there."""
    form = await read_form(visit)
    found = await verbs(visit).get(named(visit))
    try:
        await verbs(visit).link(
            found.id, form.text("login"), form.text("subject"), by=visit.principal.id
        )
    except (BadRequest, Conflict, NotFound) as error:
        return await _source_page(visit, found, error=error)
    return go(f"/admin/logins/{found.id}?done=linked")


async def unlink(visit: Visit) -> Response:
    """``POST /admin/logins/{source}/unlink/{user_id}``."""
    await verbs(visit).unlink(named(visit), visit.path_params["user_id"], by=visit.principal.id)
    return go(f"/admin/logins/{named(visit)}?done=unlinked")


# -- from the form, and into it ----------------------------------------------------------------------


def _settings(form: Form, kind: str) -> Settings:
    """The settings that a form says; whether they are acceptable is decided elsewhere.

    Raises:
        InvalidField: a field is missing or too long, or no number.
    """
    title, create, take_over = form.text("title"), form.ticked("create"), form.ticked("take_over")
    allowed, admins, rules = _lines(form, "allowed"), _lines(form, "admins"), _rules(form)
    if kind == "oidc":
        return OidcSettings(
            title=title,
            create=create,
            take_over=take_over,
            allowed=allowed,
            admins=admins,
            rules=rules,
            issuer=form.text("issuer", most=1000),
            client_id=form.text("client_id"),
            scopes=form.text("scopes"),
            login_claim=form.text("login_claim"),
            name_claim=form.text("name_claim"),
            groups_claim=form.text("groups_claim", ""),
            userinfo=form.ticked("userinfo"),
            hosts=_lines(form, "hosts"),
            private=form.ticked("private"),
        )
    return LdapSettings(
        title=title,
        create=create,
        take_over=take_over,
        allowed=allowed,
        admins=admins,
        rules=rules,
        url=form.text("url", most=1000),
        bind_dn=form.text("bind_dn", "", most=1000),
        base=form.text("base", most=1000),
        people_filter=form.text("people_filter", most=2000),
        id_attribute=form.text("id_attribute"),
        login_attribute=form.text("login_attribute"),
        name_attribute=form.text("name_attribute"),
        member_of=form.text("member_of", ""),
        group_base=form.text("group_base", "", most=1000),
        group_filter=form.text("group_filter", "", most=2000),
        group_name=form.text("group_name"),
        certificates=form.text("certificates", "", most=TEXT_MOST),
        timeout=_number(form, "timeout"),
    )


def _rules(form: Form) -> tuple[Rule, ...]:
    """The rows of the form that say something."""
    rules = []
    for index in range(RULES_MOST):
        theirs, ours = form.text(f"theirs{index}", "", most=1000), form.text(f"ours{index}", "")
        if theirs or ours:
            slug = group_slug(ours) if ours else ""
            rules.append(Rule(theirs=theirs, ours=slug, pays=form.ticked(f"pays{index}")))
    return tuple(rules)


def _lines(form: Form, name: str) -> tuple[str, ...]:
    text = form.text(name, "", most=TEXT_MOST)
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _number(form: Form, name: str) -> int:
    text = form.text(name)
    if not (text.isascii() and text.isdigit()) or len(text) > 3:
        raise InvalidField(field=name, reason=N_("use 1 to 30 seconds"), param=name)
    return int(text)


def _secret(form: Form) -> str:
    return form.exact("secret", "").strip("\r\n")


def _kind(word: str) -> str:
    if word not in KINDS:
        raise NotFound
    return word


def _defaults(kind: str) -> Settings:
    """What a new source's form starts with."""
    if kind == "oidc":
        return OidcSettings(title="", issuer="", client_id="")
    return LdapSettings(title="", url="ldaps://", base="")


def _texts(settings: Settings, form: Form | None) -> dict[str, str]:
    """The texts of the form: what was typed just now, else what is set."""
    texts = {}
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if name in TICKS or name == "rules":
            continue
        said = "\n".join(value) if isinstance(value, tuple) else str(value)
        texts[name] = form.text(name, said, most=FORM_MOST) if form is not None else said
    texts["id"] = form.text("id", "") if form is not None else ""
    return texts


def _boxes(settings: Settings, form: Form | None) -> dict[str, bool]:
    names = [name for name in TICKS if hasattr(settings, name)]
    if form is not None:
        return {name: form.ticked(name) for name in names}
    return {name: bool(getattr(settings, name)) for name in names}


def _rule_rows(settings: Settings, form: Form | None) -> tuple[RuleRow, ...]:
    if form is None:
        said = [RuleRow(rule.theirs, rule.ours, rule.pays) for rule in settings.rules]
    else:
        typed = (
            RuleRow(
                form.text(f"theirs{index}", "", most=FORM_MOST),
                form.text(f"ours{index}", "", most=FORM_MOST),
                form.ticked(f"pays{index}"),
            )
            for index in range(RULES_MOST)
        )
        said = [row for row in typed if row.theirs or row.ours]
    return (*said, *(RuleRow() for _ in range(FRESH_RULES)))


async def _source_page(
    visit: Visit,
    found: LoginSource | None = None,
    *,
    kind: str = "",
    form: Form | None = None,
    error: HausgeistError | None = None,
    status: int | None = None,
    tried: Tried | None = None,
    looked_for: str = "",
) -> Response:
    frame = await shell(visit, N_("Login source"), "admin")
    turn = translator(frame.language)
    settings = found.settings if found is not None else _defaults(kind)
    source = found.id if found is not None else ""
    entrance = visit.house.entrance
    links = await verbs(visit).links(source) if source else ()
    done = DONE.get(visit.query_params.get("done", ""), "")
    context = LoginSourcePage(
        shell=frame,
        tabs=tabs(frame.language),
        id=source,
        kind=kind_of(settings),
        enabled=found is not None and found.enabled,
        has_secret=found is not None and found.has_secret,
        fields=_texts(settings, form),
        ticks=_boxes(settings, form),
        rules=_rule_rows(settings, form),
        groups=tuple(one.id for one in await visit.house.identity.groups.all()),
        links=tuple(
            LinkRow(
                user_id=one.user_id,
                login=one.login,
                name=one.name,
                subject=one.subject,
                since=day_text(one.created_at, frame.language),
                active=one.active,
            )
            for one in links
        ),
        callback=entrance.callback(source) if source else "",
        backchannel=entrance.backchannel(source) if source else "",
        tested=_tested(tried, settings, turn, looked_for) if tried is not None else None,
        done=turn(done) if done and error is None else "",
        error=error.say(turn) if error is not None else "",
    )
    code = status or (error.status if error is not None else 200)
    return page(visit, "admin_login.html", context, status=code)


def _tested(tried: Tried, settings: Settings, turn: object, looked_for: str) -> TestedSource:
    assert callable(turn)
    if isinstance(settings, OidcSettings):
        own = urlsplit(settings.issuer).netloc
        facts: tuple[tuple[str, str], ...] = (
            (turn(N_("Keys")), str(tried.keys)),
            (turn(N_("Hosts")), ", ".join(tried.hosts)),
        )
        missing = tuple(one for one in tried.hosts if one not in {own, *settings.hosts})
        return TestedSource(turn(N_("The provider answered.")), facts, (), missing)
    count = f"{tried.entries}" if tried.entries < 100 else turn(N_("100 or more"))
    facts = ((turn(N_("People found")), count),)
    if looked_for and not tried.login:
        facts += ((looked_for, turn(N_("not found, or not the only one"))),)
    elif tried.login:
        facts += ((turn(N_("Login name")), tried.login), (turn(N_("Name")), tried.name))
    return TestedSource(turn(N_("The directory answered.")), facts, tried.groups)


_AT = "/admin/logins/{source}"

ROUTES = [
    admin_post("/admin/logins", add, "Add a login source", FORM_MOST),
    admin_get("/admin/logins/new", blank, "Form of a new login source"),
    admin_get(_AT, show, "A login source"),
    admin_post(_AT, save, "Change a login source", FORM_MOST),
    admin_post(f"{_AT}/test", test, "Try a login source", FORM_MOST),
    admin_post(f"{_AT}/link", link, "Link an account to a person of a source", FORM_MOST),
    admin_post(f"{_AT}/unlink/{{user_id}}", unlink, "Take a link back", FORM_MOST),
]
