"""The peers in ``apps/``, each under one gunicorn worker with four threads."""

import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import jwt

from deploy.installation.configuration import ROOT
from tests.load.bench import places
from tests.load.bench.peers.running import environment, free_port, started, wait_for

_LOCK = Path(__file__).with_name("requirements.txt")
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Peer:
    """One running peer."""

    address: str
    pid: int
    headers: dict[str, str]


def interpreter(*, small: bool) -> Path:
    """Return the Python of the peers, installing it if needed.

    In the small form it is the tests' own, which has all packages of the Flask peers.
    """
    if small:
        return Path(sys.executable)
    folder = places.kept() / "python"
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_bytes() != _LOCK.read_bytes():
        print("Installing the Python peers ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(_LOCK)], check=True)
        stamp.write_bytes(_LOCK.read_bytes())
    return folder / "bin" / "python"


def start(app: str, python: Path, held: ExitStack, **settings: str) -> Peer:
    """Start ``apps/<app>.py``; it checks its own token, which is in ``headers``."""
    key = token_hex(32)
    port = free_port()
    command = [
        *(str(python), "-m", "gunicorn", "--workers", "1", "--threads", "4", "--worker-class", "gthread"),
        *(
            "--keep-alive",
            "75",
            "--graceful-timeout",
            "1",
            "--log-level",
            "warning",
            "--bind",
            f"127.0.0.1:{port}",
        ),
        f"tests.load.bench.peers.apps.{app}:app",
    ]
    process = started(app, command, environment(TOKEN_KEY=key, **settings), held, cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    wait_for(address, process)
    claims = {"sub": "1", "exp": int(time.time()) + _HOURS * 3600}
    token = jwt.encode(claims, key, algorithm="HS256")
    return Peer(address, process.pid, {"Authorization": f"Bearer {token}"})
