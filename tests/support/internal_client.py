"""Calls to a service past the gateway, with the token of another program."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from shared.identity import tokens
from shared.identity.tokens import Caller, Identity, TokenTarget


@dataclass(frozen=True)
class Program:
    """A running service: its name, its URL, and the keys of its callers."""

    name: str
    url: str
    keys: Mapping[str, str]

    def called_by(self, caller: str, permissions: str | None = None) -> "InternalClient":
        """Return a client that calls as ``caller`` for a user with ``permissions``, or for an anonymous one."""
        if permissions is None:
            return InternalClient(self, caller, Identity("anonymous", "192.0.2.1"))
        user = Caller(7, "somebody", "session", frozenset(permissions.split()))
        return InternalClient(self, caller, Identity("user", "192.0.2.1", user))


@dataclass(frozen=True)
class InternalClient:
    """One program that calls another on behalf of a user."""

    program: Program
    caller: str
    identity: Identity

    def token(self, method: str, path: str) -> str:
        """Return the token for one request."""
        target = TokenTarget(self.program.name, method, path)
        return tokens.sign(self.identity, target, issuer=self.caller, key=self.program.keys[self.caller])

    def send(self, method: str, path: str, **body: Any) -> tuple[int, Any]:
        """Send one request; return its status and document."""
        headers = {tokens.HEADER: self.token(method, path.partition("?")[0])}
        answer = requests.request(
            method, self.program.url + path, json=body or None, headers=headers, timeout=30
        )
        return answer.status_code, answer.json()
