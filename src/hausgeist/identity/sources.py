# SPDX-License-Identifier: EUPL-1.2
"""What an administrator says of a login source, as strict types, and what of it is acceptable.

Two kinds: an OpenID provider (``oidc``) and a directory (``ldap``). What both have in common says who may
come in, and what their groups there mean here. Secrets are not among the settings.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from hausgeist.errors import N_, HausgeistError, InvalidField
from hausgeist.identity.people import group_slug
from hausgeist.net import Target, locate

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
RULES_MOST = 200
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_ADDRESSES = frozenset({"new", "local"})  # pages of their own
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9;-]{0,63}")
_LDAP_PORTS = {"ldap": 389, "ldaps": 636}
_LDAP_URL = re.compile(r"(ldaps?)://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?/?")

HTTPS_ONLY = N_("use https:// (plain http only for this machine itself)")


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of the source and the group of the house it stands for.

    ``pays``: usage is accounted to it; of several that pay, the first counts.
    """

    theirs: str
    ours: str
    pays: bool = False


class Admission(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may come in by a source, and as what.

    ``allowed`` of nothing lets in everybody the source vouches for. ``admins`` of nothing leaves roles
    alone; otherwise the source decides at every login who administers the house. ``take_over`` trusts the
    source so far that who has a login name there gets the account of that name here.
    """

    title: str
    create: bool = True
    take_over: bool = False
    allowed: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


class OidcSettings(Admission, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="oidc"):
    """An OpenID provider. ``hosts``: further hosts of its discovery document, ``host`` or ``host:port``.

    ``private``: its addresses are in the organisation's own network. Claims may be paths
    (``realm_access.roles``).
    """

    issuer: str
    client_id: str
    scopes: str = "openid profile email"
    login_claim: str = "preferred_username"
    name_claim: str = "name"
    groups_claim: str = "groups"
    userinfo: bool = True
    hosts: tuple[str, ...] = ()
    private: bool = False

    @property
    def origin(self) -> str:
        """What the secret is sent to."""
        return self.issuer


class LdapSettings(Admission, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="ldap"):
    """A directory. ``url``: ``ldaps://…``, or ``ldap://…`` with StartTLS; never without TLS.

    ``people_filter`` has ``{login}`` in the place of what was typed, ``group_filter`` ``{dn}`` or
    ``{login}`` of the person found. ``certificates``: PEM of the authorities that sign the directory's
    certificate; empty: the system's. ``timeout`` in seconds.
    """

    url: str
    bind_dn: str = ""
    base: str
    people_filter: str = "(uid={login})"
    id_attribute: str = "entryUUID"
    login_attribute: str = "uid"
    name_attribute: str = "cn"
    member_of: str = "memberOf"
    group_base: str = ""
    group_filter: str = "(member={dn})"
    group_name: str = "cn"
    certificates: str = ""
    timeout: int = 5

    @property
    def origin(self) -> str:
        """What the secret is sent to."""
        return self.url

    @property
    def place(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        found = _LDAP_URL.fullmatch(self.url)
        assert found is not None  # checked by ``acceptable``
        scheme, host, port = found.groups()
        return scheme, host.strip("[]").lower(), int(port or _LDAP_PORTS[scheme])


Settings: TypeAlias = OidcSettings | LdapSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody whom a source has vouched for just now. ``subject`` is what it calls the person for good."""

    source: str
    subject: str
    login: str
    name: str
    groups: frozenset[str]
    session: str | None = None


def decoded(text: str) -> Settings:
    """Settings as they are stored.

    Raises:
        InvalidField: they are not of these types.
    """
    try:
        return msgspec.json.decode(text, type=OidcSettings | LdapSettings)
    except msgspec.ValidationError as error:
        raise InvalidField(field="settings", reason=str(error)[:200]) from error


def encoded(settings: Settings) -> str:
    """Settings as they are stored."""
    return msgspec.json.encode(settings).decode()


def kind_of(settings: Settings) -> str:
    """``oidc`` or ``ldap``."""
    return "oidc" if isinstance(settings, OidcSettings) else "ldap"


def acceptable_id(source: str) -> str:
    """A source's id, which stands in addresses.

    Raises:
        InvalidField: it cannot.
    """
    if _ID.fullmatch(source) is None or source in _ADDRESSES:
        raise _bad("id", N_("use 1 to 32 small letters, digits and hyphens"))
    return source


def acceptable(settings: Settings) -> Settings:
    """The settings, if a login can be built on them.

    Raises:
        InvalidField: ``param`` names the field.
    """
    if not 1 <= len(settings.title.strip()) <= 80 or not settings.title.isprintable():
        raise _bad("title", N_("use 1 to 80 letters"))
    if len(settings.rules) > RULES_MOST:
        raise _bad("rules", f"at most {RULES_MOST}")
    for rule in settings.rules:
        if not rule.theirs.strip():
            raise _bad("rules", N_("a rule needs a group of the source"))
        if group_slug(rule.ours) != rule.ours:
            raise _bad("rules", N_("a rule needs a group of the house"))
    if isinstance(settings, OidcSettings):
        _acceptable_oidc(settings)
    else:
        _acceptable_ldap(settings)
    return settings


def secure_target(address: str, field: str) -> Target:
    """Where an address leads, if nobody on the way can read along.

    Raises:
        InvalidField: it is none, or plain http to another machine.
    """
    try:
        target = locate(address)
    except ValueError as error:
        raise _bad(field, str(error)) from error
    if not target.secure and target.host not in LOOPBACK:
        raise _bad(field, HTTPS_ONLY)
    return target


def _acceptable_oidc(settings: OidcSettings) -> None:
    target = secure_target(settings.issuer, "issuer")
    if target.url.query_string or target.url.fragment:
        raise _bad("issuer", N_("an issuer has neither query nor fragment"))
    if not settings.client_id.strip() or not settings.client_id.isprintable():
        raise _bad("client_id", N_("this field is missing"))
    if "openid" not in settings.scopes.split():
        raise _bad("scopes", N_("openid must be among the scopes"))
    for host in settings.hosts:
        secure_target(f"https://{host}", "hosts")
    for field in ("login_claim", "name_claim"):
        if not getattr(settings, field).strip():
            raise _bad(field, N_("this field is missing"))


def _acceptable_ldap(settings: LdapSettings) -> None:
    found = _LDAP_URL.fullmatch(settings.url)
    if found is None or int(found[3] or 1) not in range(1, 65536):
        raise _bad("url", N_("use ldaps://host or ldap://host (which is then secured by StartTLS)"))
    if not settings.base.strip():
        raise _bad("base", N_("this field is missing"))
    if settings.people_filter.count("{login}") < 1 or not _balanced(settings.people_filter):
        raise _bad("people_filter", N_("the filter needs {login}, within brackets that close"))
    if settings.group_base and not (
        _balanced(settings.group_filter)
        and ("{dn}" in settings.group_filter or "{login}" in settings.group_filter)
    ):
        raise _bad(
            "group_filter", N_("the filter needs {dn} or {login}, within brackets that close")
        )
    for field in ("id_attribute", "login_attribute", "name_attribute", "group_name"):
        if _ATTRIBUTE.fullmatch(getattr(settings, field)) is None:
            raise _bad(field, N_("use the name of an attribute"))
    if settings.member_of and _ATTRIBUTE.fullmatch(settings.member_of) is None:
        raise _bad("member_of", N_("use the name of an attribute"))
    if not 1 <= settings.timeout <= 30:
        raise _bad("timeout", N_("use 1 to 30 seconds"))
    if settings.certificates:
        _acceptable_certificates(settings.certificates)


def _acceptable_certificates(pem: str) -> None:
    import ssl  # noqa: PLC0415  only where a directory is set up

    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise _bad("certificates", N_("this is no certificate in PEM")) from error


def _balanced(text: str) -> bool:
    """Whether a filter is one bracketed expression."""
    depth = 0
    for place, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0 or (depth == 0 and place < len(text) - 1):
            return False
    return text.startswith("(") and depth == 0


def _bad(field: str, reason: str) -> HausgeistError:
    return InvalidField(field=field, reason=reason, param=field)
