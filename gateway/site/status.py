"""``/status``: how Bunko is, for people and, where JSON is asked for, for programs.

Everybody may see it: that is what it is for when signing in does not work. So it holds nothing that helps an attacker
in: names and states, the version, which anybody can tell from the API's document, and the revision of the schema; no
addresses, no numbers of processes, and no texts of errors, which are for the log.
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


def pages(poller: StatusPoller) -> Blueprint:
    """Return the pages under ``/status``."""
    status = Blueprint("status", __name__, url_prefix="/status")

    @status.get("")
    def page() -> Response:
        """How Bunko is, as the last look found it."""
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
        """What the page is made of."""
        if name not in _ASSETS:
            raise NOT_FOUND
        return send_from_directory(_OWN, name, max_age=_DAY)

    return status


def wants_json(accept: str) -> bool:
    """Return whether a request with this ``Accept`` header gets JSON: where that is named, and HTML is not."""
    named = accept.lower()
    return _JSON in named and _HTML not in named


def document(snapshot: Snapshot) -> dict[str, Any]:
    """Return what was found as JSON shows it."""
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
    """Return how long ago ``time`` was, in the two largest units that tell something: ``2 d 5 h``."""
    began = datetime.fromisoformat(time) if isinstance(time, str) else time
    seconds = max(0, int((now - began).total_seconds()))
    parts = (
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    )
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number) or "0 s"
