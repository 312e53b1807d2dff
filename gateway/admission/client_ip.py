"""A client's network address: the connection's, or what the proxies in front are trusted to say."""

from ipaddress import IPv6Address, ip_address

_LONGEST = 64
"""Characters of an address with brackets and port."""


def client_address(connection: str, forwarded_for: str, trusted_proxies: int) -> str:
    """Return the address of the client behind ``trusted_proxies`` proxies, in its one spelling.

    Each proxy appends the address it was called from to ``X-Forwarded-For``, so only that many entries from the
    right are believed. Fewer entries, or one that is no address: the connection's own.
    """
    own = _normal(connection.partition("%")[0]) or connection
    if not trusted_proxies:
        return own
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    if trusted_proxies > len(entries):
        return own
    return _forwarded(entries[-trusted_proxies]) or own


def _forwarded(text: str) -> str | None:
    """Return the address in an entry of ``X-Forwarded-For``, without brackets and port; None if it is none."""
    if len(text) > _LONGEST:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return _normal(text)


def _normal(text: str) -> str | None:
    """Return an address in its one spelling; None if it is none, or names an interface of another machine (``%``)."""
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
