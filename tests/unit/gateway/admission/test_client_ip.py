"""The client's IP address, with and without trusted proxies."""

import pytest

from gateway.admission.client_ip import client_address

PROXY = "10.0.0.9"


@pytest.mark.parametrize(
    ("forwarded", "trusted", "expected"),
    [
        ("", 0, PROXY),
        ("1.2.3.4", 0, PROXY),
        ("", 1, PROXY),
        ("1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4", 1, "1.2.3.4"),
        ("6.6.6.6, 1.2.3.4, 10.0.0.8", 2, "1.2.3.4"),
        ("1.2.3.4", 2, PROXY),
        ("6.6.6.6,1.2.3.4,", 1, "1.2.3.4"),
        ("nonsense", 1, PROXY),
        ("1.2.3.4:5555", 1, "1.2.3.4"),
        ("[2001:DB8::1]:443", 1, "2001:db8::1"),
        ("2001:0db8:0:0:0:0:0:1", 1, "2001:db8::1"),
        ("::ffff:1.2.3.4", 1, "1.2.3.4"),
        ("1.2.3.4' OR 1=1", 1, PROXY),
        ("fe80::1%eth0", 1, PROXY),
        ("[fe80::1%25eth0]:443", 1, PROXY),
        ("::ffff:1.2.3.4%1", 1, PROXY),
        ("1.2.3.4" + " " * 100, 1, "1.2.3.4"),
        ("[2001:db8::1" + "0" * 100, 1, PROXY),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(forwarded: str, trusted: int, expected: str) -> None:
    assert client_address(PROXY, forwarded, trusted) == expected


@pytest.mark.parametrize(
    ("connection", "expected"),
    [
        ("::ffff:10.0.0.9", PROXY),
        ("fe80::1%eth0", "fe80::1"),
        ("2001:0DB8::1", "2001:db8::1"),
        ("", ""),
    ],
)
def test_the_connections_own_address_has_one_spelling_too(connection: str, expected: str) -> None:
    assert client_address(connection, "", 0) == client_address(connection, "", 1) == expected
