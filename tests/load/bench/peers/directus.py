"""Directus from npm: one process, a static token, no cache, no rate limiter, no telemetry."""

import shutil
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg2

from tests.load.bench import places
from tests.load.bench.filling.plain import SCHEMA
from tests.load.bench.peers.python import Peer
from tests.load.bench.peers.running import Absent, environment, free_port, started, wait_for

_PINNED = Path(__file__).with_name("npm")
_TOKEN = "the-static-token-of-the-bench"
_HEADERS = {"Authorization": f"Bearer {_TOKEN}"}

_NESTED = """
    INSERT INTO plain.directus_fields (collection, field, special)
    SELECT 'volume_groups', 'volumes', 'o2m'
    WHERE NOT EXISTS (SELECT FROM plain.directus_fields WHERE field = 'volumes');
    INSERT INTO plain.directus_relations (many_collection, many_field, one_collection, one_field)
    SELECT 'volumes', 'group_id', 'volume_groups', 'volumes'
    WHERE NOT EXISTS (SELECT FROM plain.directus_relations WHERE one_field = 'volumes');
"""

LIST = (
    "/items/volume_groups?limit={limit}&offset={offset}&meta=total_count"
    "&sort=series_id.sort_name,series_id.id,series_order,id"
    "&fields=id,name,series_order,series_id.id,series_id.name,series_id.type,"
    "volumes.id,volumes.name,volumes.slug,volumes.language,volumes.edition_id.id,volumes.edition_id.name,"
    "volumes.special,volumes.special_name,volumes.nsfw,volumes.nsfw18"
    "&deep[volumes][_sort]=group_order&deep[volumes][_limit]=-1"
)
"""The query of the nested list, as in its documentation."""


def installed() -> Path:
    """Return the folder of Directus, installing it if needed; Absent if that fails."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise Absent("node and npm are missing (on Debian: apt-get install nodejs npm)")
    folder = places.kept() / "directus"
    folder.mkdir(exist_ok=True)
    lock = _PINNED / "package-lock.json"
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        print("Installing Directus, which takes some minutes ...", file=sys.stderr)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(_PINNED / file, folder / file)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        stamp.write_bytes(lock.read_bytes())
    return folder


def start(database_url: str, held: ExitStack) -> Peer:
    """Start Directus on schema ``plain``, set up as an administrator would."""
    folder = installed()
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = environment(**_settings(database_url, address, port))
    command = ["node", "node_modules/directus/cli.js"]
    if not _set_up(database_url):
        subprocess.run(
            [*command, "bootstrap"], cwd=folder, env=settings, check=True, stdout=subprocess.DEVNULL
        )
        _set_up(database_url)
    process = started("directus", [*command, "start"], settings, held, cwd=folder)
    wait_for(f"{address}/server/ping", process)
    return Peer(address, process.pid, dict(_HEADERS))


def _settings(database_url: str, address: str, port: int) -> dict[str, str]:
    place = urlsplit(database_url)
    return {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": address,
        "KEY": "bench",
        "SECRET": "the secret of the bench, which keeps nothing secret",
        "ADMIN_EMAIL": "admin@example.com",
        "ADMIN_PASSWORD": "the password of the bench",
        "ADMIN_TOKEN": _TOKEN,
        "DB_CLIENT": "pg",
        "DB_HOST": parse_qs(place.query)["host"][0],
        "DB_PORT": "5432",
        "DB_DATABASE": place.path.lstrip("/"),
        "DB_USER": unquote(place.username or ""),
        "DB_PASSWORD": unquote(place.password or ""),
        "DB_SEARCH_PATH": f"array:{SCHEMA}",
        "CACHE_ENABLED": "false",
        "RATE_LIMITER_ENABLED": "false",
        "TELEMETRY": "false",
        "WEBSOCKETS_ENABLED": "false",
        "LOG_LEVEL": "error",
        "NODE_ENV": "production",
    }


def _set_up(database_url: str) -> bool:
    """Add the field of a group for its volumes, the other side of the foreign key.

    Return False if Directus has not created its tables yet.
    """
    with closing(psycopg2.connect(database_url)) as connection, connection, connection.cursor() as db:
        db.execute("SELECT to_regclass('plain.directus_relations') IS NOT NULL")
        if db.fetchone() != (True,):
            return False
        db.execute(_NESTED)
    return True
