"""The Docker engine, and base images for machines that reach no registry."""

import os
import shutil
import subprocess

import docker
from docker.errors import DockerException, ImageNotFound

from deploy.installation.configuration import ROOT

PUBLIC = {
    "PYTHON_IMAGE": "python:3.13-slim-bookworm",
    "POSTGRES_IMAGE": "postgres:18-bookworm",
    "NGINX_IMAGE": "nginx:1.28",
}
"""The base images of ``deploy/manifests/compose.yaml``."""

STAND_INS = {
    "PYTHON_IMAGE": "bunko-base/python",
    "POSTGRES_IMAGE": "bunko-base/postgres",
    "NGINX_IMAGE": "bunko-base/nginx",
}
"""The stand-ins that ``deploy/manifests/containers/base-images`` builds."""


def connected() -> docker.DockerClient:
    """Return the engine of ``DOCKER_HOST``, or the machine's; raise AssertionError if none answers."""
    try:
        engine = docker.from_env(timeout=120)
        engine.ping()
    except DockerException as error:
        raise AssertionError(
            f"No Docker engine answers ({error}): start one, or name it in DOCKER_HOST."
        ) from None
    return engine


def compose() -> list[str]:
    """Return the command of Compose in the form that is installed, of two."""
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and not subprocess.run([*plugin, "version"], check=False, capture_output=True).returncode
    ):
        return plugin
    assert shutil.which("docker-compose"), "Compose is not installed: apt-get install docker-compose"
    return ["docker-compose"]


def base_images(engine: docker.DockerClient) -> dict[str, str]:
    """Return the base images: the public ones, or stand-ins built from Debian packages."""
    try:
        for name in PUBLIC.values():
            _have(engine, name)
    except DockerException as error:
        print(f"Cannot pull public images ({error}): stand-ins are made of Debian packages.")
    else:
        return PUBLIC
    if not all(_is_there(engine, name) for name in STAND_INS.values()):
        subprocess.run(
            [ROOT / "deploy" / "manifests" / "containers" / "base-images"], check=True, env=dict(os.environ)
        )
    return STAND_INS


def _have(engine: docker.DockerClient, name: str) -> None:
    if not _is_there(engine, name):
        engine.images.pull(name)


def _is_there(engine: docker.DockerClient, name: str) -> bool:
    try:
        engine.images.get(name)
    except ImageNotFound:
        return False
    return True
