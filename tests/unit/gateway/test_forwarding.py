"""Forwarding as middleware: the order of the steps, and the separation of forwarded requests from Flask."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from flask import Flask

from gateway.admission.concurrency_limit import ConcurrencyLimit
from gateway.admission.rate_limit import RateLimit
from gateway.admission.session_cookie import SessionCookie
from gateway.admission.worker_hooks import WorkerHooks, worker_hooks
from gateway.forwarding import Forwarding
from gateway.http.cors import Origins
from gateway.http.request_context import RequestContext
from gateway.http.response import WsgiResponse
from gateway.pipeline import Pipeline


class RecordingDispatcher:
    """Answers forwarded requests itself."""

    def __init__(self) -> None:
        self.contexts: list[RequestContext] = []
        self.closed = 0

    def forward(self, context: RequestContext) -> WsgiResponse:
        self.contexts.append(context)
        return WsgiResponse(200, [("Content-Type", "text/plain")], self._pieces(), [self._close])

    def _pieces(self) -> Iterator[bytes]:
        yield b"forwarded "
        yield b"in pieces"

    def _close(self) -> None:
        self.closed += 1


@pytest.fixture
def dispatcher() -> RecordingDispatcher:
    return RecordingDispatcher()


@pytest.fixture
def app(dispatcher: RecordingDispatcher) -> Flask:
    """A site with one page, behind the middleware."""
    app = Flask("site", static_folder=None)
    app.config |= {"TRAP_HTTP_EXCEPTIONS": True, "PROPAGATE_EXCEPTIONS": True}
    app.add_url_rule("/status", view_func=lambda: "a page of Flask", endpoint="status")
    pipeline = Pipeline(
        trusted_proxies=1,
        origins=Origins(frozenset({"https://front.example"})),
        rate_limit=RateLimit(0),
        database=cast(Any, None),
        site=app.wsgi_app,
        concurrency_limit=ConcurrencyLimit(["catalog", "media", "users"]),
        cookie=SessionCookie("refreshToken"),
        dispatcher=cast(Any, dispatcher),
    )
    app.wsgi_app = Forwarding(pipeline)  # type: ignore[method-assign]
    return app


def test_pages_without_a_route_are_flasks(app: Flask, dispatcher: RecordingDispatcher) -> None:
    response = app.test_client(use_cookies=False).get("/status")
    assert (response.status_code, response.text) == (200, "a page of Flask")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["X-Request-Id"]
    assert not dispatcher.contexts


def test_forwarded_requests_do_not_enter_flask(
    app: Flask, dispatcher: RecordingDispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Flask, "request_context", None)
    answer = app.test_client(use_cookies=False).get(
        "/volumes//1?x=%7e",
        headers={"X-Forwarded-For": "198.51.100.7", "Cookie": "refreshToken=abc"},
    )
    assert answer.data == b"forwarded in pieces"
    answer.close()
    assert dispatcher.closed == 1
    context = dispatcher.contexts[0]
    assert (context.target.raw, context.client_ip, context.session_token) == (
        "/volumes//1?x=%7E",
        "198.51.100.7",
        "abc",
    )
    assert (context.route.owner, context.route_label) == ("catalog", "/volumes")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("POST", "/status", {}, 405),
        ("GET", "/volumes/%2e%2e", {}, 400),
        ("GET", "/auth/me", {"Cookie": "refreshToken=a; refreshToken=b"}, 400),
        ("POST", "/admin/lock", {"Origin": "https://elsewhere.example"}, 403),
        ("GET", "/volumes/1", {"Accept": "x" * 2000}, 431),
    ],
)
def test_a_step_that_refuses_ends_the_pipeline(
    app: Flask,
    dispatcher: RecordingDispatcher,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
) -> None:
    response = app.test_client(use_cookies=False).open(path, method=method, headers=headers)
    assert response.status_code == status
    assert response.json is not None
    assert response.json["code"] == status
    assert not dispatcher.contexts


def test_a_preflight_is_answered_before_anything_is_forwarded(
    app: Flask, dispatcher: RecordingDispatcher
) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://front.example"}
    response = app.test_client(use_cookies=False).options("/volumes/1", headers=asked)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "https://front.example"
    assert not dispatcher.contexts


def test_the_order_of_the_steps() -> None:
    given: dict[str, Any] = dict.fromkeys(Pipeline.__dataclass_fields__)
    steps = Pipeline(**given | {"dispatcher": RecordingDispatcher()}).steps()
    names = [cast(Callable[..., Any], step).__name__ for step in steps]
    assert names == [
        "_parse_target",
        "_find_client_ip",
        "_check_header_lengths",
        "_answer_preflight",
        "_count_request",
        "_check_origin",
        "_find_route_or_page",
        "_check_concurrency",
        "_read_session_cookie",
        "forward",
    ]


def test_the_worker_finds_the_hooks_of_an_application() -> None:
    app, hooks = Flask("site"), WorkerHooks(cast(Any, None), cast(Any, None))
    hooks.register(app)
    assert worker_hooks(app) is hooks
