"""A trivial service in place of nginx: always the same ten kilobytes."""

import os

from flask import Flask, Response

_BODY = os.environ["BODY"]

app = Flask(__name__)


@app.get("/<path:path>")
def answer(path: str) -> Response:
    """Answer."""
    return Response(_BODY, content_type="application/json")
