"""The identity of a caller by its address, also behind trusted proxies."""

from ipaddress import ip_network

import pytest

from callers.addresses import TrustedProxies, caller_at

PROXIES = TrustedProxies([ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("2001:db8:ff::/48")])


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:/run/socket", "unix:/run/socket"),
    ],
)
def test_an_address_names_its_caller(address: str, name: str) -> None:
    assert caller_at(address).name == name


@pytest.mark.parametrize(
    ("peer", "forwarded", "name"),
    [
        ("192.0.2.7", b"198.51.100.1", "192.0.2.7"),  # not a proxy: anybody can write the header
        ("127.0.0.1", b"", "127.0.0.1"),
        ("127.0.0.1", b"192.0.2.7", "192.0.2.7"),
        ("127.0.0.1", b"198.51.100.1, 192.0.2.7", "192.0.2.7"),  # the client wrote the first itself
        ("127.0.0.1", b"198.51.100.1, 192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("127.0.0.1", b"198.51.100.1, 10.1.2.3,127.0.0.1", "198.51.100.1"),
        ("127.0.0.1", b"10.1.2.3", "10.1.2.3"),
        ("::ffff:127.0.0.1", b"192.0.2.7:4711", "192.0.2.7"),
        ("2001:db8:ff::1", b"[2001:db8::1]:4711", "2001:db8::/64"),
        ("127.0.0.1", b"198.51.100.1, unknown", "127.0.0.1"),
        ("127.0.0.1", b"198.51.100.1, \xff", "127.0.0.1"),
        ("", b"198.51.100.1", ""),
        ("127.0.0.1", b"198.51.100.1," * 9999 + b" 192.0.2.7", "192.0.2.7"),
    ],
)
def test_behind_proxies_the_rightmost_untrusted_address_is_the_caller(peer: str, forwarded: bytes, name: str) -> None:
    assert PROXIES.caller(peer, forwarded).name == name


def test_long_headers_are_not_stored() -> None:
    proxies = TrustedProxies([ip_network("127.0.0.1")])
    for number in range(10):
        assert proxies.caller("127.0.0.1", b"x" * 1000 + b", 192.0.2.%d" % number).name == f"192.0.2.{number}"
    assert proxies._cached.cache_info().currsize == 0
