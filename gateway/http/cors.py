"""CSRF protection and CORS, from one list of allowed origins.

Browsers send ``Sec-Fetch-Site`` and ``Origin``, which pages cannot forge. A client that sends neither header (curl,
another server) is not a browser, so CSRF does not apply to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.http.headers import FORWARDED
from shared import settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_PAGES = frozenset({"same-origin", "none"})
_METHODS = "GET, HEAD, POST, DELETE"
_READABLE = "ETag, Location, Retry-After, X-Request-Id"
_PREFLIGHT_SECONDS = "600"


@dataclass(frozen=True, slots=True)
class Origins:
    """The origins of front ends that may use the API from another address."""

    allowed: frozenset[str]

    def forbids(self, method: str, *, site: str, origin: str, host: str) -> bool:
        """Return whether a request must be refused because a page of another site may have caused it.

        ``site``, ``origin`` and ``host`` are the headers ``Sec-Fetch-Site``, ``Origin`` and ``Host``, empty if absent.
        """
        if method in SAFE_METHODS or origin in self.allowed:
            return False
        if site:
            return site not in _OWN_PAGES
        return bool(origin) and not _is_own(origin, host)

    def response_headers(self, origin: str) -> Mapping[str, str]:
        """Return the CORS headers of a response to a request from ``origin``."""
        if not self.allowed:
            return {}
        if origin not in self.allowed:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Expose-Headers": _READABLE,
        }

    def preflight_headers(self) -> Mapping[str, str]:
        """Return the headers of the response to a preflight request from an allowed origin."""
        return {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": ", ".join((*FORWARDED, "X-Request-Id")),
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }


def from_environment() -> Origins:
    """Return the origins in ``ALLOWED_ORIGINS``; ends the program where one is invalid."""
    names = [name.strip().rstrip("/") for name in settings.text("ALLOWED_ORIGINS", ",").split(",")]
    allowed = frozenset(name.lower() for name in names if name)
    for name in allowed:
        parts = urlsplit(name)
        if (
            parts.scheme not in {"http", "https"}
            or name != f"{parts.scheme}://{parts.netloc}"
            or not parts.hostname
        ):
            raise settings.Unusable(
                f"ALLOWED_ORIGINS must be origins like https://example.org, not {name!r}."
            )
    return Origins(allowed)


def _is_own(origin: str, host: str) -> bool:
    """Return whether ``origin`` is this host; its scheme may be that of a proxy in front.

    Both headers may name a host that is not ours, as any DNS name can point to this address (DNS rebinding). Pages
    under such a name gain no more than curl has: the session cookie has no ``Domain``, so browsers do not send it to
    another name, and the request is anonymous. An installation therefore needs no list of its own names. Another port
    of this host is another origin, although browsers send the cookie to it.
    """
    return bool(host) and origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"}
