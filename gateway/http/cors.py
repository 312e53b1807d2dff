"""Origins: which web pages may change anything through a visitor's cookie (CSRF), and read answers (CORS).

One list serves both. Browsers say where a request comes from in ``Sec-Fetch-Site`` and ``Origin``, which no page
can forge; whatever sends neither (curl, another server) is no browser and rides on nobody's cookie.
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
    """The front ends on other addresses that are ours."""

    allowed: frozenset[str]

    def forbids(self, method: str, *, site: str, origin: str, host: str) -> bool:
        """Whether a request must be refused as one that a foreign page may have caused.

        ``site``, ``origin`` and ``host`` are the headers ``Sec-Fetch-Site``, ``Origin`` and ``Host``, empty if absent.
        """
        if method in SAFE_METHODS or origin in self.allowed:
            return False
        if site:
            return site not in _OWN_PAGES
        return bool(origin) and not _is_own(origin, host)

    def response_headers(self, origin: str) -> Mapping[str, str]:
        """Return the CORS headers of an answer to a request from ``origin``."""
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
        """Return what a browser is told before a request from an allowed origin."""
        return {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": ", ".join((*FORWARDED, "X-Request-Id")),
            "Access-Control-Max-Age": _PREFLIGHT_SECONDS,
        }


def from_environment() -> Origins:
    """Return the origins in ``ALLOWED_ORIGINS``; ends the program for a text that is no origin."""
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
    """Whether a page came from this very address; the scheme may be that of a proxy in front.

    Both headers may name a host that is not ours: whoever owns a name can lead it here (DNS rebinding), and its pages
    then come from where they ask. That gains them nothing that curl has not: the session's cookie has no ``Domain``, so
    browsers keep it from any other name, and the request is nobody's. So no list of our own names is needed, which
    every installation would have to keep. A page from another port of this host is foreign, though it has the cookie.
    """
    return bool(host) and origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"}
