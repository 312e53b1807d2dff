"""What the environment decides: read and judged before anything is started."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.user_error import UserError
from shared.settings import read_file

ROOT = Path(__file__).resolve().parents[2]
"""The folder of the repository."""

CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_CA_BUNDLE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)
"""By what the library that speaks S3 signs in, and where."""

PASSED_ON = {
    "gateway": (
        "TRUSTED_PROXIES",
        "REQUEST_LIMIT",
        "CONNECTIONS_PER_ADDRESS",
        "COOKIE_NAME",
        "MAX_BODY",
        "MAX_BODIES",
        "MAX_ANSWERS",
        "FILE_NODES_DNS",
        "SERVICE_SECONDS",
        "NODE_SECONDS",
        "STATUS_SECONDS",
    ),
    "catalog": ("SLOW_QUERY_MS", "ANSWER_SECONDS"),
    "media": ("SLOW_QUERY_MS", "ANSWER_SECONDS"),
    "users": ("SLOW_QUERY_MS", "ANSWER_SECONDS", "COOKIE_NAME", "COOKIE_ROTATION_SECONDS"),
    "files": ("MAX_BODY", "MAX_PIXELS", "SWEEP_SECONDS", "ANSWER_SECONDS", *CREDENTIALS),
}
"""Program -> settings that it judges itself and that reach it as they were given."""

EVERYWHERE = (
    "LOG_LEVEL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
)
"""Settings that reach every program as they were given."""

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
_MOST_FILE_NODES = 32
_MOST_SERVICE_NODES = 8
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True)
class Configuration:
    """One stack's settings; ``deploy/.env.example`` tells what each is for."""

    state: Path
    gateway_port: int
    database_url: str | None
    """The owner's; None runs a PostgreSQL of the stack's own."""
    replica_url: str | None
    """A replica of that database, for what may lag."""
    admin_username: str
    admin_password: str | None
    service_nodes: int
    """How many of each service run."""
    file_nodes: int
    storage_url: str
    allowed_origins: str
    cookie_secure: bool
    rate_limits: bool
    metrics_port: int
    passed_on: Mapping[str, str]


def read(environment: Mapping[str, str]) -> Configuration:
    """Return what ``environment`` says; a Problem where it says nonsense. A blank value counts as none."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    # What is relative is so to the repository: commands may be called from anywhere.
    state = (ROOT / Path(given.get("STATE_DIR", "var")).expanduser()).resolve()
    if given.get("LOG_LEVEL", "INFO").upper() not in _LOG_LEVELS:
        raise UserError(f"LOG_LEVEL must be one of {', '.join(_LOG_LEVELS)}, not {given['LOG_LEVEL']!r}.")
    names = {name for own in PASSED_ON.values() for name in own} | set(EVERYWHERE)
    return Configuration(
        state=state,
        gateway_port=_whole(given, "GATEWAY_PORT", default=8000, most=65535),
        database_url=given.get("DATABASE_URL"),
        replica_url=given.get("DATABASE_REPLICA_URL"),
        admin_username=given.get("ADMIN_USERNAME", "admin"),
        admin_password=given.get("ADMIN_PASSWORD"),
        service_nodes=_whole(given, "SERVICE_NODES", default=1, least=1, most=_MOST_SERVICE_NODES),
        file_nodes=_whole(given, "FILE_NODES", default=1, most=_MOST_FILE_NODES),
        storage_url=_storage(given.get("STORAGE_URL", (state / "files").as_uri())),
        allowed_origins=_origins(given.get("ALLOWED_ORIGINS", "")),
        cookie_secure=_switch(given, "COOKIE_SECURE", default=False),
        rate_limits=_switch(given, "RATE_LIMITS", default=True),
        metrics_port=_whole(given, "METRICS_PORT", default=0, most=65000),
        passed_on={name: value for name, value in given.items() if name in names},
    )


def from_file() -> dict[str, str]:
    """Return the settings in ``deploy/.env``, if there is one."""
    path = ROOT / "deploy" / ".env"
    return read_file(path) if path.exists() else {}


def _whole(given: Mapping[str, str], name: str, *, default: int, least: int = 0, most: int) -> int:
    value = given.get(name, str(default))
    if not (value.isascii() and value.isdecimal()) or not least <= int(value) <= most:
        raise UserError(f"{name} must be a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def _switch(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = given.get(name)
    if value is None:
        return default
    if value.lower() not in _SWITCH:
        raise UserError(f"{name} must be on or off, not {value!r}.")
    return _SWITCH[value.lower()]


def _storage(url: str) -> str:
    """Only a folder is judged here, as it is made here: what else may be wrong, the file service says."""
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
    """Make the folder that STORAGE_URL names, where it names one; a Problem where that cannot be."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        make_folder(Path(unquote(parts.path)), "STORAGE_URL")


def make_folder(path: Path, setting: str, mode: int = 0o755) -> Path:
    """Return the folder, made if need be and open for writing; a Problem that blames ``setting`` where it cannot be."""
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        trial = path / ".bunko-was-here"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise UserError(
            f"Cannot write in {path} ({error.strerror}): make it writable or set {setting} to another place."
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
