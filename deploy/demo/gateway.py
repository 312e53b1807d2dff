"""A client of Bunko's public API."""

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
    """The gateway answered with an error."""

    def __init__(self, request: str, status: int, text: str, errors: dict[str, str] | None = None) -> None:
        details = "; ".join(f"{field}: {error}" for field, error in (errors or {}).items())
        super().__init__(f"{request} was answered {status} {text!r}{f' ({details})' if details else ''}")
        self.status = status
        self.text = text


class Gateway:
    """The gateway at one URL, called as one user. Thread-safe: each thread has its own connections."""

    def __init__(self, address: str, cookie: str = "") -> None:
        """``cookie`` is the ``Cookie`` header of a signed-in user; blank for anonymous requests."""
        self.address = address
        self._cookie = cookie
        self._own = threading.local()

    def signed_in(self, username: str, password: str) -> tuple["Gateway", dict[str, Any]]:
        """Sign in and return the user's gateway and document; raises ``Refused`` (401) for a wrong password."""
        body = {"username": username, "password": password}
        answer = self._answer("POST", "/auth/login", {"json": body})
        user: dict[str, Any] = answer.json()["user"]
        cookie = "; ".join(f"{name}={value}" for name, value in answer.cookies.items())
        return Gateway(self.address, cookie), user

    def get(self, path: str, **query: Any) -> Any:
        """Return the document at ``path``."""
        return self._answer("GET", path, {"params": query}).json()

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send a change and return the document of the answer."""
        document: dict[str, Any] = self._answer("POST", path, {"json": body}).json()
        return document

    def add(self, path: str, body: dict[str, Any]) -> bool:
        """Send an addition; returns False if the entry exists already (409)."""
        try:
            self.post(path, body)
        except Refused as refused:
            if refused.status != 409:
                raise
            return False
        return True

    def _answer(self, method: str, path: str, content: dict[str, Any]) -> requests.Response:
        """Send a request, and repeat it while the answer is a 429 or 503 with a short ``Retry-After``."""
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
                f"Bunko does not answer at {self.address} ({type(error).__name__})",
                "start it with `make up`, then run `make demo` again; it goes on where it stopped.",
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
