"""No secret of a system occurs in its log lines, errors, answers or metrics.

The whole system, with pictures in a bucket, gets valid and invalid requests, also while parts are away.
"""

import json
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg2
import pytest
import requests

from deploy.postgresql.database import NAME as POSTGRES
from deploy.running.logs import Log
from deploy.stack.stack import Stack
from shared.web import health
from shared.web.openapi_examples import example
from tests.support.client import Client
from tests.support.pictures import base64_of, quarters
from tests.support.s3 import S3

ADMINISTRATORS, READERS, WRONG = (f"canary-{secrets.token_hex(12)}" for _ in range(3))
S3_KEYS = {name: f"canary{secrets.token_hex(12)}" for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
_HIDDEN = re.compile(r"KEY|SECRET|PASSWORD|TOKEN")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.")
"""The beginning of every token: cookie, access token, identity token."""
TABLES = ("users.users", "users.sessions", "catalog.series", "media.media")


class Kept(Log):
    """A log that keeps every line."""

    def __init__(self) -> None:
        super().__init__(silent=True)
        self.lines: list[str] = []

    def write(self, program: str, line: str) -> None:
        self.lines.append(f"{program}: {line}")
        super().write(program, line)


@dataclass
class Said:
    """All answers of a system, without the cookies and access tokens that it issues on purpose."""

    answers: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def hear(self, answer: requests.Response) -> None:
        text = answer.text
        for token in re.findall(r'"accessToken":\s*"([\w-]+\.[\w.-]+)"', text):
            self.tokens.add(token)
            text = text.replace(token, "")
        self.tokens |= {cookie for cookie in answer.cookies.values() if len(cookie) > 20}
        kept = {name: value for name, value in answer.headers.items() if name != "Set-Cookie"}
        self.answers.append(
            f"{answer.request.method} {answer.request.url}: {answer.status_code} {kept} {text}"
        )


@pytest.fixture(scope="module")
def log() -> Kept:
    return Kept()


@pytest.fixture(scope="module")
def own(s3: S3, log: Kept) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="bunko-canaries-") as folder:
        settings = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "RATE_LIMITS": "off", "SWEEP_SECONDS": "1"}
        settings |= {"ADMIN_PASSWORD": ADMINISTRATORS, "STORAGE_URL": s3.url()} | S3_KEYS
        s3.door.pass_on()
        with Stack(settings, log=log) as running:
            yield running


@pytest.mark.slow
def test_no_secret_is_ever_said(own: Stack, log: Kept, s3: S3) -> None:
    said = Said()
    admin = Client(own.address).sign_in("admin", ADMINISTRATORS)
    admin.session.hooks["response"].append(lambda answer, **_: said.hear(answer))
    _sign_in_all_ways(own, said)
    _ask_everything(own, admin)
    s3.door.open = False
    _ask_everything(own, admin, only="image")
    s3.door.pass_on()
    for table in TABLES:
        with _without(own, table):
            _sign_in_all_ways(own, said)
            _ask_everything(own, admin)
    _look_after_everything(own, said)
    own.stop_program("media")
    _ask_everything(own, admin, only="media")
    for path in ("/status", "/health/ready"):
        said.hear(requests.get(own.address + path, timeout=30))
    rows = _rows(own)
    assert len(rows) > 5
    secrets_ = _secrets(own) | rows | {ADMINISTRATORS, READERS, WRONG, *S3_KEYS.values()} | said.tokens
    assert len(secrets_) > 15
    assert any(" 500 " in answer for answer in said.answers)
    assert any(" 503 " in answer for answer in said.answers)
    assert any("Traceback" in line for line in log.lines)
    told = [
        line[max(0, line.index(secret) - 200) : line.index(secret) + 10]
        for line in (*log.lines, *said.answers)
        for secret in secrets_
        if secret in line
    ]
    assert told == []
    assert [line for line in (*log.lines, *said.answers) if _TOKEN.search(line)] == []


def _look_after_everything(own: Stack, said: Said) -> None:
    """Request the operator's pages: status, health and metrics."""
    programs = [name for name in own.pids if name != POSTGRES]
    addresses = [own.address if name == "gateway" else own.service_url(name) for name in programs]
    pages = ["/health/live", "/health/ready", health.PATH]
    asked = [own.address + "/status", *(address + page for address in addresses for page in pages)]
    for url in (*asked, *(own.metrics_url(name) for name in programs)):
        said.hear(requests.get(url, headers={"Accept": "application/json"}, timeout=30))


def _sign_in_all_ways(own: Stack, said: Said) -> None:
    name = f"reader-{secrets.token_hex(6)}"
    for path, password in (
        ("/auth/register", READERS),
        ("/auth/register", READERS),
        ("/auth/login", READERS),
        ("/auth/login", WRONG),
        (f"/auth/login?password={WRONG}", WRONG),
        ("/auth/login/", [WRONG]),
        ("/auth/register", {"password": WRONG}),
        ("/auth/register", WRONG * 20),
    ):
        answer = Client(own.address).ask("POST", path, json={"username": name, "password": password})
        answer.request.url = path.partition("?")[
            0
        ]  # a secret that the client itself put into a URL does not count
        said.hear(answer)
    raw = f'{{"username": "x", "password": "{WRONG}'
    headers = {"Content-Type": "application/json", "Cookie": f"refreshToken={WRONG}", "Authorization": WRONG}
    said.hear(Client(own.address).ask("POST", "/auth/login", data=raw, headers=headers))
    for cookies in (f"refreshToken={WRONG}; refreshToken={READERS}", f"refreshToken={WRONG}\x01"):
        said.hear(Client(own.address).ask("GET", "/auth/me", headers={"Cookie": cookies}))


def _ask_everything(own: Stack, admin: Client, only: str = "") -> None:
    """Call every operation with its example, and with a password in each field."""
    document = requests.get(f"{own.address}/openapi.json", timeout=30).json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if (
                only not in path
                or "logout" in path
                or (method, path) == ("delete", "/admin-users/delete/{id}")
            ):
                continue
            target = re.sub(r"\{\w*id\w*\}", "1", path, flags=re.IGNORECASE)
            target = target.replace("{type}", "front").replace("{res}", "high")
            body = (
                operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
            )
            if body and "image" in body:
                body["image"] = base64_of(quarters())
            query = {
                parameter["name"]: example(parameter["schema"], document["components"]["schemas"])
                for parameter in operation.get("parameters", ())
                if parameter["in"] == "query" and parameter["required"]
            }
            admin.ask(method.upper(), target, params=query, json=body)
            if body and "auth" not in path and "password" not in path:
                admin.ask(method.upper(), target, json={key: [{"password": WRONG}] for key in body})


@contextmanager
def _without(own: Stack, table: str) -> Iterator[None]:
    """Rename a table for a while: every use of it fails within a statement."""
    schema, _, name = table.partition(".")
    _execute(own, f"ALTER TABLE {table} RENAME TO taken_away")
    yield
    _execute(own, f"ALTER TABLE {schema}.taken_away RENAME TO {name}")


def _execute(own: Stack, statement: str) -> None:
    connection = psycopg2.connect(own.admin_database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def _rows(own: Stack) -> set[str]:
    """Return the secrets of the database: session ids and password digests."""
    with closing(psycopg2.connect(own.admin_database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM users.sessions"
            " UNION SELECT password_hash FROM users.users WHERE password_hash IS NOT NULL"
        )
        return {text for (text,) in cursor.fetchall()}


def _secrets(own: Stack) -> set[str]:
    """Return every key and password in the settings of all programs."""
    found: set[str] = set()
    for program in ("gateway", "catalog", "media", "users", "file-1"):
        for name, value in own.settings(program).items():
            if name == "DATABASE_URL":
                found.add(urlsplit(value).password or "")
            elif _HIDDEN.search(name):
                found |= _texts(value)
    assert "" not in found
    return found


def _texts(value: str) -> set[str]:
    try:
        mapping: Mapping[str, str] = json.loads(value)
    except ValueError:
        return set(value.split(","))
    return {key for setting in mapping.values() for key in setting.split(",")}
