"""An HTTP client as a front end uses it: one gateway, one cookie jar, JSON bodies."""

import itertools
from typing import Any, Self

import requests

from tests.support.accounts import PASSWORD

_addresses = itertools.count(1)


class Client:
    """A signed-in (or anonymous) browser or script that talks to one gateway.

    Each client has its own network address, which the test stack trusts (``TRUSTED_PROXIES=1``), so that rate
    limits count each client separately.
    """

    def __init__(self, gateway: str, *, address: str | None = None) -> None:
        self.gateway = gateway
        self.session = requests.Session()
        number = next(_addresses)
        self.session.headers["X-Forwarded-For"] = (
            address or f"198.51.{number // 250 % 250}.{number % 250 + 1}"
        )
        self.user: dict[str, Any] = {}

    def ask(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send one request; ``json=`` is its body, ``params=`` its query."""
        options.setdefault("timeout", 30)
        return self.session.request(method, self.gateway + path, allow_redirects=False, **options)

    def get(self, path: str, **params: Any) -> Any:
        """Return the document at ``path``; fails unless the answer is 200."""
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Return the answer to a POST; fails unless it is a success in the contract's shape."""
        answer = self.ask("POST", path, json=body)
        assert answer.status_code in (200, 201), f"POST {path}: {answer.status_code} {answer.text}"
        assert answer.json()["code"] == answer.status_code
        return answer.json()

    def delete(self, path: str, **body: Any) -> Any:
        """Return the answer to a DELETE; fails unless it is 200."""
        answer = self.ask("DELETE", path, **({"json": body} if body else {}))
        assert answer.status_code == 200, f"DELETE {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def refused(self, method: str, path: str, **options: Any) -> tuple[int, str]:
        """Return (status, text) of a refusal, after checking its shape."""
        answer = self.ask(method, path, **options)
        document = answer.json()
        assert document["code"] == answer.status_code >= 400, answer.text
        return answer.status_code, document["data"]

    def register(self, username: str, password: str = PASSWORD) -> Self:
        """Register an account and sign in with it."""
        created = self.post("/auth/register", username=username, password=password)
        assert created["code"] == 201, created
        return self.sign_in(username, password)

    def sign_in(self, username: str, password: str = PASSWORD) -> Self:
        """Sign in; the cookie stays in this client's jar."""
        answer = self.ask("POST", "/auth/login", json={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        self.user = answer.json()["user"]
        return self


def edit_path(user: Client) -> str:
    """Return the path on which an administrator edits the account of a client."""
    return f"/admin-users/edit/{user.user['id']}"
