"""The settings an operator may change, each declared once.

``deploy/installation/configuration.py`` takes names and defaults from here. ``make docs`` writes
``docs/configuration.md`` and ``deploy/.env.example`` from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PROGRAMS = ("gateway", "catalog", "media", "users", "files")
SERVICES = ("catalog", "media", "users")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that an operator may change."""

    name: str
    default: str
    """The value that holds when none is set; empty where there is none."""
    meaning: str
    """One to three sentences, as Markdown."""
    programs: tuple[str, ...] = ()
    """The programs that get the value unchanged and check it themselves; the installation reads all others."""


@dataclass(frozen=True, slots=True)
class Section:
    """Settings about one subject."""

    title: str
    settings: tuple[Setting, ...]


_INSTALLATION = (
    Setting("GATEWAY_PORT", "8000", "The port of the public address, on 127.0.0.1. 0 picks a free port."),
    Setting(
        "METRICS_PORT",
        "0",
        "The port on 127.0.0.1 where the gateway serves its metrics; the other programs take the ports that follow."
        " 0 picks free ports. `metrics.json` in `STATE_DIR` lists the addresses in the format of Prometheus's"
        " `file_sd_configs`.",
    ),
    Setting(
        "STATE_DIR",
        "var",
        "The folder of one installation: its PostgreSQL, pictures and secrets, and in `run/` the settings of each"
        " program. A relative path starts at the repository. A second installation on the same machine needs another"
        " `STATE_DIR` and another `GATEWAY_PORT`.",
    ),
    Setting(
        "ADMIN_USERNAME",
        "admin",
        "The name of the first administrator, whose account is created at the first start.",
    ),
    Setting(
        "ADMIN_PASSWORD",
        "",
        "The password of the first administrator. Without it, one is generated and shown once.",
    ),
    Setting(
        "SERVICE_NODES",
        "1",
        "The number of nodes of each service, 1 to 8. When a node dies, only the requests it was handling fail.",
    ),
    Setting(
        "FILE_NODES",
        "1",
        "The number of file nodes, 0 to 32. With 0, routes that handle files answer 503.",
    ),
    Setting(
        "FILE_NODES_DNS",
        "",
        "More file nodes, found by DNS: a name and a port, such as `files.example.org:8010`. Every address of the name"
        " is a node. The gateway resolves the name every five seconds.",
        ("gateway",),
    ),
)

_DATABASE = (
    Setting(
        "DATABASE_URL",
        "",
        "A PostgreSQL 15 or newer to use instead of the installation's own, as"
        " `postgresql://user:password@host:5432/database`. The user must own the database and be allowed to create"
        " roles; each program gets a role of its own.",
    ),
    Setting(
        "DATABASE_REPLICA_URL",
        "",
        "One streaming replica of that database, for lists and other pages that may be slightly stale. Clients always"
        " see their own writes. If the replica is unreachable or 30 seconds behind, reads go to the primary.",
    ),
    Setting(
        "SLOW_QUERY_MS",
        "200",
        "Milliseconds from which a statement is logged as slow, with its route and without its parameters."
        " 0 logs none.",
        SERVICES,
    ),
)

_STORAGE = (
    Setting(
        "STORAGE_URL",
        "",
        "The storage of pictures: a folder, as `file:///absolute/path`, or an S3 bucket, as"
        " `s3://bucket/prefix?endpoint=https://host:port&region=name` (AWS without an endpoint; `profile=` names a"
        " profile of `~/.aws`, `style=virtual` puts the bucket into the host name). The default is `files/` in"
        " `STATE_DIR`. `make storage-copy FROM=... TO=...` moves pictures while Bunko runs.",
    ),
    Setting(
        "AWS_ACCESS_KEY_ID",
        "",
        "The S3 access key. It needs ListBucket, GetObject, PutObject and DeleteObject. Credentials reach only the file"
        " nodes.",
        ("files",),
    ),
    Setting("AWS_SECRET_ACCESS_KEY", "", "The secret of the S3 access key.", ("files",)),
    Setting(
        "SWEEP_SECONDS",
        "60",
        "Seconds between two runs of the sweeper, which deletes pictures that are no longer referenced.",
        ("files",),
    ),
)

_BROWSERS = (
    Setting(
        "ALLOWED_ORIGINS",
        "",
        "Origins of front ends on other addresses that may call Bunko with the user's cookie, separated by commas:"
        " `https://example.org`.",
    ),
    Setting(
        "COOKIE_SECURE",
        "off",
        "`on` restricts the session cookie to HTTPS. It is off because `make up` serves plain HTTP; set it on behind a"
        " proxy with HTTPS.",
    ),
    Setting(
        "COOKIE_NAME",
        "refreshToken",
        "The name of the session cookie. `__Host-refreshToken` needs `COOKIE_SECURE=on` and cannot be set by pages on"
        " neighbouring domains. After a change of the name, users have to sign in again.",
        ("gateway", "users"),
    ),
    Setting(
        "COOKIE_ROTATION_SECONDS",
        "86400",
        "The age in seconds from which `GET /auth/me` replaces the session cookie.",
        ("users",),
    ),
)

_LIMITS = (
    Setting(
        "RATE_LIMITS",
        "on",
        "Limits on wrong passwords (10 in 15 minutes per address and name, 50 per address), on registrations (10 an"
        " hour per address), on requests and on connections. Set it off only for trials. Behind a proxy set"
        " `TRUSTED_PROXIES`, or all clients count as one.",
    ),
    Setting(
        "TRUSTED_PROXIES",
        "0",
        "The number of proxies in front of the gateway whose statement about the client's address is trusted.",
        ("gateway",),
    ),
    Setting(
        "REQUEST_LIMIT",
        "0",
        "Requests a minute from one address (IPv6: one /64), over all routes but `/health`. 0 sets no limit.",
        ("gateway",),
    ),
    Setting(
        "CONNECTIONS_PER_ADDRESS",
        "1000",
        "Open connections from one address (IPv6: one /64) in each gateway process. 0 sets no limit. There is no limit"
        " behind trusted proxies, because all connections come from them.",
        ("gateway",),
    ),
    Setting("MAX_BODY", "33554432", "The largest request body in bytes.", ("gateway", "files")),
    Setting(
        "MAX_BODIES",
        "268435456",
        "Bytes of request bodies that a gateway holds at once, in memory and in its temporary folder. Beyond it,"
        " requests are refused with 503. It must be at least 4/3 of `MAX_BODY`.",
        ("gateway",),
    ),
    Setting(
        "MAX_ANSWERS",
        "134217728",
        "Bytes of responses that a gateway holds for clients that have not read them yet, in memory and in its"
        " temporary folder. One response takes at most a quarter. Beyond it, the slowest clients are disconnected.",
        ("gateway",),
    ),
    Setting("MAX_PIXELS", "24000000", "The largest picture in pixels.", ("files",)),
)

_TIMEOUTS = (
    Setting(
        "SERVICE_SECONDS",
        "15",
        "Seconds without a byte from a service after which the gateway answers 504.",
        ("gateway",),
    ),
    Setting(
        "NODE_SECONDS",
        "60",
        "Seconds without a byte from a file node after which the gateway answers 504.",
        ("gateway",),
    ),
    Setting(
        "ANSWER_SECONDS",
        "120",
        "Seconds that a service or a file node spends on one request, to the last byte of its response. It must be more"
        " than `NODE_SECONDS`.",
        (*SERVICES, "files"),
    ),
)

_OBSERVABILITY = (
    Setting(
        "STATUS_SECONDS",
        "5",
        "Seconds between two health checks of all programs by the gateway, for `/status`.",
        ("gateway",),
    ),
    Setting("LOG_LEVEL", "INFO", "`DEBUG`, `INFO`, `WARNING` or `ERROR`.", PROGRAMS),
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "The address of a collector that speaks OTLP over HTTP, such as `http://127.0.0.1:4318`. Without it, tracing is"
        " off. This and the following are OpenTelemetry's own variables.",
        PROGRAMS,
    ),
    Setting(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "",
        "Headers that the collector requires, as `name=value,name=value`.",
        PROGRAMS,
    ),
    Setting(
        "OTEL_TRACES_SAMPLER",
        "",
        "The requests that are traced: `always_on` for all, `parentbased_traceidratio` for a share of them.",
        PROGRAMS,
    ),
    Setting("OTEL_TRACES_SAMPLER_ARG", "", "The share of requests that are traced, such as `0.1`.", PROGRAMS),
)

_CONTAINERS = (
    Setting("HTTP_PORT", "80", "The public port of nginx for HTTP, which redirects to HTTPS."),
    Setting("HTTPS_PORT", "443", "The public port of nginx for HTTPS."),
    Setting(
        "BACKUPS", "backups", "The folder or volume that the operator's container has at `/srv/backups`."
    ),
    Setting(
        "BUNKO_VERSION",
        "",
        "The tag of the images, `latest` by default, and the version that `/status` shows.",
    ),
    Setting("POSTGRES_IMAGE", "postgres:18-bookworm", "The image of PostgreSQL."),
    Setting("NGINX_IMAGE", "nginx:1.28", "The image of nginx."),
    Setting("PYTHON_IMAGE", "python:3.13-slim-bookworm", "The image that the images of Bunko start from."),
)

SECTIONS = (
    Section("Installation", _INSTALLATION),
    Section("Database", _DATABASE),
    Section("Storage", _STORAGE),
    Section("Browsers and cookies", _BROWSERS),
    Section("Limits", _LIMITS),
    Section("Timeouts", _TIMEOUTS),
    Section("Observability", _OBSERVABILITY),
    Section("Containers", _CONTAINERS),
)
SETTINGS: Mapping[str, Setting] = {
    setting.name: setting for section in SECTIONS for setting in section.settings
}

AWS_VARIABLES = (
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
"""Other variables of the S3 library. File nodes get them unchanged; AWS documents them."""
