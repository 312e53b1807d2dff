"""A naive gateway: it looks the session up, then calls the service with ``requests.request``."""

import os

import requests
from flask import Flask, Response, abort, request

from tests.load.bench.peers.apps import sessions

_SECONDS = 15

app = Flask(__name__)


@app.route("/<path:path>", methods=["GET", "POST", "DELETE"])
def forward(path: str) -> Response:
    """Forward a request and return its answer."""
    if not sessions.may(request.headers.get("Cookie"), "view-volumes"):
        abort(401)
    answer = requests.request(
        request.method,
        f"{os.environ['UPSTREAM']}/{path}",
        params=request.args.to_dict(),
        data=request.get_data(),
        headers={"Content-Type": request.headers.get("Content-Type", "")},
        timeout=_SECONDS,
    )
    return Response(answer.content, answer.status_code, {"Content-Type": answer.headers["Content-Type"]})
