# SPDX-License-Identifier: EUPL-1.2
"""Houses with login sources: a real directory, a real OpenID provider, both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import idp
import pytest
from directory import BASE, SERVICE, Directory
from ports import free_port
from visitors import Server

from hausgeist.core.people import Role
from hausgeist.identity.sources import LdapSettings, Rule


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def serve(request, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts houses on SQLite, then on PostgreSQL; an administrator named root is there."""
    started: list[Server] = []

    def start(*, empty: bool = False, **settings: object) -> Server:
        port = free_port()
        if request.param == "postgres":
            settings["database_url"] = request.getfixturevalue("postgres_url")
        base = {"port": port, "public_url": f"http://127.0.0.1:{port}", "language": "en"}
        server = Server(tmp_path / f"home{len(started)}", **{**base, **settings})
        started.append(server)
        if not empty:
            root, people = server.person("root", Role.ADMIN), server.house.identity.people
            server.call(lambda: people.set_profile(root.id, locale="en"))
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def directory(tmp_path_factory) -> Iterator[Directory]:
    """A real directory."""
    running = Directory(tmp_path_factory.mktemp("slapd") / "directory")
    yield running
    running.stop()


@pytest.fixture
def ldap(directory) -> LdapSettings:
    """How a house finds it."""
    return LdapSettings(
        title="Stadtnetz",
        url=directory.ldaps,
        certificates=directory.certificates,
        bind_dn=SERVICE,
        base=f"ou=people,{BASE}",
        group_base=f"ou=groups,{BASE}",
        member_of="",
        rules=(
            Rule("bauamt", "bauamt", pays=True),
            Rule(f"cn=leitung,ou=groups,{BASE}", "leitung"),
        ),
    )


@pytest.fixture
def provider() -> Iterator[Callable[..., idp.Provider]]:
    """Starts real OpenID providers that know a house."""
    started: list[idp.Provider] = []

    def start(server: Server, **more: object) -> idp.Provider:
        base = server.settings.public_url
        clients = [idp.client(base), {**idp.client(base, "other"), "client_id": "somebody-else"}]
        running = idp.Provider(clients, **more)
        started.append(running)
        return running

    yield start
    for running in started:
        running.stop()
