"""Endpoints of services from the setting ``UPSTREAMS``: base URLs, separated by commas.

A host name stands for all its current addresses in DNS.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared import settings
from shared.rpc.dns_discovery import DnsDiscovery

_ONE_MACHINE = "localhost"
"""A name with two addresses (IPv4 and IPv6) of one machine; not resolved."""


class Endpoints:
    """The endpoints of one service: the base URLs in ``text``. Raises ``ValueError`` if one is invalid."""

    def __init__(self, text: str) -> None:
        self._configured = tuple(url.strip().rstrip("/") for url in text.split(",") if url.strip())
        if not self._configured:
            raise ValueError(text)
        self._by_name = {url: DnsDiscovery(name) for url in self._configured if (name := _dns_name(url))}

    def start(self) -> None:
        """Start DNS discovery for the host names, if there are any."""
        for discovery in self._by_name.values():
            discovery.start()

    def urls(self) -> tuple[str, ...]:
        """Return the current base URLs. A host name that was never resolved is returned unchanged."""
        if not self._by_name:
            return self._configured
        found: dict[str, None] = {}
        for url in self._configured:
            discovery = self._by_name.get(url)
            found |= dict.fromkeys((discovery.urls if discovery else ()) or (url,))
        return tuple(found)

    def refresh_soon(self) -> None:
        """Resolve the host names soon."""
        for discovery in self._by_name.values():
            discovery.refresh_soon()


def from_environment() -> Mapping[str, Endpoints]:
    """Return the endpoints of each service in ``UPSTREAMS``, with DNS discovery started."""
    found = {}
    for service, text in settings.mapping("UPSTREAMS").items():
        try:
            found[service] = Endpoints(text)
        except ValueError:
            raise settings.Unusable(
                f"UPSTREAMS must give {service} addresses such as http://10.0.0.7:8000, separated by commas,"
                f" not {text!r}."
            ) from None
        found[service].start()
    return found


def _dns_name(url: str) -> str | None:
    """Return ``name:port`` of a base URL, None if its host is an address. Raises ``ValueError`` if it is invalid."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path:
        raise ValueError(url)
    port = parts.port or 80
    try:
        ip_address(parts.hostname)
    except ValueError:
        return None if parts.hostname == _ONE_MACHINE else f"{parts.hostname}:{port}"
    return None
