"""A failed start ends with one sentence that says what to do, and leaves no process running."""

import os
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.installation import configuration, packages
from deploy.installation.configuration import ROOT
from deploy.installation.keys import load
from deploy.postgresql import bootstrap
from deploy.running.logs import last_words
from deploy.stack.stack import Stack
from deploy.user_error import UserError
from shared.settings import read_file
from tests.support.terminal import refused


@pytest.fixture
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        yield Path(folder) / "var"


def _runs_from(state: Path) -> list[psutil.Process]:
    """Return the processes of a state folder: by command line or by settings."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(state) in " ".join(process.cmdline()) or str(state) in str(process.environ()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _one_sentence(text: str) -> str:
    assert len(text.splitlines()) == 1, text
    assert text.strip().endswith("."), text
    return text


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("GATEWAY_PORT", "http", "GATEWAY_PORT must be a whole number from 0 to 65535"),
        ("GATEWAY_PORT", "65536", "GATEWAY_PORT must be a whole number from 0 to 65535"),
        ("GATEWAY_PORT", "-1", "GATEWAY_PORT must be a whole number from 0 to 65535"),
        ("GATEWAY_PORT", "٣", "GATEWAY_PORT must be a whole number from 0 to 65535"),
        ("FILE_NODES", "many", "FILE_NODES must be a whole number"),
        ("SERVICE_NODES", "0", "SERVICE_NODES must be a whole number from 1 to 8"),
        ("RATE_LIMITS", "perhaps", "RATE_LIMITS must be on or off"),
        ("COOKIE_SECURE", "2", "COOKIE_SECURE must be on or off"),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL must be one of"),
        ("ALLOWED_ORIGINS", "example.org", "ALLOWED_ORIGINS must be origins such as"),
        ("ALLOWED_ORIGINS", "https://a.example/path", "ALLOWED_ORIGINS must be origins such as"),
        ("STORAGE_URL", "pictures", "STORAGE_URL must be an address"),
        ("STORAGE_URL", "file://pictures/here", "STORAGE_URL must name an absolute path"),
    ],
)
def test_nonsense_in_a_setting_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        configuration.read({name: value})


def test_blank_settings_are_those_not_set() -> None:
    blank = configuration.read({"GATEWAY_PORT": "", "DATABASE_URL": " ", "FILE_NODES": ""})
    assert (blank.gateway_port, blank.database_url, blank.file_nodes) == (8000, None, 1)


def test_the_example_says_what_holds_without_it() -> None:
    example = read_file(ROOT / "deploy" / ".env.example")
    read = configuration.read(example)
    untouched = configuration.read({})
    for name in configuration.Configuration.__slots__:
        if name != "passed_on":
            assert getattr(read, name) == getattr(untouched, name), name


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "DATABASE_URL is not the URL of a database"),
        ("postgresql://u:p@[::1/x", "DATABASE_URL is not the URL of a database"),
        ("mysql://localhost/x", "DATABASE_URL begins with mysql://, but Bunko needs PostgreSQL"),
        ("postgresql://localhost", "DATABASE_URL names no database"),
        ("postgresql://localhost/" + "x" * 60, "longer than"),
        (
            "postgresql://u:secret@127.0.0.1:1/x",
            "Cannot reach the database at postgresql://u:\\*\\*\\*@127.0.0.1:1/x",
        ),
        ("postgresql://u@nobody.invalid/x", "Cannot reach the database"),
        ("postgresql://u@localhost:99999/x", "Cannot reach the database"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(
    url: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=says) as refusal:
        bootstrap.prepare(url, load(tmp_path / "secrets"))
    assert "secret" not in str(refusal.value)


def test_a_password_that_is_wrong_ends_make_up_in_a_sentence(stack: Stack, state: Path) -> None:
    url = stack.database_url("gateway").replace(":", ":wrong", 2).replace("postgresql:wrong", "postgresql:")
    said = _one_sentence(refused(state, DATABASE_URL=url))
    assert "password authentication failed" in said
    assert "check DATABASE_URL" in said
    assert not _runs_from(state)


def test_a_database_that_is_not_the_users_own_is_refused(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="must own the database and be allowed to create roles"):
        bootstrap.prepare(stack.database_url("gateway"), load(tmp_path / "secrets"))


def test_an_old_postgresql_is_refused(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", 99)
    with pytest.raises(UserError, match="is version 18: Bunko needs 99 or newer"):
        bootstrap.prepare(stack.admin_database_url, load(tmp_path / "secrets"))


def test_a_port_in_use_is_a_sentence_and_nothing_stays(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = _one_sentence(refused(state, GATEWAY_PORT=port))
    assert said.startswith(f"Port {port} is in use: ")
    assert "GATEWAY_PORT" in said
    assert not _runs_from(state)


def test_a_state_folder_that_cannot_be_written_is_a_sentence() -> None:
    said = _one_sentence(refused(Path("/dev/null/var")))
    assert said.startswith("Cannot write in /dev/null/var")
    assert "STATE_DIR" in said


def test_a_second_runner_on_the_same_folder_is_refused(stack: Stack) -> None:
    said = _one_sentence(refused(stack.configuration.state))
    assert f"already (process {os.getpid()})" in said
    assert stack.pids["postgres"]


@pytest.mark.slow
def test_a_program_that_cannot_start_says_why_and_takes_the_others_along(state: Path) -> None:
    said = _one_sentence(refused(state, TRUSTED_PROXIES="some"))
    assert said.startswith(
        "The program gateway could not start (TRUSTED_PROXIES must be a whole number, not 'some'): "
    )
    kept = Path(said.split()[-1].rstrip("."))
    assert "TRUSTED_PROXIES" in kept.read_text(encoding="utf-8")
    assert not _runs_from(state)


def test_a_missing_python_is_a_sentence(state: Path) -> None:
    said = _one_sentence(refused(state, "setup", "PYTHON=", f"VENV={state}"))
    assert "needs Python 3.11 or newer" in said


def test_a_missing_package_is_named() -> None:
    run = subprocess.run(
        [sys.executable, "-S", "-m", "deploy", "up"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert "The Python package alembic is missing" in _one_sentence(run.stderr)
    assert "make setup" in run.stderr


def test_a_package_of_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "version", lambda _: "0.0.1")
    with pytest.raises(UserError, match=r"alembic is 0\.0\.1 where .* is needed"):
        packages.check()


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (
            ["Traceback ...", "ModuleNotFoundError: No module named 'anyascii'", "[x] [ERROR] Shutting down"],
            "anyascii",
        ),
        (
            ["sqlalchemy.exc.ArgumentError: no such driver", "[x] Reason: Worker failed to boot."],
            "no such driver",
        ),
        (["BIND is not set", "[x] [ERROR] Worker exited"], "BIND is not set"),
        (
            [
                "BIND is not set",
                "Exception ignored in: <function _removeHandlerRef at 0x7f2d>",
                "Traceback (most recent call last):",
                '  File "logging/__init__.py", line 855, in _removeHandlerRef',
                "TypeError: 'NoneType' object is not callable",
                "[x] [ERROR] Worker exited",
            ],
            "BIND is not set",
        ),
        ([], "it wrote nothing"),
    ],
)
def test_the_reason_is_found_in_what_a_program_said(lines: list[str], word: str) -> None:
    assert word in last_words(lines)


def test_secrets_are_private_and_stay(tmp_path: Path) -> None:
    first = load(tmp_path / "secrets")
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o600
    assert load(tmp_path / "secrets") == first
    assert len(set(first.by_name.values())) == len(first.by_name)


def test_damaged_secrets_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="restore that file"):
        load(tmp_path / "secrets")
