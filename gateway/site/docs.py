"""The API documentation: the OpenAPI document, and Swagger UI served from the installed package."""

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
"""Allows no inline code and no other origin; Swagger UI works with that."""


def blueprint(documentation: OpenApiDocument) -> Blueprint:
    """Return the blueprint of ``/openapi.json`` and ``/docs``."""
    pages = Blueprint("documentation", __name__)
    bundled = _bundled()

    @pages.get("/openapi.json")
    def document() -> Response:
        """Return the API as an OpenAPI 3.1 document."""
        return Response(documentation.json(), mimetype="application/json")

    @pages.get("/docs")
    def page() -> Response:
        """Return the page of Swagger UI."""
        response = send_from_directory(_OWN, "docs.html")
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @pages.get("/docs/<name>")
    def asset(name: str) -> Response:
        """Return a script, style sheet or icon of the page."""
        if name not in _OWN_ASSETS | _BUNDLED_ASSETS:
            raise NOT_FOUND
        return send_from_directory(_OWN if name in _OWN_ASSETS else bundled, name, max_age=_DAY)

    return pages


def _bundled() -> Path:
    """Return the folder of Swagger UI in its package. The package's own page is unused, as it has inline scripts."""
    wheel = find_spec("flask_swagger_ui")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "dist"
