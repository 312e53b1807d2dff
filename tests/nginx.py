"""nginx before a running system, with the example configuration."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import requests

from deploy.installation.configuration import ROOT
from deploy.running.stack import Stack
from tests.runner import eventually

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


@contextmanager
def nginx_before(stack: Stack) -> Iterator[str]:
    """Run nginx before a system during the ``with`` block; gives its address."""
    example = (ROOT / "deploy" / "nginx" / "bunko.conf.example").read_text(encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        "127.0.0.1:8000": urlsplit(stack.address).netloc,
        "listen 80;": f"listen 127.0.0.1:{port};",
        "/etc/nginx/bunko/locations.conf": str(ROOT / "deploy" / "nginx" / "locations.conf"),
        "/var/lib/bunko/files": urlsplit(stack.settings("file-1")["STORAGE_URL"]).path,
    }
    for default, mine in own.items():
        assert example.count(default) == 1, default
        example = example.replace(default, mine)
    with tempfile.TemporaryDirectory(prefix="bunko-nginx-") as folder:
        bodies = "client_body_temp_path body; proxy_temp_path proxy;"
        unused = "fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;"
        user = "user root;" if Path("/root").owner() == Path(folder).owner() else ""
        Path(folder, "nginx.conf").write_text(
            f"{user} daemon off; pid nginx.pid; error_log error.log; events {{}}\n"
            f"http {{ access_log off; {bodies} {unused}\n{example}\n}}\n",
            encoding="utf-8",
        )
        command = [str(NGINX), "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
        running = subprocess.Popen(command)
        try:
            eventually(lambda: running.poll() is not None or _answers(port))
            assert running.poll() is None, Path(folder, "error.log").read_text(encoding="utf-8")
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(10)


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=5).ok
    except requests.ConnectionError:
        return False
