"""The gateway in front of a trivial service, compared with nginx with ``auth_request`` and a naive gateway."""

import json
from collections.abc import Sequence

from deploy.running import programs
from tests.load.bench.arena import Arena
from tests.load.bench.bunko import Bunko
from tests.load.bench.goals import at_least, at_most
from tests.load.bench.outcome import Chart, Outcome, Table
from tests.load.bench.peers import nginx
from tests.load.bench.peers.running import free_port, started, wait_for
from tests.load.bench.rounds import Measured, Target, middle
from tests.load.bench.sizes import SMALL

_BODY = json.dumps({"data": "x" * 10_000, "code": 200})
_PATH = "/admin-volumes?client=1"
_NGINX, _NAIVE, _DIRECT = "nginx + auth_request", "requests.request per call", "the service itself"


def run(arena: Arena) -> Outcome:
    """Start all gateways in front of the same service and measure."""
    arena.clear()
    bunko = arena.bunko(arena.smaller)
    targets = _targets(arena, bunko)
    measured = arena.measure(targets)
    size = arena.smaller
    outcome = Outcome()
    for number in arena.effort.connections[1:]:
        ours = ("Bunko", size.name, number)
        for peer, goal in ((_NGINX, 1), (_NAIVE, 4)):
            ratio = measured.compare(ours, (peer, size.name, number))
            work = f"gateway at {number} connections, throughput vs {peer}"
            outcome.figures.append(at_least(work, size, ratio, {SMALL: goal}))
    added = [
        ours.load.p50 - direct.load.p50
        for ours, direct in zip(
            measured.of("Bunko", size.name, 1), measured.of(_DIRECT, size.name, 1), strict=True
        )
    ]
    outcome.figures.append(
        at_most("gateway, added time at 1 connection (p50)", size, added, {SMALL: 1.2}, "ms")
    )
    names = [target.name for target in targets]
    outcome.tables = [_table(measured, names, size.name, arena.effort.connections)]
    outcome.charts = [
        Chart(
            "gateway",
            f"Gateways before a trivial service, {arena.middle_connections} connections",
            "requests per second (more is better)",
            [
                (
                    name,
                    middle(
                        [sample.rate for sample in measured.of(name, size.name, arena.middle_connections)]
                    ),
                )
                for name in names
            ],
        )
    ]
    arena.clear()
    return outcome


def _targets(arena: Arena, bunko: Bunko) -> list[Target]:
    """Return the available targets; the service itself last."""
    cookie = {"Cookie": bunko.cookie()}
    session = {
        "DATABASE_URL": bunko.stack.database_url("gateway"),
        "SESSION_KEY": bunko.stack.settings("gateway")["SESSION_KEY"],
    }

    def target(name: str, address: str, pids: list[int]) -> Target:
        return Target(
            name, bunko.size.name, address, [_PATH], cookie, lambda: pids, lambda: bunko.pids("postgres")
        )

    with_nginx = arena.if_there(lambda: arena.nginx_service(_BODY))
    trivial = with_nginx or arena.interpreter_app("trivial", BODY=_BODY)
    service = trivial.address
    ours, our_pid = _gateway_before(service, bunko, arena)
    targets = [target("Bunko", ours, [our_pid])]
    naive = arena.interpreter_app("naive_gateway", UPSTREAM=service, **session)
    targets.append(target(_NAIVE, naive.address, [naive.pid]))
    if with_nginx:
        check = arena.interpreter_app("check", **session)
        door = nginx.gateway(check.address, service, arena.held)
        targets.append(target(_NGINX, door.address, [door.pid, check.pid]))
    return [*targets, target(_DIRECT, service, [trivial.pid])]


def _gateway_before(service: str, bunko: Bunko, arena: Arena) -> tuple[str, int]:
    """Start another gateway of Bunko with the stack's settings and another catalog service."""
    settings = bunko.stack.settings("gateway")
    upstreams = json.loads(settings["UPSTREAMS"]) | {"catalog": service}
    bind = f"127.0.0.1:{free_port()}"
    command = programs.command("gateway", settings | {"UPSTREAMS": json.dumps(upstreams), "BIND": bind})
    process = started("gateway", command.words, command.environment, arena.held)
    wait_for(f"http://{bind}", process)
    return f"http://{bind}", process.pid


def _table(measured: Measured, names: Sequence[str], size: str, connections: Sequence[int]) -> Table:
    head = [
        "gateway",
        "connections",
        "requests/s (min-max)",
        "Bunko's times this",
        "p50 ms",
        "p99 ms",
        "CPU ms",
    ]
    rows = []
    for name in names:
        for number in connections:
            samples = measured.of(name, size, number)
            rates = [sample.rate for sample in samples]
            rows.append(
                [
                    *(name, str(number), f"{middle(rates):.0f} ({min(rates):.0f}-{max(rates):.0f})"),
                    str(measured.compare(("Bunko", size, number), (name, size, number))),
                    f"{middle([sample.load.p50 for sample in samples]):.2f}",
                    f"{middle([sample.load.p99 for sample in samples]):.1f}",
                    f"{middle([sample.programs for sample in samples]):.2f}",
                ]
            )
    return Table("Gateways before a service that answers 10 kB at once", head, rows)
