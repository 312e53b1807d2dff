"""The network under which limits count an address."""

import pytest

from shared.identity.client_network import network
from users.rules import limits


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:ffff:ffff:ffff", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_an_address_of_ipv6_counts_by_what_its_provider_assigns(address: str, counted: str) -> None:
    assert network(address) == counted


def test_logins_and_registrations_are_counted_by_it() -> None:
    same, other = ("2001:db8::1", "2001:db8::2"), "2001:db8:0:1::1"
    assert len({tuple(limits.failed_logins(each, "name")) for each in same}) == 1
    assert len({tuple(limits.registrations(each)) for each in same}) == 1
    assert not limits.failed_logins(same[0], "name").keys() & limits.failed_logins(other, "name").keys()
    assert not limits.registrations(same[0]).keys() & limits.registrations(other).keys()
