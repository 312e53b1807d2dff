"""Where the nodes of a program are, as a setting says it: base URLs, separated by commas.

A host that is a name stands for every address that DNS knows for it, now and later.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared import settings
from shared.rpc.dns_discovery import DnsDiscovery

_ONE_MACHINE = "localhost"
"""A name with two addresses, behind which there is one machine."""


class Endpoints:
    """The base URLs in ``text``. Raises ``ValueError`` where one is none."""

    def __init__(self, text: str) -> None:
        self._configured = tuple(url.strip().rstrip("/") for url in text.split(",") if url.strip())
        if not self._configured:
            raise ValueError(text)
        self._by_name = {url: DnsDiscovery(place) for url in self._configured if (place := _dns_name(url))}

    def start(self) -> None:
        """Begin to ask DNS for the names, if there are any."""
        for discovery in self._by_name.values():
            discovery.start()

    def urls(self) -> tuple[str, ...]:
        """Return what is known now; a name of which nothing is known stands for itself."""
        if not self._by_name:
            return self._configured
        found: dict[str, None] = {}
        for url in self._configured:
            discovery = self._by_name.get(url)
            found |= dict.fromkeys((discovery.urls if discovery else ()) or (url,))
        return tuple(found)

    def refresh_soon(self) -> None:
        """Have DNS asked soon."""
        for discovery in self._by_name.values():
            discovery.refresh_soon()


def from_environment() -> Mapping[str, Endpoints]:
    """Return where ``UPSTREAMS`` says that each service is; names are being asked for."""
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
    """Return the name and port of a base URL; None where its host is an address. Raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or parts.path:
        raise ValueError(url)
    port = parts.port or 80
    try:
        ip_address(parts.hostname)
    except ValueError:
        return None if parts.hostname == _ONE_MACHINE else f"{parts.hostname}:{port}"
    return None
