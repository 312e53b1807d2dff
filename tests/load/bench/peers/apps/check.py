"""The check behind nginx's ``auth_request``: does the cookie's user have the permission to view volumes?"""

from flask import Flask, request

from tests.load.bench.peers.apps import sessions

app = Flask(__name__)


@app.get("/check")
def check() -> tuple[str, int]:
    """Answer 204 or 401."""
    return "", 204 if sessions.may(request.headers.get("Cookie"), "view-volumes") else 401
