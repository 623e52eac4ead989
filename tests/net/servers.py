# SPDX-License-Identifier: EUPL-1.2
"""Servers on loopback that say what a test tells them to, byte for byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hausgeist.net import AllowList, Destination, Outbound

Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhallo"


@asynccontextmanager
async def server(
    answer: Answering, seen: list[asyncio.StreamWriter], **more: Any
) -> AsyncIterator[int]:
    """A loopback server; ``answer(reader, writer)`` handles each connection. Gives its port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer)
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0, **more)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def outbound_to(
    port: int, host: str = "127.0.0.1", *, private: bool = True, **more: Any
) -> Outbound:
    """A way out to one port of this machine."""
    allow = AllowList()
    allow.allow(Destination(host, port, "test", private=private))
    return Outbound(allow, **more)


async def fetch(outbound: Outbound, url: str, **more: Any) -> tuple[int, bytes]:
    """The status and body of an answer."""
    async with outbound.stream("POST", url, body=b"{}", **more) as response:
        return response.status, await response.read(1000)


async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request of a connection."""
    while await reader.read(65536):
        writer.write(HELLO)
        await writer.drain()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate for localhost that nobody vouches for: ``server.pem``."""
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM) + key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (folder / "server.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
