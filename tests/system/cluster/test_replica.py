"""Lists read from a streaming replica of the database that is late, stopped or gone."""

import os
import pwd
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from json import dumps
from pathlib import Path

import psutil
import psycopg2
import pytest

from deploy.installation import keys
from deploy.postgresql import bootstrap, cluster, postgres
from deploy.postgresql.cluster import Cluster, binaries
from deploy.stack.stack import Stack
from shared.read_your_writes import COOKIE, HEADER
from tests.support.accounts import ADMIN_PASSWORD, ADMINISTRATOR
from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, noise
from tests.support.programs import program
from tests.support.waiting import wait_until


@dataclass
class Replica:
    """A running replica of a stack's database."""

    place: Cluster
    owner: str
    process: "subprocess.Popen[bytes]"

    def execute(self, statement: str) -> None:
        """Run a statement on the replica, as the owner."""
        with closing(psycopg2.connect(self.owner)) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)

    def pause(self) -> None:
        """Pause its replay."""
        self.execute("SELECT pg_wal_replay_pause()")
        wait_until(self._is_paused)

    def _is_paused(self) -> bool:
        with closing(psycopg2.connect(self.owner)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_get_wal_replay_pause_state() = 'paused'")
            (paused,) = cursor.fetchone() or (False,)
            return bool(paused)

    def kill(self) -> None:
        """Kill it, as a power failure would."""
        for process in (
            *psutil.Process(self.process.pid).children(recursive=True),
            psutil.Process(self.process.pid),
        ):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def replica(stack: Stack) -> Iterator[Replica]:
    """A replica, set up as by an operator."""
    with tempfile.TemporaryDirectory(prefix="bunko-replica-") as folder:
        yield from _running(stack, Path(folder))


def _running(stack: Stack, folder: Path) -> Iterator[Replica]:
    primary = cluster.locate(stack.configuration.state / "postgres")
    place = Cluster(folder / "data", folder / "socket", primary.user)
    password = keys.load(stack.configuration.state / "secrets").database_password("owner")
    entry = pwd.getpwnam(primary.user) if primary.user else None
    for path in (folder, place.sockets):
        path.mkdir(exist_ok=True)
        if entry:
            os.chown(path, entry.pw_uid, entry.pw_gid)
    copying = [
        *(
            str(binaries() / "pg_basebackup"),
            "--pgdata",
            str(place.data),
            "--checkpoint=fast",
            "--wal-method=stream",
        ),
        *("--write-recovery-conf", "--dbname", primary.url(password, "postgres")),
    ]
    made = subprocess.run(
        copying,
        cwd="/",
        user=primary.user,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    how = postgres.command(place)
    process = subprocess.Popen(
        how.words,
        cwd="/",
        env=dict(how.environment),
        user=primary.user,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    running = Replica(place, place.url(password, "bunko"), process)
    try:
        wait_until(lambda: _answers(running.owner))
        yield running
    finally:
        if process.poll() is None:
            running.kill()


def _answers(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.Error:
        return False
    return True


@pytest.fixture(scope="module")
def gateway(stack: Stack, replica: Replica) -> Iterator[str]:
    """A gateway with its own catalogue and file node, which use the replica."""
    secret = keys.load(stack.configuration.state / "secrets")
    url = bootstrap.addresses(replica.owner, secret).of_program["catalog"]
    with ExitStack() as held:
        catalog = held.enter_context(program(stack, "catalog", DATABASE_REPLICA_URL=url))
        upstreams = dumps(
            {name: stack.service_url(name) for name in ("media", "users")} | {"catalog": catalog}
        )
        node = held.enter_context(program(stack, "file-1", UPSTREAMS=upstreams))
        nodes = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bunko-"))) / "nodes"
        nodes.write_text(node)
        yield held.enter_context(program(stack, "gateway", UPSTREAMS=upstreams, FILE_NODES_FILE=str(nodes)))


@pytest.fixture
def writer(gateway: str) -> Client:
    """The administrator with the cookies that a browser keeps."""
    return Client(gateway).sign_in(ADMINISTRATOR, ADMIN_PASSWORD)


@pytest.fixture
def reader(gateway: str, writer: Client) -> Client:
    """The same account on another device that has not written anything."""
    client = Client(gateway)
    client.session.cookies.set("refreshToken", writer.session.cookies["refreshToken"])
    return client


def names(client: Client, catalogue: Catalogue) -> list[str]:
    shown = client.get("/admin-series", client=catalogue.client)["series"]
    return [series["name"] for series in shown]


def test_a_late_replica_shows_others_less_and_the_writer_all(
    writer: Client, reader: Client, replica: Replica
) -> None:
    catalogue = Catalogue(writer)
    before = catalogue.series("Before")
    wait_until(lambda: names(reader, catalogue) == ["Before"])
    replica.pause()
    try:
        # The catalogue polls the replica's position twice a second; until then it may use the primary.
        wait_until(lambda: names(_renamed(catalogue, before, reader), catalogue) == ["Before"])
        for number in range(3):
            name = f"Written {number}"
            catalogue.edit(before, name=name)
            assert names(writer, catalogue) == [name]
            # Never from the replica: decisions depend on these.
            assert reader.get(f"/admin-series/id/{before}")["name"] == name
    finally:
        replica.execute("SELECT pg_wal_replay_resume()")
    wait_until(lambda: names(reader, catalogue) == ["Written 2"])


def _renamed(catalogue: Catalogue, series: int, reader: Client) -> Client:
    catalogue.edit(series, name=f"Renamed {secrets.token_hex(4)}")
    return reader


def test_an_upload_counts_as_written_though_another_program_wrote_it(writer: Client, gateway: str) -> None:
    catalogue = Catalogue(writer)
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    del writer.session.cookies[COOKIE]
    image = base64_of(noise(40, 60))
    answer = writer.ask("POST", f"/admin-volumes/update-image/{volume}/front", json={"image": image})
    assert answer.status_code == 200
    assert int(answer.cookies[COOKIE]) > 0
    said = answer.headers["Set-Cookie"]
    assert all(word in said for word in ("Max-Age=60", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert HEADER not in answer.headers
    assert COOKIE not in writer.ask("GET", "/admin-series", params={"client": 1}).cookies
    assert gateway == writer.gateway


@pytest.mark.parametrize("position", ["9" * 19, "9" * 40, "0", "-1", "x", ""])
def test_whatever_a_client_claims_to_have_written_is_answered(reader: Client, position: str) -> None:
    reader.session.cookies.set(COOKIE, position)
    assert reader.ask("GET", "/admin-series", params={"client": 1}).status_code == 200


def test_a_replica_that_dies_is_noticed_by_nobody(writer: Client, reader: Client, replica: Replica) -> None:
    catalogue = Catalogue(writer)
    catalogue.series("There")
    wait_until(lambda: names(reader, catalogue) == ["There"])
    for number in range(60):
        if number == 20:
            replica.kill()
        # While it runs, it may be behind the primary that has just answered in its place.
        assert names(reader, catalogue) in (["There"], [] if number < 20 else ["There"])
        assert names(writer, catalogue) == ["There"]
    catalogue.series("Thereafter")
    assert names(reader, catalogue) == ["There", "Thereafter"]
