"""The network that limits count a client's address under."""

from ipaddress import IPv6Network, ip_address

_PREFIX = 64
"""Bits of an IPv6 address that its provider assigns: a customer chooses the others, anew for every connection."""


def network(address: str) -> str:
    """Return what limits count ``address`` under: an IPv4 address itself, the /64 of an IPv6 address.

    An IPv4 address that is mapped into IPv6 counts as what it is. Text that is no address counts as it stands.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed) >> _PREFIX << _PREFIX, _PREFIX)))
