# SPDX-License-Identifier: EUPL-1.2
"""One directory over LDAP (RFC 4511): a name and a password go in, the person they prove comes out.

The service account searches, exactly one entry must match, and its DN is tried with the password. Every
connection has TLS, the certificate and its name checked by OpenSSL. Referrals and aliases are not followed.
``ldap3`` blocks, so it works on threads of its own. It connects by itself and not through ``net``: each
connection is looked up in the allow list and noted in the ledger of connections here.

An empty password would be an "unauthenticated bind" (RFC 4513, 5.1.2), which succeeds and proves nothing.
``ldap3`` prepares passwords (RFC 4013) after it has looked whether they are empty, and a soft hyphen alone
is nothing afterwards; so passwords are refused here if nothing visible is in them, and go out as bytes.
"""

import asyncio
import secrets
import ssl
import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from hausgeist.errors import N_, EgressDenied, Unavailable, Upstream
from hausgeist.identity.distinguished import below, first_name, plain_dn
from hausgeist.identity.sources import Arrival, LdapSettings
from hausgeist.net import Outbound

if TYPE_CHECKING:
    from ldap3 import Connection

T = TypeVar("T")

THREADS = 4
QUEUE = 40
"""Logins that may wait; more are turned away."""
GROUPS_MOST = 1000
PASSWORD_MOST = 1000
LOGIN_MOST = 200
CANNOT_BE_REACHED = N_("it cannot be reached, or its certificate is not right")

SAID_MOST = 16 * 1024 * 1024
"""Bytes that a directory may say on one connection: a thousand groups with long names are a tenth."""
LONGEST = 6
"""Times the timeout that one connection may last, however the directory spreads what it says."""

_WRONG = 49
"""invalidCredentials: as good as any other result that is not success, but no fault of the directory."""
_TOO_MANY = 4

Entry = Mapping[str, Sequence[bytes]]


class Threads:
    """The threads that speak with directories, bounded."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ldap")
        self._waiting = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` on one of them.

        Raises:
            Unavailable: too many are waiting.
        """
        if self._waiting >= QUEUE:
            raise Unavailable(retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End them."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Directory:
    """Speaks with one directory. ``reason`` names it in the allow list and in the ledger of connections."""

    def __init__(
        self,
        source: str,
        settings: LdapSettings,
        secret: str,
        outbound: Outbound,
        *,
        threads: Threads,
        reason: str,
    ) -> None:
        self.source = source
        self.settings = settings
        self._secret = secret
        self._outbound = outbound
        self._threads = threads
        self._reason = reason

    @property
    def title(self) -> str:
        """What people call it."""
        return self.settings.title

    async def proven(self, login: str, password: str) -> Arrival | None:
        """Who this is, if the password is theirs; None for everybody else. Unknown names take as long.

        Raises:
            Upstream: the directory does not answer properly.
            Unavailable: too many are waiting.
        """
        if not tellable(password) or not 1 <= len(login.strip()) <= LOGIN_MOST or "\x00" in login:
            return None
        note = self._permitted()
        return await self._threads.run(lambda: self._proven(note, login.strip(), password))

    async def known(self, login: str) -> Arrival | None:
        """Somebody as the directory describes them, without a password: nothing is proven by it.

        Raises as ``proven``.
        """
        note = self._permitted()

        def work() -> Arrival | None:
            with self._service(note) as service:
                found = self._person(service, login)
                return None if found is None else self._arrival(service, *found)

        return await self._threads.run(work)

    async def missing(self, subjects: Sequence[str]) -> list[str]:
        """Those of the subjects that the directory no longer has, by its filter of people.

        Raises as ``proven``.
        """
        note = self._permitted()

        def work() -> list[str]:
            with self._service(note) as service:
                return [one for one in subjects if not self._still_there(service, one)]

        return await self._threads.run(work)

    async def look(self) -> int:
        """Bind as the service account and look at the search base; gives how many entries match anybody.

        Counts to 100 at most. Raises as ``proven``.
        """
        note = self._permitted()

        def work() -> int:
            with self._service(note) as service:
                pattern = self.settings.people_filter.replace("{login}", "*")
                return len(self._search(service, self.settings.base, pattern, [], 100))

        return await self._threads.run(work)

    # -- on a thread -------------------------------------------------------------------------------------

    def _proven(self, note: "_Note", login: str, password: str) -> Arrival | None:
        with self._service(note) as service:
            found = self._person(service, login)
            dn = found[0] if found else f"cn={secrets.token_hex(8)},{self.settings.base}"
            with self._connected(note, dn, password) as person:
                right = person is not None
            if found is None or not right:
                return None
            return self._arrival(service, *found)

    def _person(self, service: "Connection", login: str) -> tuple[str, Entry] | None:
        """The one entry of a login, or None; two are none."""
        from ldap3.utils.conv import escape_filter_chars  # noqa: PLC0415  0.2 s, only with a directory

        config = self.settings
        pattern = config.people_filter.replace("{login}", escape_filter_chars(login))
        wanted = [config.id_attribute, config.login_attribute, config.name_attribute]
        if config.member_of:
            wanted.append(config.member_of)
        found = self._search(service, config.base, pattern, wanted, 2)
        if len(found) != 1 or not below(found[0][0], config.base):
            return None
        return found[0]

    def _arrival(self, service: "Connection", dn: str, entry: Entry) -> Arrival:
        config = self.settings
        subject = _subject(config.id_attribute, _values(entry, config.id_attribute))
        login = _texts(_values(entry, config.login_attribute))
        if not subject or not login:
            raise Upstream(
                provider=self.title,
                reason=N_("the entry lacks the attribute that names the person for good"),
            )
        name = _texts(_values(entry, config.name_attribute))
        return Arrival(
            source=self.source,
            subject=subject,
            login=login[0],
            name=name[0] if name else login[0],
            groups=self._groups(service, dn, login[0], entry),
        )

    def _groups(self, service: "Connection", dn: str, login: str, entry: Entry) -> frozenset[str]:
        """The person's groups: each by its DN, and those below the base of groups by their name too."""
        from ldap3.utils.conv import escape_filter_chars  # noqa: PLC0415  as above

        config = self.settings
        names: set[str] = set()
        for group in _texts(_values(entry, config.member_of)) if config.member_of else ():
            names.add(plain_dn(group))
            if config.group_base and below(group, config.group_base):
                names |= first_name(group, config.group_name)
        if config.group_base:
            pattern = config.group_filter.replace("{dn}", escape_filter_chars(dn))
            pattern = pattern.replace("{login}", escape_filter_chars(login))
            found = self._search(
                service, config.group_base, pattern, [config.group_name], GROUPS_MOST
            )
            for group, attributes in found:
                names.add(plain_dn(group))
                names.update(_texts(_values(attributes, config.group_name)))
        return frozenset(names)

    def _still_there(self, service: "Connection", subject: str) -> bool:
        config = self.settings
        value = _filter_value(config.id_attribute, subject)
        anybody = config.people_filter.replace("{login}", "*")
        pattern = f"(&({config.id_attribute}={value}){anybody})"
        return bool(self._search(service, config.base, pattern, [], 1))

    def _search(
        self,
        service: "Connection",
        base: str,
        pattern: str,
        attributes: Sequence[str],
        most: int,
    ) -> list[tuple[str, Entry]]:
        from ldap3 import DEREF_NEVER, SUBTREE  # noqa: PLC0415  as above
        from ldap3.core.exceptions import LDAPException  # noqa: PLC0415  as above

        try:
            service.search(
                base,
                pattern,
                SUBTREE,
                dereference_aliases=DEREF_NEVER,
                attributes=list(attributes) or ["1.1"],
                size_limit=most,
                time_limit=self.settings.timeout,
            )
        except LDAPException as error:
            raise self._fault(f"{type(error).__name__}") from error
        code = service.result["result"]
        if code not in {0, _TOO_MANY}:
            raise self._fault(f"search: {service.result['description']}")
        if code == _TOO_MANY and most == GROUPS_MOST:
            raise self._fault("too many groups")
        return [
            (one["dn"], one["raw_attributes"])
            for one in service.response or ()
            if one["type"] == "searchResEntry"
        ]

    # -- connections ---------------------------------------------------------------------------------------

    @contextmanager
    def _service(self, note: "_Note") -> Iterator["Connection"]:
        with self._connected(note, self.settings.bind_dn, self._secret) as service:
            if service is None:
                raise self._fault(N_("it does not accept the service account"))
            yield service

    @contextmanager
    def _connected(self, note: "_Note", dn: str, password: str) -> Iterator["Connection | None"]:
        """A connection bound as ``dn``, or anonymously without one; None when the password is wrong."""
        from ldap3 import ANONYMOUS, NONE, SIMPLE, Connection, Server  # noqa: PLC0415  as above
        from ldap3.core.exceptions import LDAPException  # noqa: PLC0415  as above

        if dn and not tellable(password):
            yield None
            return
        scheme, host, port = self.settings.place
        note()
        server = Server(
            host,
            port,
            use_ssl=scheme == "ldaps",
            tls=_checked_tls(host, self.settings.certificates, LONGEST * self.settings.timeout),
            get_info=NONE,
            connect_timeout=self.settings.timeout,
        )
        made = Connection(
            server,
            user=dn or None,
            password=password.encode() if dn else None,
            authentication=SIMPLE if dn else ANONYMOUS,
            auto_referrals=False,
            check_names=False,
            read_only=True,
            receive_timeout=self.settings.timeout,
        )
        try:
            try:
                made.open()
                if scheme == "ldap" and not made.start_tls():
                    raise self._fault(CANNOT_BE_REACHED)
                made.bind()
            except (LDAPException, OSError) as error:
                raise self._fault(CANNOT_BE_REACHED) from error
            code = made.result["result"]
            if code not in {0, _WRONG} and dn == self.settings.bind_dn:
                raise self._fault(f"bind: {made.result['description']}")
            yield made if code == 0 else None
        finally:
            _hang_up(made)

    def _fault(self, reason: str) -> Upstream:
        return Upstream(provider=self.title, reason=reason)

    def _permitted(self) -> "_Note":
        """What notes a connection, to be called on the thread that opens it.

        Raises:
            EgressDenied: nobody allowed the directory's host; that is noted too.
        """
        _, host, port = self.settings.place
        try:
            self._outbound.allow.find(host, port)
        except EgressDenied:
            self._outbound.record(host, port, "denied", False)
            raise
        loop, record = asyncio.get_running_loop(), self._outbound.record
        # not "login:…": what goes through the one client has a departure of its own, this has none
        reason = f"ldap:{self._reason.partition(':')[2]}"
        return lambda: loop.call_soon_threadsafe(record, host, port, reason, True)


_Note = Callable[[], object]


def tellable(password: str) -> bool:
    """Whether a password may go to a directory at all: something visible is in it, and no NUL."""
    if len(password) > PASSWORD_MOST or "\x00" in password:
        return False
    return any(unicodedata.category(letter)[0] not in "CZM" for letter in password)


def _values(entry: Entry, attribute: str) -> Sequence[bytes]:
    """An attribute's values; names of attributes have no case."""
    wanted = attribute.lower()
    return next((values for name, values in entry.items() if name.lower() == wanted), ())


def _texts(values: Sequence[bytes]) -> list[str]:
    return [value.decode("utf-8", "replace") for value in values]


def _subject(attribute: str, values: Sequence[bytes]) -> str:
    """What names a person for good, as text; empty when it is missing, or not single."""
    if len(values) != 1:
        return ""
    if attribute.lower() == "objectguid":
        return str(uuid.UUID(bytes_le=bytes(values[0]))) if len(values[0]) == 16 else ""
    text = values[0].decode("utf-8", "replace")
    return text if len(text) <= 255 else ""


def _filter_value(attribute: str, subject: str) -> str:
    from ldap3.utils.conv import escape_filter_chars  # noqa: PLC0415  as above

    if attribute.lower() == "objectguid":
        return "".join(f"\\{byte:02x}" for byte in uuid.UUID(subject).bytes_le)
    return str(escape_filter_chars(subject))


def _checked_tls(host: str, certificates: str, seconds: float) -> Any:
    """TLS whose certificate OpenSSL checks, with the host's name: ``ldap3`` would do that by itself.

    The library gathers whatever comes until its end; here it ends after ``SAID_MOST`` bytes and ``seconds``,
    so that a directory that never ends takes neither all memory nor a thread for good.
    """
    from ldap3 import Tls  # noqa: PLC0415  as above

    class Bounded(ssl.SSLSocket):
        said = 0
        until = 0.0

        def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
            now = time.monotonic()
            self.until = self.until or now + seconds
            if self.said > SAID_MOST or now > self.until:
                raise OSError("the directory does not end what it says")
            data = super().recv(buflen, flags)
            self.said += len(data)
            return data

    class Checked(Tls):  # type: ignore[misc]  # the library has no types
        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: FBT001, FBT002  theirs
            del do_handshake  # always
            context = ssl.create_default_context(cadata=certificates or None)
            context.sslsocket_class = Bounded
            connection.socket = context.wrap_socket(connection.socket, server_hostname=host)

    return Checked(validate=ssl.CERT_REQUIRED)


def _hang_up(connection: "Connection") -> None:
    """Close a connection, whatever state it is in."""
    from ldap3.core.exceptions import LDAPException  # noqa: PLC0415  as above

    with suppress(LDAPException, OSError):  # it is on its way out
        connection.unbind()
    if connection.socket is not None:  # the library leaves it open where connecting failed
        connection.socket.close()
