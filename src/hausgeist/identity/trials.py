# SPDX-License-Identifier: EUPL-1.2
"""A login source is tried before it is switched on: it goes in, what it says comes out."""

from dataclasses import dataclass

from hausgeist.identity.ldap import Directory
from hausgeist.identity.oidc import OpenId

Client = OpenId | Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a test found. ``hosts``: those of a discovery document; ``groups``: of the person looked up."""

    entries: int = 0
    keys: int = 0
    hosts: tuple[str, ...] = ()
    login: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()


async def tried(client: Client, login: str) -> Tried:
    """Ask a source, and a directory for ``login`` too; without a password nothing is proven by it.

    Raises:
        HausgeistError: what went wrong at the other side.
    """
    if isinstance(client, OpenId):
        found, keys = await client.look()
        hosts = {one.partition("://")[2].partition("/")[0] for one in found.asked}
        return Tried(keys=keys, hosts=tuple(sorted(hosts)))
    entries = await client.look()
    person = await client.known(login) if login.strip() else None
    if person is None:
        return Tried(entries=entries)
    return Tried(
        entries=entries,
        login=person.login,
        name=person.name,
        groups=tuple(sorted(person.groups)),
    )
