"""nginx: a gateway with ``auth_request``, and an upstream that answers at once."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.load.bench.peers.running import Absent, environment, free_port, started, wait_for

_COMMON = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
worker_processes 1;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type application/json;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    {servers}
}}
"""
_GATEWAY = """
    upstream check {{ server 127.0.0.1:{check}; keepalive 64; }}
    upstream service {{ server 127.0.0.1:{service}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{gateway};
        location / {{
            auth_request /check;
            proxy_pass http://service;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
        location = /check {{
            internal;
            proxy_pass http://check;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }}
    }}
"""
_SERVICE = """
    server {{
        listen 127.0.0.1:{service};
        root {folder};
        location / {{ try_files /answer.json =404; }}
    }}
"""


@dataclass(frozen=True, slots=True)
class Nginx:
    """One running nginx."""

    address: str
    pid: int


def service(body: str, held: ExitStack) -> Nginx:
    """Start a service that answers every request with ``body``; Absent without nginx."""
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bunko-bench-")))
    folder.chmod(0o755)  # the worker drops root
    (folder / "answer.json").write_text(body)
    port = free_port()
    return _start("nginx-service", _SERVICE.format(folder=folder, service=port), folder, port, held)


def gateway(check: str, service: str, held: ExitStack) -> Nginx:
    """Start a gateway that calls ``check`` before each request to ``service``."""
    folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bunko-bench-")))
    port = free_port()
    ports = {"gateway": port, "check": _port(check), "service": _port(service)}
    return _start("nginx-gateway", _GATEWAY.format(**ports), folder, port, held)


def _start(name: str, servers: str, folder: Path, port: int, held: ExitStack) -> Nginx:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise Absent("nginx is missing (on Debian: apt-get install nginx-light)")
    path = folder / "nginx.conf"
    path.write_text(_COMMON.format(folder=folder, servers=servers))
    process = started(name, [program, "-c", str(path)], environment(), held)
    address = f"http://127.0.0.1:{port}"
    wait_for(address, process)
    return Nginx(address, process.pid)


def _port(address: str) -> str:
    return address.rpartition(":")[2]
