# SPDX-License-Identifier: EUPL-1.2
"""One reader of addresses, and the spellings that led others astray."""

import asyncio

import pytest

from hausgeist.errors import EgressDenied, SetupError
from hausgeist.net import AllowList, Destination, Outbound, locate
from hausgeist.net.allow import is_global

REFUSED = [
    "http://2130706433/",  # decimal
    "http://0x7f000001/",  # hexadecimal
    "http://0x7f.1/",
    "http://0177.0.0.1/",  # octal
    "http://127.1/",
    "http://1.2.3.4.5/",
    "http://user@a.example/",
    "http://user:word@a.example/",
    "http://:@a.example/",
    "http://a.example\\@b.example/",
    "http://a.example\t/",
    " http://a.example/",
    "http://a .example/",
    "http://a..example/",
    "http://%6c%6fcalhost/",
    "http://[fe80::1%25eth0]/",
    "http://[::1/",
    "http://exa\u00admple.de/",
    "http://a.example:0/",
    "http://a.example:99999/",
    "http:///v1",
    "//a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "a.example",
    "",
]

READ = [
    ("https://API.Example/v1", "api.example", 443),
    ("http://localhost.:8080/", "localhost", 8080),
    ("http://m\u00fcnchen.example/", "xn--mnchen-3ya.example", 80),
    ("http://\uff11\uff12\uff17.0.0.1/", "127.0.0.1", 80),  # full-width digits
    ("http://127\u30020\u30020\u30021/", "127.0.0.1", 80),  # ideographic full stops
    ("http://[0:0:0:0:0:0:0:1]:1/", "::1", 1),
    ("http://[::ffff:169.254.169.254]/", "::ffff:a9fe:a9fe", 80),
    ("http://a.example?@b.example/", "a.example", 80),
    ("http://a.example#@b.example/", "a.example", 80),
    ("http://my_engine:8000/v1", "my_engine", 8000),
]

INWARD = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:db8::1",
]


@pytest.mark.parametrize("url", REFUSED)
def test_what_has_two_readings_is_refused(url):
    """An address that some parser reads otherwise is no address."""
    with pytest.raises(ValueError):
        locate(url)


@pytest.mark.parametrize(("url", "host", "port"), READ)
def test_what_has_one_reading_is_read(url, host, port):
    """Names become lower-case ASCII, addresses canonical."""
    found = locate(url)
    assert (found.host, found.port) == (host, port)


@pytest.mark.parametrize("address", INWARD)
def test_addresses_inside_are_not_global(address):
    """No spelling of an inner address passes for a public one."""
    assert not is_global(address)


@pytest.mark.parametrize(
    "address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9", "64:ff9b::909:909"]
)
def test_addresses_outside_are_global(address):
    """A public address is recognised in each of its spellings."""
    assert is_global(address)


@pytest.mark.parametrize("address", INWARD)
def test_a_public_destination_never_leads_inside(address):
    """Even where a literal was allowed by mistake, an inner address is refused before any socket."""
    host = f"[{address}]" if ":" in address else address
    allow = AllowList()
    allow.allow(Destination(address, 80, "test"))
    outbound = Outbound(allow)

    async def run():
        async with outbound.stream("GET", f"http://{host}/"):
            pass

    with pytest.raises(EgressDenied):
        asyncio.run(run())


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "169.254.169.254", "::ffff:a9fe:a9fe", "fe80::1", "224.0.0.1", "::"]
)
def test_where_no_server_is_not_even_a_private_destination_leads(address):
    """The clouds' metadata address stays closed for the organisation's own servers too."""
    allow = AllowList()
    with pytest.raises(EgressDenied):
        allow.check_address(Destination("ai.intern", 80, "test", private=True), address)


def test_no_public_address_is_in_the_house_unless_the_operator_says_so():
    """Whoever configures a provider cannot call a foreign server the house's own, ticked private or not."""
    house = Destination("ki.example", 443, "provider:ki", private=True, zone="house")
    with pytest.raises(EgressDenied):
        AllowList().check_address(house, "93.184.216.34")
    with pytest.raises(EgressDenied):
        AllowList("192.88.99.0/24").check_address(house, "::ffff:93.184.216.34")
    AllowList("10.0.0.0/8, 93.184.216.0/24").check_address(house, "93.184.216.34")
    AllowList().check_address(house, "10.1.2.3")
    with pytest.raises(SetupError):
        AllowList("stadtnetz")


def test_a_host_stays_allowed_until_its_last_reason_is_gone():
    """Two providers at one host do not close the door on each other."""
    allow = AllowList()
    allow.allow(Destination("a.example", 443, "provider:a"))
    allow.allow(Destination("A.example.", 443, "provider:b"))
    allow.revoke("provider:b")
    assert allow.find("a.example", 443).reason == "provider:a"
    allow.revoke("provider:a")
    with pytest.raises(EgressDenied):
        allow.find("a.example", 443)
