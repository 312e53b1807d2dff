"""A running installation moves from a folder to S3 by the documented steps, and loses nothing."""

import re
import shlex
import tempfile
from collections.abc import Iterator

import pytest

from deploy.stack.stack import Stack
from tests.support.accounts import ADMIN_PASSWORD
from tests.support.client import Client
from tests.support.covered_volumes import CoveredVolume, made, settings_of
from tests.support.pictures import base64_of, noise
from tests.support.s3 import CREDENTIALS, S3
from tests.support.waiting import wait_until


@pytest.fixture
def state() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bunko-") as folder:
        yield folder


def signed_in(stack: Stack) -> Client:
    return Client(stack.address).sign_in("admin", ADMIN_PASSWORD)


def pictures_of(admin: Client, shelf: CoveredVolume, media: int) -> list[bytes]:
    """Return every picture as readers get it."""
    paths = [
        *(f"/volumes/cover/{shelf.volume}/{side}/{size}" for side in ("front", "back") for size in SIZES),
        *(f"/media/image/{media}/{size}" for size in SIZES),
        *(f"/user/avatar/{admin.user['id']}/{size}" for size in SIZES),
    ]
    answers = [admin.ask("GET", path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content for answer in answers]


SIZES = ("high", "scaled")


def audit(settings: dict[str, str]) -> str:
    done = made("files-audit", settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_running_installation_moves_and_loses_nothing(state: str, s3: S3) -> None:
    s3.door.pass_on()
    bucket = s3.url()
    settings = settings_of(state) | CREDENTIALS
    with Stack(settings) as stack:
        folder = stack.configuration.storage_url
        admin = signed_in(stack)
        shelf = CoveredVolume.of(admin)
        old = shelf.give_cover()
        shelf.give_cover("back")
        media = admin.post("/media/add", name="Picture", tags=[], image=base64_of(noise(50, 40)))["id"]
        admin.post(f"/user/update-image/{admin.user['id']}", image=base64_of(noise(40, 50)))
        assert f"Storage: {folder}" in audit(settings)

        done = made("storage-copy", settings, FROM=folder, TO=bucket)
        assert done.returncode == 0, done.stdout + done.stderr
        assert re.search(r"Copying: +100%.* 4/4 ", done.stderr)
        assert f"pictures/{old}/high.webp" in s3.objects(bucket)

        late = shelf.give_cover()
        wait_until(lambda: shelf.admin.ask("GET", f"/files/{old}/high.webp").status_code == 404)
        before = pictures_of(admin, shelf, media)

    settings |= {"STORAGE_URL": bucket}
    with Stack(settings) as stack:
        admin = signed_in(stack)
        shelf = CoveredVolume(admin, shelf.volume)
        assert shelf.cover().status_code == 404
        shelf.give_cover("spine")
        again = re.search(r"^  make (storage-copy .*)$", done.stdout, re.MULTILINE)
        assert again
        target, *words = shlex.split(again[1])
        done = made(target, settings, **dict(word.split("=", 1) for word in words))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Removed 1 pictures again" in done.stdout
        assert pictures_of(admin, shelf, media) == before
        names = s3.objects(bucket)
        assert f"pictures/{late}/high.webp" in names
        assert not any(old in name for name in names)
        assert f"Storage: {bucket}" in audit(
            {name: settings[name] for name in settings if name != "STORAGE_URL"}
        )
