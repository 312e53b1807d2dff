"""The session cookie of a request, and the headers that delete it where a browser sent several."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import INVALID, Refusal
from shared.identity import cookie_name

_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]*")
_MAX_DOMAIN_LENGTH, _MAX_DOMAINS = 48, 3
_PATH = re.compile(r"/[A-Za-z0-9/_.~-]{0,59}")


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The session cookie, whose name is ``name``."""

    name: str

    def read(self, header: str) -> list[str]:
        """Return all values of the session cookie in a ``Cookie`` header.

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
    def duplicate_refusal(self) -> Refusal:
        """The refusal of a request with several session cookies.

        A page on a sibling domain can set a cookie of this name, and a request does not tell the two apart.
        """
        return INVALID.with_errors({self.name: "must be sent once"})

    def deletion_headers(self, host: str, prefix: str, path: str) -> list[str]:
        """Return the ``Set-Cookie`` headers that delete the session cookies of a request to ``path`` in the browser.

        A browser stores a cookie under its name, domain and path. The headers cover each domain and path under which
        it may store a cookie that it sent: the gateway's own, without a domain, and those set by sibling domains.
        Browsers ignore a domain that the host does not belong to, and public suffixes.
        """
        # At most 16 headers, 2.5 KB: nginx rejects a response head of more than 4 KB.
        secure = "; Secure" if cookie_name.needs_https(self.name) else ""
        if cookie_name.is_host_only(self.name):
            places = ["Path=/"]
        else:
            domains = ["", *(f"; Domain={domain}" for domain in _domains(host))]
            paths = dict.fromkeys(["/", prefix, f"{prefix}/", *([path] if _PATH.fullmatch(path) else [])])
            places = [f"Path={path}{domain}" for domain in domains for path in paths]
        return [f"{self.name}=; Max-Age=0; {place}; HttpOnly; SameSite=Lax{secure}" for place in places]


def from_environment() -> SessionCookie:
    """Return the cookie named by ``COOKIE_NAME``."""
    return SessionCookie(cookie_name.configured())


def _domains(host: str) -> Iterator[str]:
    """Yield the domains whose cookies a browser sends to ``host``: its own name and its parent domains."""
    domain = host.partition(":")[0].lower()
    if len(domain) > _MAX_DOMAIN_LENGTH:
        return
    for _ in range(_MAX_DOMAINS):
        if not _DOMAIN.fullmatch(domain):
            return
        yield domain
        domain = domain.partition(".")[2]
