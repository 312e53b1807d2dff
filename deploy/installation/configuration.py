"""The configuration of one installation, read from its settings and checked before anything starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.installation.settings import AWS_VARIABLES, PROGRAMS, SETTINGS
from deploy.user_error import UserError
from shared.settings import read_file

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the repository."""

CREDENTIALS = (*(name for name in SETTINGS if name.startswith("AWS_")), *AWS_VARIABLES)
"""The settings with which the S3 library signs in and finds its server."""

PASSED_ON = {
    program: (
        *(one.name for one in SETTINGS.values() if program in one.programs and one.programs != PROGRAMS),
        *(AWS_VARIABLES if program == "files" else ()),
    )
    for program in PROGRAMS
}
"""Program -> settings that it gets unchanged and checks itself."""

EVERYWHERE = tuple(one.name for one in SETTINGS.values() if one.programs == PROGRAMS)
"""Settings that every program gets unchanged."""

_ORIGIN = re.compile(r"https?://[A-Za-z0-9._\[\]:-]+")
_SWITCH = {
    "on": True,
    "1": True,
    "true": True,
    "yes": True,
    "off": False,
    "0": False,
    "false": False,
    "no": False,
}
_MAX_FILE_NODES = 32
_MAX_SERVICE_NODES = 8
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of one installation that the installation itself needs; ``settings.py`` explains each."""

    state: Path
    gateway_port: int
    database_url: str | None
    """The address for the database's owner; None runs the installation's own PostgreSQL."""
    replica_url: str | None
    """The address of a replica of that database, for reads that may be stale."""
    admin_username: str
    admin_password: str | None
    service_nodes: int
    """The number of nodes of each service."""
    file_nodes: int
    storage_url: str
    allowed_origins: str
    cookie_secure: bool
    rate_limits: bool
    metrics_port: int
    passed_on: Mapping[str, str]


def read(environment: Mapping[str, str]) -> Configuration:
    """Return the configuration in ``environment``, where a blank value counts as not set.

    Raises ``UserError`` for a value that cannot be used.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    # A relative path starts at the repository, as commands may be called from any folder.
    state = (ROOT / Path(_text(given, "STATE_DIR")).expanduser()).resolve()
    if _text(given, "LOG_LEVEL").upper() not in _LOG_LEVELS:
        raise UserError(f"LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}, not {given['LOG_LEVEL']!r}.")
    names = {name for own in PASSED_ON.values() for name in own} | set(EVERYWHERE)
    return Configuration(
        state=state,
        gateway_port=_whole(given, "GATEWAY_PORT", most=65535),
        database_url=_text(given, "DATABASE_URL") or None,
        replica_url=_text(given, "DATABASE_REPLICA_URL") or None,
        admin_username=_text(given, "ADMIN_USERNAME"),
        admin_password=_text(given, "ADMIN_PASSWORD") or None,
        service_nodes=_whole(given, "SERVICE_NODES", least=1, most=_MAX_SERVICE_NODES),
        file_nodes=_whole(given, "FILE_NODES", most=_MAX_FILE_NODES),
        storage_url=_storage(_text(given, "STORAGE_URL") or (state / "files").as_uri()),
        allowed_origins=_origins(_text(given, "ALLOWED_ORIGINS")),
        cookie_secure=_switch(given, "COOKIE_SECURE"),
        rate_limits=_switch(given, "RATE_LIMITS"),
        metrics_port=_whole(given, "METRICS_PORT", most=65000),
        passed_on={name: value for name, value in given.items() if name in names},
    )


def from_file() -> dict[str, str]:
    """Return the settings in ``deploy/.env``, if there is one."""
    path = ROOT / "deploy" / ".env"
    return read_file(path) if path.exists() else {}


def _text(given: Mapping[str, str], name: str) -> str:
    return given.get(name, SETTINGS[name].default)


def _whole(given: Mapping[str, str], name: str, *, least: int = 0, most: int) -> int:
    value = _text(given, name)
    if not (value.isascii() and value.isdecimal()) or not least <= int(value) <= most:
        raise UserError(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def _switch(given: Mapping[str, str], name: str) -> bool:
    value = _text(given, name)
    if value.lower() not in _SWITCH:
        raise UserError(f"{name} must be on or off, not {value!r}.")
    return _SWITCH[value.lower()]


def _storage(url: str) -> str:
    """Return ``url`` if it names a folder or a bucket. The file service checks the rest of an S3 address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UserError("STORAGE_URL must be an address such as file:///absolute/path.") from None
    if parts.scheme not in {"file", "s3"}:
        raise UserError(
            f"STORAGE_URL must be an address such as file:///absolute/path or s3://bucket/prefix, not {url!r}."
        )
    if parts.scheme == "file" and (parts.netloc or not parts.path.startswith("/")):
        raise UserError(
            f"STORAGE_URL must name an absolute path, as file:///absolute/path does, not {url!r}."
        )
    return url


def make_storage(url: str) -> None:
    """Create the folder that STORAGE_URL names, if it names one. Raises ``UserError``."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        make_folder(Path(unquote(parts.path)), "STORAGE_URL")


def make_folder(path: Path, setting: str, mode: int = 0o755) -> Path:
    """Return the folder, created if it is missing. Raises ``UserError``, which names ``setting``."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        trial = path / ".bunko-was-here"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise UserError(
            f"Cannot write in {path} ({error.strerror})",
            f"make it writable or set {setting} to another place.",
        ) from None
    return path


def _origins(text: str) -> str:
    origins = [origin.strip().rstrip("/") for origin in text.split(",") if origin.strip()]
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise UserError(
                f"ALLOWED_ORIGINS must be origins such as https://example.org, separated by commas, not {origin!r}."
            )
    return ",".join(origins)
