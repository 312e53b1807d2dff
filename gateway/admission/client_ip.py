"""The client's IP address: that of the connection, or the one reported by trusted proxies."""

from ipaddress import IPv6Address, ip_address

_MAX_LENGTH = 64
"""Maximum number of characters of an address with brackets and port."""


def client_address(connection: str, forwarded_for: str, trusted_proxies: int) -> str:
    """Return the normalised IP address of the client behind ``trusted_proxies`` proxies.

    Each proxy appends the address of its own client to ``X-Forwarded-For``, so only that many entries from the right
    are trusted. With fewer entries, or an invalid one, it is the address of the connection.
    """
    own = _normal(connection.partition("%")[0]) or connection
    if not trusted_proxies:
        return own
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    if trusted_proxies > len(entries):
        return own
    return _forwarded(entries[-trusted_proxies]) or own


def _forwarded(text: str) -> str | None:
    """Return the address in an entry of ``X-Forwarded-For``, without brackets and port; None if it is invalid."""
    if len(text) > _MAX_LENGTH:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return _normal(text)


def _normal(text: str) -> str | None:
    """Return the normalised address; None if it is invalid, or has a scope id (``%eth0``)."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return None
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
    return str(address)
