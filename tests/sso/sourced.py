# SPDX-License-Identifier: EUPL-1.2
"""Login sources as an administrator puts them into a house."""

import idp
from directory import SERVICE_SECRET
from visitors import Server

from hausgeist.identity.sources import OidcSettings, Rule, Settings


def oidc(issuer: str, **more: object) -> OidcSettings:
    """How a house finds a provider."""
    told = {
        "title": "Stadt-Konto",
        "issuer": issuer,
        "client_id": idp.CLIENT,
        "scopes": "openid profile groups",
        "rules": (Rule("bau", "bauamt", pays=True), Rule("leitung", "leitung")),
        "private": True,
    }
    return OidcSettings(**{**told, **more})


def add(
    server: Server, source: str, settings: Settings, secret: str | None = None, *, new: bool = True
) -> None:
    """Put a source into a house and switch it on."""
    if secret is None:
        secret = idp.SECRET if isinstance(settings, OidcSettings) else SERVICE_SECRET
    logins = server.house.logins
    server.call(lambda: logins.save(source, settings, by="test", secret=secret, new=new))
    server.call(lambda: logins.set_enabled(source, enabled=True, by="test"))
