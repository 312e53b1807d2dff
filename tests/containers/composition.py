"""``deploy/manifests/compose.yaml`` as a system under test: start, scale, break, remove."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.models.containers import Container

from deploy.commands import secrets
from deploy.installation.configuration import ROOT
from tests.containers import engine as engines
from tests.support.client import Client

PORT = 8543
PROGRAMS = ("gateway", "catalog-service", "media-service", "user-service", "file-service")


class Composition:
    """A running composition with its own project name, secrets and ports."""

    address = f"https://localhost:{PORT}"

    def __init__(
        self, engine: docker.DockerClient, folder: Path, environment: dict[str, str], root: Path = ROOT
    ) -> None:
        self.engine = engine
        self.secrets = folder
        self._root = root
        self._given = environment
        self._name = f"bunko-trial-{os.getpid()}"
        own = {
            "BUNKO_VERSION": "trial" if root == ROOT else "trial-earlier",
            "SECRETS": str(folder),
            "HTTP_PORT": "8180",
            "HTTPS_PORT": str(PORT),
            "ADMIN_USERNAME": "admin",
        }
        self._environment = dict(os.environ) | environment | own
        self._compose = [
            *engines.compose(),
            "--project-name",
            self._name,
            "--file",
            next(
                file
                for file in ("deploy/manifests/compose.yaml", "deploy/compose.yaml")
                if (root / file).exists()
            ),
        ]

    def of_today(self) -> "Composition":
        """Return the same composition with the current code in place of an earlier release's."""
        return Composition(self.engine, self.secrets, self._given)

    def compose(self, *words: str) -> str:
        """Run a command of Compose and return its output; raise AssertionError with the output if it fails."""
        done = subprocess.run(
            [*self._compose, *words],
            cwd=self._root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def containers(self, service: str) -> list[Container]:
        """Return the containers of a service, including those that have ended."""
        labels = [f"com.docker.compose.project={self._name}", f"com.docker.compose.service={service}"]
        return list(self.engine.containers.list(all=True, filters={"label": labels}))

    def scale(self, service: str, number: int) -> None:
        """Run ``number`` containers of a service."""
        self.compose("up", "--detach", "--no-recreate", "--scale", f"{service}={number}", service)

    def client(self) -> Client:
        """Return an anonymous client that trusts only the certificate of the test."""
        client = Client(self.address)
        # Otherwise the certificates named in the environment would take precedence over the client's.
        client.session.trust_env = False
        client.session.verify = str(self.secrets / "tls.crt")
        return client

    def administrator(self) -> Client:
        """Return a client signed in as the first administrator."""
        return self.client().sign_in("admin", (self.secrets / "administrator-password").read_text().strip())


@contextmanager
def composition(root: Path = ROOT, *, started: bool = True, **settings: str) -> Iterator[Composition]:
    """Build images of the code in ``root``, start everything, and remove all of it at the end, with the volumes.

    ``settings`` are the operator's. With ``started=False``, nothing is started.
    """
    engine = engines.connected()
    environment = engines.base_images(engine)
    with tempfile.TemporaryDirectory(prefix="bunko-secrets-") as folder:
        secrets.write(Path(folder))
        secrets.certificate(Path(folder))
        running = Composition(engine, Path(folder), environment | settings, root)
        try:
            running.compose("build")
            if started:
                running.compose("up", "--detach", "--scale", "file-service=2")
            yield running
        finally:
            running.compose("down", "--volumes", "--remove-orphans", "--timeout", "30")
