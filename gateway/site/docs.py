"""The pages of the documentation: the document itself, and Swagger UI from the wheel, nothing of it from elsewhere."""

from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from gateway.site.openapi_document import OpenApiDocument
from shared.errors import NOT_FOUND

_OWN = Path(__file__).parent / "pages"
_OWN_ASSETS = frozenset({"docs.js"})
_BUNDLED_ASSETS = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
_DAY = 24 * 3600
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere: Swagger UI works within that."""


def pages(documentation: OpenApiDocument) -> Blueprint:
    """Return the pages ``/openapi.json`` and ``/docs``."""
    shown = Blueprint("documentation", __name__)
    bundled = _bundled()

    @shown.get("/openapi.json")
    def document() -> Response:
        """The whole API as OpenAPI 3.1."""
        return Response(documentation.json(), mimetype="application/json")

    @shown.get("/docs")
    def page() -> Response:
        """The same to read and to try."""
        response = send_from_directory(_OWN, "docs.html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @shown.get("/docs/<name>")
    def asset(name: str) -> Response:
        """What the page is made of."""
        if name not in _OWN_ASSETS | _BUNDLED_ASSETS:
            raise NOT_FOUND
        return send_from_directory(_OWN if name in _OWN_ASSETS else bundled, name, max_age=_DAY)

    return shown


def _bundled() -> Path:
    """Return where the wheel keeps Swagger UI; its own page is not used, as it needs inline scripts."""
    wheel = find_spec("flask_swagger_ui")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "dist"
