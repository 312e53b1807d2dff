"""The sweeper between ledgers and storage, with answers and failures of each."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from files.owners.client import LEDGERS
from files.pictures.sweeper import Sweeper
from files.store.folder import Folder
from shared.errors import UNAVAILABLE
from shared.rpc.client import ServiceClients
from tests.support.waiting import wait_until


class Ledgers(ServiceClients):
    """The answers of the owners: doomed keys, until their rows are deleted."""

    def __init__(self, doomed: dict[str, list[str]]) -> None:
        self.doomed = doomed
        self.away: set[str] = set()

    def call(self, service: str, method: str, path: str, **more: Any) -> Any:  # noqa: ARG002
        if service in self.away:
            raise UNAVAILABLE
        doomed, body = self.doomed.setdefault(service, []), more["body"]
        if path.endswith("/forget"):
            self.doomed[service] = [key for key in doomed if key not in body["keys"]]
            return {}
        return {"keys": doomed[: body["limit"]]}


def keys(count: int, start: int = 0) -> list[str]:
    return [f"{number:032x}" for number in range(start, start + count)]


@pytest.fixture
def storage(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def fill(storage: Folder, stored: Iterable[str]) -> None:
    for key in stored:
        storage.put(key, {"high.webp": b"x"})


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_sweep_deletes_all_that_is_doomed_and_nothing_else(storage: Folder, tmp_path: Path) -> None:
    first, second, kept = keys(250), keys(5, 1000), keys(5, 2000)
    fill(storage, first[:240] + second + kept)
    ledgers = Ledgers({"catalog": first, "users": second})
    Sweeper(storage, ledgers, seconds=60).sweep()
    assert names(tmp_path) == set(kept)
    assert not any(ledgers.doomed.values())


@pytest.mark.parametrize("away", LEDGERS)
def test_an_owner_that_is_away_keeps_no_other_from_being_swept(
    storage: Folder, tmp_path: Path, away: str
) -> None:
    of_whom = {service: keys(3, 10 * place) for place, service in enumerate(LEDGERS)}
    fill(storage, [key for owned in of_whom.values() for key in owned])
    ledgers = Ledgers(dict(of_whom))
    ledgers.away = {away}
    sweeper = Sweeper(storage, ledgers, seconds=60)
    sweeper.sweep()
    assert names(tmp_path) == set(of_whom[away])
    ledgers.away = set()
    sweeper.sweep()
    assert not names(tmp_path)


def test_what_cannot_be_deleted_is_not_forgotten(storage: Folder, tmp_path: Path) -> None:
    stuck, loose = keys(2)
    (tmp_path / stuck).write_text("a file where a folder belongs")
    fill(storage, [loose])
    ledgers = Ledgers({"media": [stuck, loose]})
    Sweeper(storage, ledgers, seconds=60).sweep()
    assert ledgers.doomed["media"] == [stuck]
    assert names(tmp_path) == {stuck}


@pytest.mark.parametrize("wrong", ["..", "../" + "a" * 29, "", "A" * 32, None, 7])
def test_what_is_no_key_is_not_touched(storage: Folder, tmp_path: Path, wrong: Any) -> None:
    kept, doomed = keys(2)
    fill(storage, [kept, doomed])
    ledgers = Ledgers({"catalog": [wrong, kept], "media": [doomed]})
    Sweeper(storage, ledgers, seconds=60).sweep()
    assert names(tmp_path) == {kept}


def test_a_sweeper_goes_on_whatever_happens(storage: Folder, tmp_path: Path) -> None:
    """Woken repeatedly, through unexpected errors."""

    class Troubled(Ledgers):
        troubles = 3

        def call(self, service: str, method: str, path: str, **more: Any) -> Any:
            if self.troubles:
                self.troubles -= 1
                sweeper.wake()
                raise ZeroDivisionError
            return super().call(service, method, path, **more)

    (key,) = keys(1)
    fill(storage, [key])
    sweeper = Sweeper(storage, Troubled({"users": [key]}), seconds=0.01)
    sweeper.start()
    wait_until(lambda: not names(tmp_path))
