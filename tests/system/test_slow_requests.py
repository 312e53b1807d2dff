"""A sample of ``make fuzz SLOW=1``: no content of a request may cost seconds of CPU or a gigabyte."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from deploy.stack.stack import Stack
from tests.load.fuzzing.slow.attempts import Attempt, Placement, read, request
from tests.load.fuzzing.slow.cost import Meter
from tests.load.fuzzing.slow.report import table
from tests.load.fuzzing.slow.routes import Route, routes
from tests.load.fuzzing.slow.running import document, trial
from tests.load.fuzzing.slow.search import Search
from tests.load.fuzzing.slow.sweep import sweep
from tests.load.fuzzing.slow.trial import MEMORY, Cost, Session, Trial
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads CPU times of other processes from the kernel"
)

SEED = 10
SAMPLE = 40
GENEROUS = 5
"""Multiple of the limit, as other tests run beside. Real faults take ten or a hundred times the limit."""


def test_no_content_costs_a_program_seconds(expendable: Stack) -> None:
    """A random sample of the sweep, and attempts that once stopped a service or filled a node."""
    every = routes(document(expendable))
    known = {route.name: route for route in every}
    swept = [attempt for route in every for attempt in sweep(route, _role(route))]
    attempts = [
        read("POST /auth/login as anonymous: body.username=marks:64000", known),
        read("POST /auth/register as anonymous: body.password=marks:64000", known),
        read("GET /status as anonymous: header.Accept=accept:40000", known),
        read("POST /media/add as administrator: body.unknown=blank-keys:32505856", known),
        *Random(SEED).sample(swept, SAMPLE),
    ]
    asked, costly = trial(expendable, patience=20), []
    for attempt in attempts:
        cost = asked.measure(attempt)
        if cost.score > GENEROUS:
            cost = asked.confirm(cost, 1)
        costly += [str(cost)] if cost.score > GENEROUS else []
    assert costly == []


def _role(route: Route) -> str:
    return (
        "anonymous"
        if route.path.startswith(("/auth/", "/status", "/volumes/", "/files/"))
        else "administrator"
    )


SLOW = textwrap.dedent(
    """
    import json, sys
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                name = json.loads(body)["name"]
                commas = name.count(",") if isinstance(name, str) else 0
            except (ValueError, KeyError, TypeError, RecursionError):
                commas = 0
            for _ in range(min(commas, 3000)):
                sum(range(10_000))
            self.send_response(204)
            self.end_headers()

        do_GET = do_POST
        log_message = lambda *_: None

    server = HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
    """
)
"""A program that is slow if ``name`` has many commas."""
TEXT = {"type": "string"}
DOCUMENT = {
    "paths": {
        "/names": {
            "post": {
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"properties": {"name": TEXT, "note": TEXT}},
                            "example": {"name": "a", "note": "b"},
                        }
                    }
                }
            }
        }
    }
}


@pytest.fixture(scope="module")
def slow() -> Iterator[Trial]:
    with subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        yield Trial(f"http://127.0.0.1:{port}", Meter({"slow": process.pid}), lambda _: Session(1, "x"))
        process.kill()


def test_a_slow_place_is_found_and_named(slow: Trial) -> None:
    """By the sweep, which fills all texts at once, and again from the printed line."""
    (route,) = routes(DOCUMENT)
    costs = [slow.measure(attempt) for attempt in sweep(route, "anonymous")]
    plain = slow.measure(Attempt(route, "anonymous"))
    worst = max(costs, key=lambda cost: cost.score)
    assert plain.score < 1 < worst.score
    assert any(placement.content == "parameters" for placement in worst.attempt.placements)
    again = slow.confirm(slow.measure(read(str(worst.attempt), {route.name: route})))
    assert again.score > 1
    rows = table([route], {(route.name, False): [worst, plain]}, {route.name: 0.25})
    assert "`POST /names` | slow " in rows[2]
    assert rows[2].endswith("| 250 ms |")


def test_the_search_makes_what_is_costly_costlier(slow: Trial) -> None:
    (route,) = routes(DOCUMENT)
    search = Search([route], SEED, swept=False)
    first = slow.measure(Attempt(route, "anonymous", (Placement("body.name", "commas", 300),)))
    search.note(first)
    for _ in range(2000):
        search.note(slow.measure(search.next()))
        if search.costliest[route.name, False][0].seconds > 5 * first.seconds:
            return
    pytest.fail("2,000 attempts found nothing worse")


def test_cpu_of_children_that_have_ended_counts() -> None:
    busy = "sum(range(10_000_000))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{busy}']); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        process.stdout.readline()
        meter = Meter({"parent": process.pid, "tests": os.getpid()})
        assert meter.settled()["parent"] > 0.05
        held = meter.forget_peaks()
        grown = bytearray(64 * 1024 * 1024)
        assert meter.growth(held)["tests"] > 0.9 * len(grown)
        process.communicate("\n")
    wait_until(lambda: not Path(f"/proc/{process.pid}").exists())
    assert meter.settled()["parent"] == 0


def test_memory_is_judged_like_cpu() -> None:
    (route,) = routes(DOCUMENT)
    large = Cost(Attempt(route, "member"), 200, {"slow": 0.1}, {"slow": 2 * MEMORY})
    assert large.score == 2
    assert "| slow 290 MiB |" in table([route], {(route.name, True): [large]}, {})[2]


def test_a_request_holds_its_contents_where_they_were_meant() -> None:
    (route,) = routes(DOCUMENT)
    line = "POST /names as member: body.note=marks:9 header.Accept=blanks:16000 query.unknown=kanji:18"
    made = request(read(line, {route.name: route}), {})
    assert made.body == '{"name": "a", "note": "a\u0315\u0300\u0315\u0300"}'.encode()
    assert made.target == "/names?unknown=%E9%AC%BC%E9%AC%BC"
    assert [name for name, _ in made.headers] == ["Accept", "Accept"]
    with pytest.raises(ValueError, match="not an attempt"):
        read("POST /names as nobody: ", {route.name: route})
