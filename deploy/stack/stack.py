"""A complete running installation, as ``make up`` and the tests start it.

with Stack({"STATE_DIR": "/tmp/trial", "GATEWAY_PORT": "0"}) as stack:
    requests.get(stack.address + "/health/ready")
"""

import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.installation import configuration, keys, run_state
from deploy.installation.version import version
from deploy.postgresql import database, postgres
from deploy.postgresql.bootstrap import Addresses
from deploy.running import programs
from deploy.running.logs import Log, failure
from deploy.running.supervisor import Supervisor
from deploy.stack.admin_bootstrap import AdminBootstrap, Administrator
from deploy.user_error import UserError

_READY_SECONDS = 60.0
_DRAIN_SECONDS = 20.0
"""Grace period in which a stopping program finishes its requests."""


class Stack:
    """All programs of an installation, with its database and files.

    Available after ``start``: ``address`` (the gateway's), ``administrator``, ``pids`` and ``admin_database_url`` (the
    database owner's).
    """

    def __init__(self, environment: Mapping[str, str], *, log: Log | None = None) -> None:
        """Validate the settings in ``environment``; raises ``UserError`` if one is invalid. Starts nothing."""
        self.configuration = configuration.read(environment)
        self.log = log or Log(silent=True)
        self.administrator: Administrator
        self._databases: Addresses
        self._settings: dict[str, dict[str, str]] = {}
        self._listeners: dict[str, socket.socket] = {}
        self._metrics: dict[str, socket.socket] = {}
        self._supervisors: dict[str, Supervisor] = {}
        self._restarts: dict[str, Any] = {"number": 0, "problem": None}
        self._guard = threading.Lock()
        self._held = ExitStack()

    @property
    def address(self) -> str:
        """URL of the gateway, without a slash at its end."""
        return self.service_url("gateway")

    @property
    def pids(self) -> dict[str, int | None]:
        """Program -> process id of its gunicorn (or of PostgreSQL), None while it is down."""
        return {name: supervisor.pid for name, supervisor in list(self._supervisors.items())}

    @property
    def admin_database_url(self) -> str:
        """The owner's URL of the database."""
        return self._databases.owner

    def database_url(self, program: str) -> str:
        """Return the URL of the database for catalog, media, users or gateway."""
        return self._databases.of_program[program]

    def service_url(self, name: str) -> str:
        """Return the URL of a program, such as ``catalog`` or ``file-1``."""
        return "http://" + self._settings[name]["BIND"]

    def metrics_url(self, name: str) -> str:
        """Return the URL of a program's metrics."""
        return programs.url(self._metrics[name].getsockname()[1]) + "/metrics"

    @property
    def targets(self) -> Path:
        """Path of the file that lists the metrics URLs for Prometheus."""
        return programs.targets_path(self.configuration.state)

    def settings(self, name: str) -> dict[str, str]:
        """Return the settings with which a program was started."""
        return dict(self._settings[name])

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Start all programs and return when they are ready; raises ``UserError``, with nothing running, on failure."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        chosen = self.configuration
        self._held.enter_context(run_state.held(chosen.state))
        configuration.make_storage(chosen.storage_url)
        run_state.kill_leftovers(chosen.state)
        secret = keys.load(chosen.state / "secrets")
        for name in programs.names(self.configuration):
            port = chosen.gateway_port if name == "gateway" else 0
            self._listeners[name] = run_state.listen(port, "GATEWAY_PORT")
        self._open_metrics()
        ports = {name: listener.getsockname()[1] for name, listener in self._listeners.items()}
        server = database.start(chosen, secret, self.log, self._note)
        if server:
            self._supervisors[server.name] = server
        self._databases = database.arrange(chosen, secret)
        self._settings = programs.environments(
            chosen, secret, self._databases.of_program, ports, replica=database.replica(chosen, secret)
        )
        self._write_settings()
        bootstrap = AdminBootstrap(chosen, self._settings["users"])
        try:
            for name in ports:
                self._run(name)
            self._note()
            self.administrator = bootstrap.result()
        finally:
            bootstrap.cancel()
        self.wait_until_ready()
        for supervisor in self._supervisors.values():
            supervisor.persist()
        self._note()

    def _open_metrics(self) -> None:
        """Open the sockets for metrics: with METRICS_PORT, the gateway on it and the others on the ports after it."""
        first = self.configuration.metrics_port
        for number, name in enumerate(sorted(self._listeners, key=lambda name: name != "gateway")):
            self._metrics[name] = run_state.listen(first and first + number, "METRICS_PORT")
        ports = {name: listener.getsockname()[1] for name, listener in self._metrics.items()}
        self.targets.write_text(programs.targets(ports), encoding="utf-8")

    def _write_settings(self) -> None:
        folder = self.configuration.state
        for name, settings in self._settings.items():
            lines = "".join(f"{key}={value}\n" for key, value in settings.items())
            keys.write_private(programs.env_path(folder, name), lines)
        nodes = [self.service_url(name) for name in self._settings if programs.kind(name) == "files"]
        keys.write_private(programs.file_nodes_path(folder), "".join(f"{node}\n" for node in nodes))

    def _run(self, name: str) -> None:
        self._supervisors[name] = self._supervisor(name)
        self._supervisors[name].start()

    def _supervisor(self, name: str) -> Supervisor:
        command = programs.command(
            name, self._settings[name], self._listeners[name].fileno(), self._metrics[name].fileno()
        )
        return Supervisor(name, command, self.log.write, self._note)

    def wait_until_ready(self, *names: str) -> None:
        """Wait until the named programs, or all, are ready; raises ``UserError`` if one ends or exceeds 60 seconds."""
        deadline = time.monotonic() + _READY_SECONDS
        awaited = names or tuple(self._settings)
        for name in awaited:
            while not self._is_ready(name):
                for ended in (other for other in awaited if self._supervisors[other].ended.is_set()):
                    raise self._failure(ended, "could not start")
                if time.monotonic() > deadline:
                    raise self._failure(name, f"was not ready within {_READY_SECONDS:.0f} seconds")
                time.sleep(0.02)

    def _failure(self, name: str, what: str) -> UserError:
        return failure(self.log, self.configuration.state / "run", name, what)

    def _is_ready(self, name: str) -> bool:
        host, _, port = self._settings[name]["BIND"].rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=1)
        try:
            connection.request("GET", "/health/ready", headers={"Connection": "close"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop_program(self, name: str) -> None:
        """Stop one program and close its port, which then refuses connections."""
        self._listeners.pop(name).close()
        self._supervisors[name].stop(_DRAIN_SECONDS)
        self._note()

    def start_program(self, name: str) -> None:
        """Start a stopped program again on its old port and wait until it is ready."""
        port = int(self._settings[name]["BIND"].rpartition(":")[2])
        self._listeners[name] = run_state.listen(port, "GATEWAY_PORT")
        self._run(name)
        self.wait_until_ready(name)
        self._supervisors[name].persist()

    def restart(self, *, wanted: Callable[[], bool] = lambda: True) -> None:
        """Restart all programs except the database, one after the other, while ``wanted`` returns True.

        They start with the current signing keys. Raises ``UserError`` if one cannot start; its old process and all
        other programs keep running.
        """
        problem = None
        secret, code = keys.load(self.configuration.state / "secrets"), version()
        for name, settings in self._settings.items():
            settings.update(programs.key_settings(name, secret) | {"BUNKO_VERSION": code})
        self._write_settings()
        try:
            for name in self._settings:
                if wanted():
                    self.restart_program(name)
        except UserError as error:
            problem = str(error)
            raise
        finally:
            self._restarts = {"number": self._restarts["number"] + 1, "problem": problem}
            self._note()

    def restart_program(self, name: str) -> None:
        """Start a new process of a program on the same socket, and stop the old one when the new one takes requests.

        Raises ``UserError``, with the old process still running, if the new one cannot start.
        """
        old, new = self._supervisors[name], self._supervisor(name)
        new.start()
        deadline = time.monotonic() + _READY_SECONDS
        while not new.loaded.wait(0.02):
            if new.ended.is_set() or time.monotonic() > deadline:
                new.kill()
                raise self._failure(name, "could not restart; the old process keeps running")
        new.persist()
        self._supervisors[name] = new
        self._note()
        old.stop(_DRAIN_SECONDS)

    def stop(self) -> None:
        """Stop all programs, callers before callees: gateway, file nodes, services, database."""
        for listener in (*self._listeners.values(), *self._metrics.values()):
            listener.close()
        self._listeners.clear()
        self._metrics.clear()
        inner = [
            supervisor
            for name, supervisor in self._supervisors.items()
            if name not in {"gateway", database.NAME}
        ]
        self._stop_together([self._supervisors[name] for name in ("gateway",) if name in self._supervisors])
        self._stop_together([supervisor for supervisor in inner if programs.kind(supervisor.name) == "files"])
        self._stop_together([supervisor for supervisor in inner if programs.kind(supervisor.name) != "files"])
        self._stop_together(
            [self._supervisors[name] for name in (database.NAME,) if name in self._supervisors]
        )
        self._supervisors.clear()
        self._held.close()

    def _stop_together(self, supervisors: list[Supervisor]) -> None:
        for supervisor in supervisors:
            supervisor.ask_to_stop()
        for supervisor in supervisors:
            supervisor.stop(postgres.STOP_SECONDS if supervisor.name == database.NAME else _DRAIN_SECONDS)

    def hurry(self) -> None:
        """Kill the programs that are still stopping, except the database, which always shuts down cleanly."""
        for name, supervisor in list(self._supervisors.items()):
            if name != database.NAME:
                supervisor.kill()

    def _note(self) -> None:
        """Write the run state file; called again after each restart of a program."""
        with self._guard:
            pids = self.pids
            facts: dict[str, Any] = {
                "runner": os.getpid(),
                "gateway": self.address,
                "database": self.admin_database_url,
                "storage": self.configuration.storage_url,
                "restarts": self._restarts,
                "programs": {
                    name: {"pid": pid, "began": run_state.birth(pid), "address": self._addresses().get(name)}
                    for name, pid in pids.items()
                },
            }
            first = getattr(self, "administrator", None)
            if first and first.password:
                # For `make demo` in a second terminal. The file, with the password, is deleted when this run ends.
                facts["administrator"] = {"username": first.username, "password": first.password}
            run_state.write(self.configuration.state, facts)

    def _addresses(self) -> dict[str, str]:
        return {name: self.service_url(name) for name in self._settings}
