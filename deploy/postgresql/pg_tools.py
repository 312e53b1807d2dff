"""Runs ``pg_dump``, ``pg_restore`` and ``psql``, from the wheel that comes with Bunko or from the system."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from deploy.postgresql.cluster import binaries
from deploy.user_error import UserError

_HEAD = 40
"""Lines at the start of a script in which it sets its parameters."""
_NOT_BEFORE_17 = b"SET transaction_timeout = 0;\n"


def dump(database: str, server_version: int, *options: str) -> None:
    """Run ``pg_dump`` with ``options``; raises ``UserError`` with its message if it fails.

    ``server_version`` is the server's major version; ``pg_dump`` must not be older.
    """
    address, environment = _split_password(database)
    words = [str(_program("pg_dump", server_version)), f"--dbname={address}", *options]
    done = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise _failure("pg_dump", done.stderr)


def restore(database: str, server_version: int, path: Path) -> None:
    """Restore the dump at ``path`` into an empty database in one transaction; raises ``UserError`` if it fails.

    ``pg_restore`` writes a script that ``psql`` runs. Connected directly, it would set a parameter that servers before
    version 17 do not know.
    """
    address, environment = _split_password(database)
    reader = [str(_program("pg_restore", server_version)), "--no-owner", "--file=-", str(path)]
    writer = [str(_program("psql", server_version)), f"--dbname={address}", "--single-transaction"]
    writer += ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(reader, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said) as script,
        subprocess.Popen(writer, env=environment, stdin=subprocess.PIPE, stderr=said) as database_end,
    ):
        assert script.stdout
        assert database_end.stdin
        lines = script.stdout if server_version >= 17 else _for_older(script.stdout)
        with suppress(BrokenPipeError):  # psql has failed and written the reason
            database_end.stdin.writelines(lines)
            if script.wait():
                database_end.kill()  # otherwise it would commit the incomplete script
            database_end.stdin.close()
        script.stdout.close()
        if database_end.wait() or script.wait():
            said.seek(0)
            raise _failure("Restoring the database", said.read())


def _for_older(script: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(script):
        if number > _HEAD or line != _NOT_BEFORE_17:
            yield line


def _split_password(database: str) -> tuple[str, dict[str, str]]:
    """Return the database's URL without its password, and an environment with the password.

    Other users can read the arguments of a command, but not its environment.
    """
    url = make_url(database)
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    address = url._replace(drivername="postgresql", password=None).render_as_string()
    return address, dict(os.environ) | password


def _failure(what: str, said: str) -> UserError:
    words = " ".join((said.strip() or "no reason given").splitlines()[:3])
    return UserError(f"{what} failed ({words})", "fix that, then run the command again.")


def _program(name: str, server_version: int) -> Path:
    """Return the path of a program that is not older than the server; raises ``UserError`` if there is none."""
    for path in (binaries() / name, shutil.which(name)):
        if path and _major(Path(path)) >= server_version:
            return Path(path)
    raise UserError(
        f"The server runs PostgreSQL {server_version}, and there is no {name} of that version or newer",
        f"install the package postgresql-client-{server_version}.",
    )


def _major(program: Path) -> int:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else 0
