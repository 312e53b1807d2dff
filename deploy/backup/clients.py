"""PostgreSQL's own programs for dumping and restoring: those that come with Bunko, else the system's."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from sqlalchemy import make_url

from deploy.postgresql.cluster import binaries
from deploy.problem import Problem


def run(name: str, database: str, server_version: int, *options: str) -> None:
    """Run ``pg_dump`` or ``pg_restore`` on a database; a Problem with the program's own words where it fails.

    ``server_version`` is the server's major one: a client of an older one cannot dump it.
    """
    url = make_url(database)
    # In the environment, as everybody may read the words of a command.
    password = {"PGPASSWORD": str(url.password)} if url.password else {}
    address = url._replace(drivername="postgresql", password=None).render_as_string()
    done = subprocess.run(
        [str(_program(name, server_version)), f"--dbname={address}", *options],
        env=dict(os.environ) | password,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join((done.stderr.strip() or "no reason given").splitlines()[:3])
        raise Problem(f"{name} failed ({said}): see to that, then run the command again.")


def _program(name: str, server_version: int) -> Path:
    """Return a program that is not older than the server."""
    for path in (binaries() / name, shutil.which(name)):
        if path and _major(Path(path)) >= server_version:
            return Path(path)
    raise Problem(
        f"The server runs PostgreSQL {server_version}, and there is no {name} as new as that: "
        f"install the package postgresql-client-{server_version}."
    )


def _major(program: Path) -> int:
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    return int(found[1]) if found else 0
