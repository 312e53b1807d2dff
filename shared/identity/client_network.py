"""The client network that rate and connection limits are counted by."""

from ipaddress import IPv6Network, ip_address

_PREFIX = 64
"""Bits of an IPv6 address that the provider assigns. The customer can change the rest for each connection."""


def network(address: str) -> str:
    """Return the network of ``address``: an IPv4 address itself, the /64 of an IPv6 address.

    An IPv4-mapped IPv6 address counts as the IPv4 address. Text that is not an address is returned unchanged.
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
