"""The Docker engine, and images to start from where no registry can be reached."""

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
"""What ``deploy/manifests/compose.yaml`` starts from."""

STAND_INS = {
    "PYTHON_IMAGE": "bunko-base/python",
    "POSTGRES_IMAGE": "bunko-base/postgres",
    "NGINX_IMAGE": "bunko-base/nginx",
}
"""What ``deploy/manifests/containers/base-images`` makes in their place."""


def connected() -> docker.DockerClient:
    """Return the engine that ``DOCKER_HOST`` names, or the machine's; an AssertionError where none answers."""
    try:
        engine = docker.from_env(timeout=120)
        engine.ping()
    except DockerException as error:
        raise AssertionError(
            f"No Docker engine answers ({error}): start one, or name it in DOCKER_HOST."
        ) from None
    return engine


def compose() -> list[str]:
    """Return the command of Compose, whichever of its two forms is installed."""
    plugin = ["docker", "compose"]
    if (
        shutil.which("docker")
        and not subprocess.run([*plugin, "version"], check=False, capture_output=True).returncode
    ):
        return plugin
    assert shutil.which("docker-compose"), "Compose is not installed: apt-get install docker-compose"
    return ["docker-compose"]


def base_images(engine: docker.DockerClient) -> dict[str, str]:
    """Return the images to start from: the public ones, or stand-ins made of Debian packages."""
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
