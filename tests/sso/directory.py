# SPDX-License-Identifier: EUPL-1.2
"""A real directory (Debian's ``slapd``) on loopback, with an authority of its own, people and groups."""

import shutil
import socket
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from ports import free_port

BASE = "dc=example,dc=org"
SERVICE = f"cn=hausgeist,{BASE}"
SERVICE_SECRET = "search only, nothing else"
PASSWORD = "drei Amseln im Schnee"
PLACES = ("/usr/sbin", "/usr/lib/openldap", "/usr/libexec")


def slapd() -> str | None:
    """The server's path; it stands where only administrators look."""
    return next(filter(None, (shutil.which("slapd", path=p) for p in (None, *PLACES))), None)


PEOPLE = {
    "anna": ("Anna Amsel", PASSWORD),
    "bernd": ("Bernd Bär", PASSWORD + " 2"),
    "ö*)(uid=*": ("Frau Klammer", PASSWORD),
    "carla": ("Carla Crocus", PASSWORD),
}
GROUPS = {"bauamt": ["anna", "bernd"], "leitung": ["anna"]}


class Directory:
    """The directory, running until ``stop``: ``ldaps`` and ``ldap`` are its addresses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificates = _certificates(folder)
        plain, secure = free_port(), free_port()
        self.ldap = f"ldap://127.0.0.1:{plain}"
        self.ldaps = f"ldaps://127.0.0.1:{secure}"
        self._configure()
        self._process = subprocess.Popen(
            [slapd(), "-f", folder / "slapd.conf", "-h", f"{self.ldap} {self.ldaps}", "-d", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(400):
            assert self._process.poll() is None, "slapd did not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", secure)) == 0:
                    break
            threading.Event().wait(0.025)
        self.load(_entries())

    def load(self, ldif: str) -> None:
        """Add entries, or change them where the text says so."""
        self._tool("ldapmodify", "-a", text=ldif)

    def remove(self, dn: str) -> None:
        """Delete an entry."""
        self._tool("ldapdelete", dn)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _tool(self, name: str, *arguments: str, text: str = "") -> None:
        command = [name, "-x", "-H", self.ldap, "-D", f"cn=admin,{BASE}", "-w", "admin"]
        done = subprocess.run(
            [*command, *arguments], input=text, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def _configure(self) -> None:
        data = self._folder / "data"
        data.mkdir()
        schema = next(
            p for p in map(Path, ("/etc/ldap/schema", "/etc/openldap/schema")) if p.exists()
        )
        modules = next(
            (p for p in map(Path, ("/usr/lib/ldap", "/usr/lib64/openldap")) if p.exists()), ""
        )
        (self._folder / "slapd.conf").write_text(
            f"""
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
modulepath {modules}
moduleload back_mdb
moduleload memberof
pidfile {self._folder}/slapd.pid
argsfile {self._folder}/slapd.args
TLSCACertificateFile {self._folder}/ca.pem
TLSCertificateFile {self._folder}/server.pem
TLSCertificateKeyFile {self._folder}/server.key
allow bind_anon_cred
database mdb
suffix "{BASE}"
rootdn "cn=admin,{BASE}"
rootpw admin
directory {data}
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{SERVICE}" read by * none
""",
            "utf-8",
        )


def _entries() -> str:
    parts = [
        f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n",
        f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n",
        f"dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n",
        (
            f"dn: {SERVICE}\nobjectClass: applicationProcess\nobjectClass: simpleSecurityObject\n"
            f"cn: hausgeist\nuserPassword: {SERVICE_SECRET}\n"
        ),
    ]
    parts += [person(uid, name, password) for uid, (name, password) in PEOPLE.items()]
    for group, members in GROUPS.items():
        lines = "".join(f"member: {dn(uid)}\n" for uid in members)
        parts.append(
            f"dn: cn={group},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {group}\n{lines}"
        )
    return "\n".join(parts)


def person(uid: str, name: str, password: str, base: str = f"ou=people,{BASE}") -> str:
    """An entry of a person as LDIF; umlauts and brackets may be in it."""
    from base64 import b64encode

    def coded(text: str) -> str:
        return b64encode(text.encode()).decode()

    where = coded(dn(uid, base))
    return (
        f"dn:: {where}\nobjectClass: inetOrgPerson\nuid:: {coded(uid)}\ncn:: {coded(name)}\n"
        f"sn:: {coded(name.rpartition(' ')[2])}\nuserPassword:: {coded(password)}\n"
    )


def dn(uid: str, base: str = f"ou=people,{BASE}") -> str:
    return f"uid={uid},{base}"


def _certificates(folder: Path) -> str:
    """Make an authority and a certificate for 127.0.0.1; gives the authority's in PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    def named(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def made(subject, issuer, key, signer, *extensions):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority, server = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    root = made(
        "Test CA", "Test CA", authority, authority,
        (x509.BasicConstraints(ca=True, path_length=0), True), (usage, True),
        (x509.SubjectKeyIdentifier.from_public_key(authority.public_key()), False),
    )  # fmt: skip
    leaf = made(
        "slapd", "Test CA", server, authority,
        (x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), False),
    )  # fmt: skip
    key = server.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for name, content in (("ca.pem", root), ("server.pem", leaf), ("server.key", key)):
        (folder / name).write_bytes(content)
    return root.decode()
