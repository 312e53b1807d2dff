"""The demo's handling of refusals and 503, against a scripted gateway."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.demo import running
from deploy.demo.gateway import NO_FILES, Gateway, Refused
from deploy.user_error import UserError

Answer = tuple[int, dict[str, str], dict[str, object]]


@contextmanager
def scripted(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """Serve these answers, one a request; yield the URL and the received requests."""
    asked: list[str] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(f"{self.command} {self.path} {self.headers.get('Cookie', '')}".strip())
            status, headers, document = left.pop(0)
            content = json.dumps(document).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_later_means_again() -> None:
    busy = 503, {"Retry-After": "0"}, {"data": "Busy", "code": 503}
    done: Answer = 200, {}, {"data": "Added", "code": 200, "id": 7}
    with scripted(busy, busy, done) as (address, asked):
        assert Gateway(address).post("/x", {})["id"] == 7
    assert len(asked) == 3


def test_no_file_node_is_final() -> None:
    answer: Answer = 503, {}, {"data": NO_FILES, "code": 503}
    with scripted(answer) as (address, asked), pytest.raises(Refused) as refused:
        Gateway(address).post("/x", {})
    assert (refused.value.status, refused.value.text, len(asked)) == (503, NO_FILES, 1)


def test_what_is_there_already_is_not_added() -> None:
    with scripted((409, {}, {"data": "Rating already exists for this series", "code": 409})) as (address, _):
        assert Gateway(address).add("/x", {}) is False


def test_a_refusal_names_the_field() -> None:
    document: dict[str, object] = {
        "data": "Invalid parameters",
        "code": 400,
        "errors": {"isbn13": "wrong check digit"},
    }
    with (
        scripted((400, {}, document)) as (address, _),
        pytest.raises(Refused, match="isbn13: wrong check digit"),
    ):
        Gateway(address).add("/x", {})


def test_the_cookie_of_a_sign_in_travels_on() -> None:
    login: Answer = 200, {"Set-Cookie": "refreshToken=abc; Path=/; HttpOnly; Secure"}, {"user": {"id": 1}}
    with scripted(login, (200, {}, {})) as (address, asked):
        own, user = Gateway(address).signed_in("reader", "secret")
        own.post("/x", {})
    assert user == {"id": 1}
    assert asked == ["POST /auth/login", "POST /x refreshToken=abc"]


def test_nobody_there_is_one_sentence() -> None:
    with scripted() as (address, _):
        pass
    with pytest.raises(UserError, match="start it with `make up`"):
        Gateway(address).get("/x")


def test_passwords_are_made_up_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    first = running.passwords(tmp_path, ["one"])
    both = running.passwords(tmp_path, ["one", "two"])
    path = running.passwords_path(tmp_path)
    assert both["one"] == first["one"]
    assert len(set(both.values())) == 2
    assert all(len(password) >= 16 for password in both.values())
    assert json.loads(path.read_text()) == both
    assert path.stat().st_mode & 0o777 == 0o600
