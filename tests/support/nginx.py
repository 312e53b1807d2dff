"""A real nginx in front of a running system, with the shipped configuration."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from deploy.commands import secrets
from deploy.installation.configuration import ROOT
from deploy.stack.stack import Stack
from tests.support.waiting import wait_until

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
MISSING = "nginx is not installed: apt-get install nginx-light"
CONNECTIONS = 1000
"""Connections of one address that the shipped configuration allows."""
_SHIPPED = ROOT / "deploy" / "manifests" / "nginx"


@contextmanager
def nginx_before(
    stack: Stack, *, secure_port: int | None = None, connections: int = CONNECTIONS
) -> Iterator[str]:
    """Run nginx during the ``with`` block and yield its URL; HTTPS is on ``secure_port``."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="bunko-nginx-") as name:
        folder = Path(name)
        secrets.certificate(folder)
        allowed = {f"bunko_connections {CONNECTIONS};": f"bunko_connections {connections};"}
        (folder / "locations.conf").write_text(_shipped("locations.conf", allowed), encoding="utf-8")
        site = _shipped("bunko.conf.example", _own(stack, port, secure_port or free_port()))
        user = "user root;" if Path("/root").owner() == folder.owner() else ""
        temporary = "client_body_temp_path body; proxy_temp_path proxy;"
        unused = "fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;"
        (folder / "nginx.conf").write_text(
            f"{user} daemon off; pid nginx.pid; error_log error.log; events {{ worker_connections 4096; }}\n"
            f"http {{ access_log off; {temporary} {unused}\n{site}\n}}\n",
            encoding="utf-8",
        )
        command = [str(NGINX), "-p", name, "-c", f"{name}/nginx.conf", "-e", f"{name}/error.log"]
        running = subprocess.Popen(command)
        try:
            wait_until(lambda: running.poll() is not None or _answers(port))
            assert running.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(10)


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _own(stack: Stack, port: int, secure_port: int) -> Mapping[str, str]:
    """Return the parts of the shipped site that depend on the installation, and their values in the tests."""
    certificate = "ssl_certificate tls.crt; ssl_certificate_key tls.key;"
    return {
        "127.0.0.1:8000": urlsplit(stack.address).netloc,
        "listen 80;": f"listen 127.0.0.1:{port}; listen 127.0.0.1:{secure_port} ssl; {certificate}",
        "/etc/nginx/bunko/http.conf": str(_SHIPPED / "http.conf"),
        "/etc/nginx/bunko/locations.conf": "locations.conf",
        "/var/lib/bunko/files": urlsplit(stack.settings("file-1")["STORAGE_URL"]).path,
    }


def _shipped(name: str, own: Mapping[str, str]) -> str:
    """Return a shipped file with each key of ``own`` replaced by its value."""
    text = (_SHIPPED / name).read_text(encoding="utf-8")
    for default, mine in own.items():
        assert text.count(default) == 1, default
        text = text.replace(default, mine)
    return text


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).ok
    except requests.ConnectionError:
        return False
