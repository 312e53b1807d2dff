"""The upstream nodes: those of each service, and the file nodes."""

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from gateway.proxy.upstream import Upstream
from shared import settings
from shared.rpc import endpoints
from shared.rpc.balancer import Balancer
from shared.rpc.dns_discovery import DnsDiscovery
from shared.rpc.endpoints import Endpoints

SERVICE_SECONDS = 15
"""Default of ``SERVICE_SECONDS``, the time-out of a service's responses. Its SQL statements time out after 10 s."""
NODE_SECONDS = 60
"""Default of ``NODE_SECONDS``, the time-out of a file node's responses, as it may be decoding a picture."""
FILES = "files"

_log = logging.getLogger("bunko.gateway")


def of_services(
    services: Mapping[str, Endpoints], *, seconds: float = SERVICE_SECONDS
) -> Mapping[str, Balancer[Upstream]]:
    """Return a balancer over the nodes of each service; ``seconds`` is their time-out."""
    return {
        name: Balancer(partial(Upstream, name, seconds=seconds), found.urls, found.refresh_soon, service=name)
        for name, found in services.items()
    }


def of_files(
    file: Path, discovery: DnsDiscovery | None = None, *, seconds: float = NODE_SECONDS
) -> Balancer[Upstream]:
    """Return a balancer over the file nodes listed in ``file`` and found by DNS; ``seconds`` is their time-out."""
    make, listed = partial(Upstream, FILES, seconds=seconds), NodesFile(file)
    if discovery is None:
        return Balancer(make, listed.urls, service=FILES)
    return Balancer(
        make,
        lambda: tuple(dict.fromkeys((*listed.urls(), *discovery.urls))),
        discovery.refresh_soon,
        service=FILES,
    )


def services_from_environment() -> Mapping[str, Balancer[Upstream]]:
    """Return the nodes of each service in ``UPSTREAMS``."""
    seconds = settings.whole("SERVICE_SECONDS", SERVICE_SECONDS)
    return of_services(endpoints.from_environment(), seconds=seconds)


def file_nodes_from_environment() -> Balancer[Upstream]:
    """Return the file nodes in ``FILE_NODES_FILE`` and behind ``FILE_NODES_DNS``."""
    file, seconds = Path(settings.text("FILE_NODES_FILE")), settings.whole("NODE_SECONDS", NODE_SECONDS)
    return of_files(file, _discovery(), seconds=seconds)


def _discovery() -> DnsDiscovery | None:
    """Start DNS discovery of file nodes; None without ``FILE_NODES_DNS``."""
    name = settings.text("FILE_NODES_DNS", "none")
    if name == "none":
        return None
    try:
        discovery = DnsDiscovery(name)
    except ValueError:
        raise settings.Unusable(
            f"FILE_NODES_DNS must be a name and a port, name:port, not {name!r}."
        ) from None
    discovery.start()
    return discovery


class NodesFile:
    """The base URLs in a text file, one per line. The file is read again whenever it changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int, int] | None = None
        self._urls: tuple[str, ...] = ()

    def urls(self) -> tuple[str, ...]:
        """Return the current URLs without duplicates; none if there is no file."""
        try:
            status = self._file.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                lines = [line.strip().rstrip("/") for line in self._file.read_text().splitlines()]
                self._urls, self._stamp = tuple(dict.fromkeys(line for line in lines if line)), stamp
        except FileNotFoundError:
            self._urls, self._stamp = (), None
        except OSError as error:
            _log.warning("%s cannot be read, its nodes stay as they are: %s", self._file, error)
        return self._urls
