"""Bunko's public API, as any front end calls it."""

import threading
import time
from typing import Any

import requests

from deploy.user_error import UserError

_TIMEOUT = 60.0
_TRIES = 30
_LONGEST_WAIT = 20.0
NO_FILES = "This service is not handling file uploads."


class Refused(Exception):
    """An answer that says no."""

    def __init__(self, request: str, status: int, text: str, errors: dict[str, str] | None = None) -> None:
        details = "; ".join(f"{field}: {error}" for field, error in (errors or {}).items())
        super().__init__(f"{request} was answered {status} {text!r}{f' ({details})' if details else ''}")
        self.status = status
        self.text = text


class Gateway:
    """The gateway at one address for one user. Threads may share it: each has connections of its own."""

    def __init__(self, address: str, cookie: str = "") -> None:
        """``cookie`` is the header with what a sign-in brought; blank is nobody."""
        self.address = address
        self._cookie = cookie
        self._own = threading.local()

    def signed_in(self, username: str, password: str) -> tuple["Gateway", dict[str, Any]]:
        """Return the gateway for a user, and that user's document; refused with 401 for a wrong password."""
        body = {"username": username, "password": password}
        answer = self._answer("POST", "/auth/login", {"json": body})
        user: dict[str, Any] = answer.json()["user"]
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        return Gateway(self.address, cookie), user

    def get(self, path: str, **query: Any) -> Any:
        """Return the document at ``path``."""
        return self._answer("GET", path, {"params": query}).json()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a change and return what it answers."""
        document: dict[str, Any] = self._answer("POST", path, {"json": body}).json()
        return document

    def add(self, path: str, body: dict[str, Any]) -> bool:
        """Send an addition; returns False where it was there already (409)."""
        try:
            self.post(path, body)
        except Refused as refused:
            if refused.status != 409:
                raise
            return False
        return True

    def _answer(self, method: str, path: str, content: dict[str, Any]) -> requests.Response:
        """Ask, and again as long as the answer is to come back later."""
        for _ in range(_TRIES):
            answer = self._ask(method, path, content)
            wait = answer.headers.get("Retry-After", "")
            if answer.status_code not in (429, 503) or not wait.isdigit() or int(wait) > _LONGEST_WAIT:
                break
            time.sleep(int(wait))
        if answer.status_code >= 300:
            raise _refusal(f"{method} {path}", answer)
        return answer

    def _ask(self, method: str, path: str, content: dict[str, Any]) -> requests.Response:
        try:
            return self._session().request(method, self.address + path, timeout=_TIMEOUT, **content)
        except requests.RequestException as error:
            raise UserError(
                f"Bunko does not answer at {self.address} ({type(error).__name__}): start it with `make up`, then"
                " run `make demo` again; it goes on where it stopped."
            ) from None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = requests.Session()
            session.trust_env = False
            if self._cookie:
                session.headers["Cookie"] = self._cookie
        return session


def _refusal(request: str, answer: requests.Response) -> Refused:
    try:
        document = answer.json()
        return Refused(request, answer.status_code, str(document["data"]), document.get("errors"))
    except (ValueError, KeyError, TypeError):
        return Refused(request, answer.status_code, answer.text[:200])
