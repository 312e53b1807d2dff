"""Signing in and registering, from inside the service: hashing, transactions, limits turned off, logs."""

import json
import logging
import os
import secrets
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.test import TestResponse

from deploy.stack.stack import Stack
from shared.identity.tokens import HEADER, Identity, TokenTarget, sign
from shared.postgres.engine import Database
from tests.support.accounts import PASSWORD
from tests.support.client import Client
from users import passwords
from users.app import create
from users.store import accounts


@pytest.fixture
def app(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A user service of the stack, in this process, without rate limits."""
    handlers = logging.getLogger().handlers
    for name, value in (stack.settings("users") | {"RATE_LIMITS": "off"}).items():
        monkeypatch.setenv(name, value)
    app = create()
    logging.getLogger().handlers = handlers
    return app


def ask(app: Flask, path: str, **body: Any) -> TestResponse:
    """Send a request as the gateway does for an anonymous client."""
    key = json.loads(os.environ["TOKEN_KEYS"])["gateway"]
    token = sign(
        Identity("anonymous", "192.0.2.7"), TokenTarget("users", "POST", path), issuer="gateway", key=key
    )
    return app.test_client().post(path, json=body, headers={HEADER: token})


def test_rate_limits_can_be_turned_off(app: Flask, member: Client) -> None:
    name = member.user["username"]
    for _ in range(12):
        assert ask(app, "/auth/login", username=name, password="wrong horse").status_code == 401
    assert ask(app, "/auth/login", username=name, password=PASSWORD).status_code == 200
    for number in range(51):
        assert ask(app, "/auth/login", username=f"n-{number}", password="wrong horse").status_code == 401
    for _ in range(12):
        assert ask(app, "/auth/register", username=name, password=PASSWORD).status_code == 409


def test_an_unknown_name_costs_as_much_hashing_as_a_wrong_password(
    app: Flask, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same number of hashes with the same parameters, so that the time does not tell which names exist."""
    verified: list[str] = []
    verify = passwords._hasher.verify

    class Recorded:
        def verify(self, stored: str, password: str) -> bool:
            verified.append(stored)
            return verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", Recorded())
    for name in (member.user["username"], f"unknown-{secrets.token_hex(6)}"):
        assert ask(app, "/auth/login", username=name, password="wrong horse").status_code == 401
    known, unknown = (stored.split("$")[1:4] for stored in verified)
    assert known == unknown == ["argon2id", "v=19", "m=19456,t=2,p=1"]


def test_no_connection_is_held_while_passwords_are_hashed(
    app: Flask, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    pool = app.extensions["database"]._engine.pool
    digest, matches = passwords.digest, passwords.matches

    def watched_digest(password: str) -> str:
        held.append(pool.checkedout())
        return digest(password)

    def watched_matches(password: str, stored: str | None) -> bool:
        held.append(pool.checkedout())
        return matches(password, stored)

    monkeypatch.setattr(passwords, "digest", watched_digest)
    monkeypatch.setattr(passwords, "matches", watched_matches)
    name = f"fresh-{secrets.token_hex(6)}"
    assert ask(app, "/auth/register", username=name, password=PASSWORD).status_code == 201
    assert ask(app, "/auth/login", username=name, password=PASSWORD).status_code == 200
    assert ask(app, "/auth/login", username=name, password="wrong horse").status_code == 401
    assert held == [0, 0, 0]


def test_a_failed_statement_is_not_logged_with_its_parameters(app: Flask) -> None:
    """Errors are logged in full, and a parameter may be a digest."""
    database: Database = app.extensions["database"]
    with pytest.raises(SQLAlchemyError, match="users_username_check") as error:
        database.write(lambda db: accounts.create(db, "no name at all", "digest"))
    assert "[parameters" not in str(error.value)
