"""A client's network address: the connection's, or what the proxies in front are trusted to say."""

from ipaddress import IPv6Address, ip_address


def client_address(connection: str, forwarded_for: str, trusted_proxies: int) -> str:
    """Return the address of the client behind ``trusted_proxies`` proxies.

    Each proxy appends the address it was called from to ``X-Forwarded-For``, so only that many entries from the
    right are believed. Fewer entries, or one that is no address: the connection's own.
    """
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    if not 0 < trusted_proxies <= len(entries):
        return connection
    return _normal(entries[-trusted_proxies]) or connection


def _normal(text: str) -> str | None:
    """Return an address in its one spelling, without brackets and port; None if it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)
