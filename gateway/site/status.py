"""``/status``: the health of all services, as HTML or as JSON.

The page is public, so that it can be read while signing in fails. It therefore shows only names, states, the schema
revision, and the version, which the OpenAPI document shows too: no addresses, no number of processes, no error texts.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template, request, send_from_directory

from gateway.site.status_model import NodeHealth, ServiceHealth, Snapshot
from gateway.site.status_poller import StatusPoller
from shared.build_info import moment
from shared.errors import NOT_FOUND

_OWN = Path(__file__).parent / "pages"
_ASSETS = frozenset({"status.css", "status.js"})
_DAY = 24 * 3600
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_JSON, _HTML = "application/json", "text/html"


def blueprint(poller: StatusPoller) -> Blueprint:
    """Return the blueprint of ``/status``."""
    status = Blueprint("status", __name__, url_prefix="/status")

    @status.get("")
    def page() -> Response:
        """Return the latest snapshot, as JSON where the client accepts JSON and not HTML."""
        snapshot = poller.latest()
        if wants_json(request.headers.get("Accept", "")):
            response = Response(json.dumps(document(snapshot)), mimetype=_JSON)
        else:
            response = Response(render_template("status.html", look=snapshot, ago=ago))
            response.headers["Content-Security-Policy"] = _POLICY
        response.vary.add("Accept")
        return response

    @status.get("/<name>")
    def asset(name: str) -> Response:
        """Return the page's style sheet or script."""
        if name not in _ASSETS:
            raise NOT_FOUND
        return send_from_directory(_OWN, name, max_age=_DAY)

    return status


def wants_json(accept: str) -> bool:
    """Return whether a request with this ``Accept`` header gets JSON: it names JSON and not HTML."""
    accepted = accept.lower()
    return _JSON in accepted and _HTML not in accepted


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return the JSON document of a snapshot."""
    return {
        "state": "well" if snapshot.well else "unwell",
        "looked": moment(snapshot.at),
        "services": [_service(service) for service in snapshot.services],
    }


def _service(service: ServiceHealth) -> dict[str, Any]:
    own = {"name": service.name, "state": service.state, "since": moment(service.since)}
    return own | {"nodes": [_node(node) for node in service.nodes]}


def _node(node: NodeHealth) -> dict[str, Any]:
    about = node.about
    return {
        "state": node.state,
        "since": moment(node.since),
        "started": about["started"] if about else None,
        "version": about["version"] if about else None,
        "schema": about["schema"] if about else None,
    }


def ago(time: datetime | str, now: datetime) -> str:
    """Return the time since ``time`` in its two largest units: ``2 d 5 h``."""
    start = datetime.fromisoformat(time) if isinstance(time, str) else time
    seconds = max(0, int((now - start).total_seconds()))
    parts = (
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    )
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "0 s"
