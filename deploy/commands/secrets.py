"""``bunko secrets``: write the secrets of a composition or a cluster.

There is one file for each program, with the secrets of that program only, in the format of ``SETTINGS_FILE``. Existing
secrets are kept. Only the owner may enter the folder; its files are readable by all, because each is mounted into a
container whose user is not the one who wrote it.
"""

import json
import os
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from deploy.installation import keys
from deploy.installation.configuration import ROOT
from deploy.postgresql import bootstrap
from deploy.running.programs import FOLDERS, SERVICES, key_settings
from deploy.user_error import UserError

FOLDER = ROOT / "deploy" / "secrets"
_IN_THE_COMPOSITION = "postgresql://bunko:{password}@database:5432/bunko"
_READABLE = 0o444
_S3 = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_FOR_KUBERNETES = {
    "operator": ("settings=operator.env", "keys.json"),
    **{name: (f"settings={name}.env",) for name in FOLDERS.values()},
    "file-service": ("settings=file-service.env", "s3-credentials"),
    "tls": ("tls.crt", "tls.key"),
}
"""Name of a secret in a cluster -> its files."""


@click.command("secrets")
def secrets_for_containers() -> None:
    """Write deploy/secrets for the containers of deploy/manifests/compose.yaml.

    Needed once, before the first `docker compose up`. It writes keys, passwords and a certificate for trials, and keeps
    those that exist. The programs use the database at DATABASE_URL if it is set, else the composition's own.

    \b
    Example:
      bunko secrets && cat deploy/secrets/administrator-password
    """
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    write(FOLDER, *(os.environ.get(name, "").strip() for name in ("DATABASE_URL", "DATABASE_REPLICA_URL")))
    write_s3(FOLDER, [os.environ.get(name, "").strip() for name in _S3])
    certificate(FOLDER)
    print(
        f"The secrets are in {FOLDER.relative_to(ROOT)}, "
        "the first administrator's password in its file administrator-password."
    )


def write(folder: Path, database_url: str = "", replica_url: str = "") -> None:
    """Write the secrets of every program into ``folder``."""
    kept = keys.load(folder / "keys.json")
    (folder / "keys.json").chmod(_READABLE)
    owner = database_url or _IN_THE_COMPOSITION.format(password=kept.database_password("owner"))
    addresses = bootstrap.addresses(owner, kept)
    replica = bootstrap.addresses(replica_url, kept).of_program if replica_url else {}
    _write(folder / "database-password", kept.database_password("owner"))
    if not (folder / "administrator-password").exists():
        _write(folder / "administrator-password", secrets.token_urlsafe(15))
    password = (folder / "administrator-password").read_text(encoding="utf-8").strip()
    _write_settings(folder / "operator.env", {"DATABASE_URL": owner, "ADMIN_PASSWORD": password})
    for program, name in FOLDERS.items():
        address = addresses.of_program.get(program)
        own = ({"DATABASE_URL": address} if address else {}) | key_settings(program, kept)
        if program in SERVICES and program in replica:
            own["DATABASE_REPLICA_URL"] = replica[program]
        _write_settings(folder / f"{name}.env", own)
    _write(folder / "kustomization.yaml", _kustomization())


def write_s3(folder: Path, credentials: Sequence[str]) -> None:
    """Write the S3 credentials of a cluster's file nodes; without ``credentials`` an existing file is kept.

    The file is empty where nodes sign in in another way, such as with a role of their own.
    """
    path = folder / "s3-credentials"
    if all(credentials):
        pairs = zip(_S3, credentials, strict=True)
        _write(path, "[default]\n" + "".join(f"{name.lower()} = {value}\n" for name, value in pairs))
    elif not path.exists():
        _write(path, "")


def _kustomization() -> str:
    """Return the kustomization that makes a cluster's secrets from the files: ``kubectl apply -k`` takes the folder."""
    generators = [
        {"name": name, "files": list(files)} | ({"type": "kubernetes.io/tls"} if name == "tls" else {})
        for name, files in _FOR_KUBERNETES.items()
    ]
    # JSON is valid YAML.
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return json.dumps(kind | {"namespace": "bunko", "secretGenerator": generators}, indent=2) + "\n"


def certificate(folder: Path) -> None:
    """Make a self-signed certificate for trials, unless one exists. Raises ``UserError`` without openssl."""
    if (folder / "tls.crt").exists():
        return
    command = [
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-days", "365", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *("-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt")),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(
            f"Cannot make a certificate for trials ({error})",
            f"install openssl, or put tls.crt and tls.key into {folder}.",
        ) from None


def _write_settings(path: Path, settings: Mapping[str, str]) -> None:
    _write(path, "".join(f"{name}={value}\n" for name, value in settings.items()))


def _write(path: Path, text: str) -> None:
    keys.write_private(path, text)
    path.chmod(_READABLE)
