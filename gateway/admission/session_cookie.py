"""The session's cookie in a request: found by its name, and forgotten where there are several of that name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import INVALID, Refusal
from shared.identity import cookie_name

_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]*")
_LONGEST_DOMAIN, _MOST_DOMAINS = 48, 3
_PATH = re.compile(r"/[A-Za-z0-9/_.~-]{0,59}")


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The cookie ``name``."""

    name: str

    def read(self, header: str) -> list[str]:
        """Return the values of the session's cookie in a ``Cookie`` header: none, one, or more than may be.

        Several header lines arrive joined by commas.
        """
        if self.name not in header:
            return []
        found = []
        for part in header.replace(",", ";").split(";"):
            name, equals, value = part.partition("=")
            if equals and name.strip().strip('"') == self.name:
                found.append(value.strip().strip('"'))
        return found

    @property
    def several(self) -> Refusal:
        """The answer to a request with more than one.

        A page on a neighbouring domain can set a cookie of this name too, and there is no telling which is ours.
        """
        return INVALID.with_errors({self.name: "must be sent once"})

    def forgotten(self, host: str, prefix: str, path: str) -> list[str]:
        """Return the ``Set-Cookie`` headers that make a browser forget the cookies of a request to ``path``.

        A cookie is known by its name, domain and path. So each domain and each path is named under which a browser may
        keep one that it sent: ours, without a domain, and those that a neighbour set. A browser ignores a domain to
        which the host does not belong, or that is a public suffix.
        """
        # At most 16 headers, 2.5 KB: nginx refuses an answer whose head has more than 4 KB.
        secure = "; Secure" if cookie_name.needs_https(self.name) else ""
        if cookie_name.is_host_only(self.name):
            places = ["Path=/"]
        else:
            domains = ["", *(f"; Domain={domain}" for domain in _domains(host))]
            paths = dict.fromkeys(["/", prefix, f"{prefix}/", *([path] if _PATH.fullmatch(path) else [])])
            places = [f"Path={path}{domain}" for domain in domains for path in paths]
        return [f"{self.name}=; Max-Age=0; {place}; HttpOnly; SameSite=Lax{secure}" for place in places]


def from_environment() -> SessionCookie:
    """Return the cookie that ``COOKIE_NAME`` names."""
    return SessionCookie(cookie_name.configured())


def _domains(host: str) -> Iterator[str]:
    """Yield the domains of which a browser may keep a cookie for ``host``: its own name, and those above it."""
    domain = host.partition(":")[0].lower()
    if len(domain) > _LONGEST_DOMAIN:
        return
    for _ in range(_MOST_DOMAINS):
        if not _DOMAIN.fullmatch(domain):
            return
        yield domain
        domain = domain.partition(".")[2]
