"""A whole system on S3, through the gateway: upload, serving, replacing, sweeping, and a failing store."""

import re
import subprocess

import psycopg2
import pytest
import requests

from deploy.running import programs
from deploy.stack.stack import Stack
from tests.support.covered_volumes import CoveredVolume
from tests.support.pictures import opened
from tests.support.s3 import CREDENTIALS, S3
from tests.support.waiting import wait_until

pytestmark = pytest.mark.slow


def stored(s3: S3, bucket: str, key: str) -> dict[str, bytes]:
    """Return the objects of a key in the bucket, by name."""
    return {
        path.rpartition("/")[2]: content for path, content in s3.objects(bucket).items() if f"/{key}/" in path
    }


def test_a_cover_comes_and_is_served(shelf: CoveredVolume, s3: S3, bucket: str) -> None:
    key = shelf.give_cover()
    high = stored(s3, bucket, key)["high.webp"]
    for path in (f"/volumes/cover/{shelf.volume}/front/high", f"/files/{key}/high.webp"):
        answer = shelf.admin.ask("GET", path)
        assert (answer.status_code, answer.content) == (200, high)
        assert answer.headers["Content-Type"] == "image/webp"
        assert int(answer.headers["Content-Length"]) == len(high)
        again = shelf.admin.ask("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert shelf.admin.ask("HEAD", path).headers["Content-Length"] == str(len(high))
    assert opened(high).size[1] == 40


def test_what_the_client_has_already_is_not_fetched(shelf: CoveredVolume, s3: S3) -> None:
    etag = shelf.cover().headers["ETag"] if shelf.give_cover() else ""
    for method, headers in (("GET", {"If-None-Match": etag}), ("HEAD", {})):
        s3.door.seen.clear()
        path = f"/volumes/cover/{shelf.volume}/front/high"
        assert shelf.admin.ask(method, path, headers=headers).status_code in (200, 304)
        assert {request.split()[0] for request in s3.door.seen if shelf.key() in request} == {"HEAD"}


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-7", -7, None), ("bytes=5-5", 5, 6)],
)
def test_a_part_is_served(
    shelf: CoveredVolume, s3: S3, bucket: str, asked: str, begin: int, end: int | None
) -> None:
    high = stored(s3, bucket, shelf.give_cover())["high.webp"]
    answer = shelf.cover(headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, high[begin:end])
    assert re.fullmatch(rf"bytes \d+-\d+/{len(high)}", answer.headers["Content-Range"])


def test_no_part_beyond_the_end_is_served(shelf: CoveredVolume, s3: S3, bucket: str) -> None:
    high = stored(s3, bucket, shelf.give_cover())["high.webp"]
    answer = shelf.cover(headers={"Range": f"bytes={len(high)}-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(high)}")


def test_what_is_replaced_or_deleted_is_swept_out_of_the_bucket(
    shelf: CoveredVolume, s3: S3, bucket: str
) -> None:
    first, second, back = shelf.give_cover(), shelf.give_cover(), shelf.give_cover("back")
    wait_until(lambda: not stored(s3, bucket, first))
    assert stored(s3, bucket, second)
    assert shelf.admin.refused("GET", f"/files/{first}/high.webp") == (404, "Not found")
    shelf.delete()
    wait_until(lambda: not stored(s3, bucket, second) and not stored(s3, bucket, back))


def test_avif_is_made_and_goes_with_its_picture(shelf: CoveredVolume, s3: S3, bucket: str) -> None:
    key = shelf.give_cover()
    accept = {"Accept": "image/avif,image/webp"}
    wait_until(lambda: shelf.cover(headers=accept).headers["Content-Type"] == "image/avif")
    assert shelf.cover(headers=accept).content == stored(s3, bucket, key)["high.avif"]
    assert shelf.cover().headers["Content-Type"] == "image/webp"
    shelf.delete()
    wait_until(lambda: not stored(s3, bucket, key))


def test_a_cover_is_cut_anew_from_its_original(shelf: CoveredVolume, s3: S3, bucket: str) -> None:
    first = shelf.give_cover()
    kept = stored(s3, bucket, first)
    (original,) = (content for name, content in kept.items() if name.startswith("original."))
    path = f"/admin-volumes/original-image/{shelf.volume}/front"
    assert shelf.admin.ask("GET", path).content == original
    crop = {"left": 0, "top": 0, "width": 10, "height": 20}
    shelf.admin.post(f"/admin-volumes/recrop-image/{shelf.volume}/front", crop=crop)
    assert opened(shelf.cover().content).size == (10, 20)
    assert original in stored(s3, bucket, shelf.key()).values()
    wait_until(lambda: not stored(s3, bucket, first))


def test_a_store_that_is_away_is_a_503_and_nothing_is_acknowledged(
    shelf: CoveredVolume, s3: S3, bucket: str, on_s3: Stack
) -> None:
    key = shelf.give_cover()
    s3.door.open = False
    for answer in (shelf.upload(), shelf.cover(), shelf.admin.ask("GET", f"/files/{key}/high.webp")):
        assert (answer.status_code, answer.json()) == (503, {"data": "Service unavailable", "code": 503})
        assert int(answer.headers["Retry-After"]) >= 1
    assert requests.get(on_s3.service_url("file-1") + "/health/ready", timeout=30).status_code == 503
    assert requests.get(on_s3.service_url("file-1") + "/health/live", timeout=30).status_code == 200
    assert shelf.key() == key
    s3.door.open = True
    wait_until(lambda: shelf.cover().status_code == 200)
    assert shelf.key() == key
    assert shelf.upload().status_code == 200


def test_half_an_upload_hangs_nowhere_and_is_swept(
    shelf: CoveredVolume, s3: S3, bucket: str, on_s3: Stack
) -> None:
    """The first object is stored, the second is not."""
    key = shelf.give_cover()
    before = set(s3.objects(bucket))
    real = s3.door._ask

    def only_once(method: str, *rest: object) -> object:
        if method == "PUT":
            s3.door.spoil("PUT", "say 500", times=3)
        return real(method, *rest)  # type: ignore[arg-type]  # as they came

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(s3.door, "_ask", only_once)
        assert shelf.upload().status_code == 503
    (half,) = set(s3.objects(bucket)) - before
    assert shelf.key() == key
    with psycopg2.connect(on_s3.admin_database_url) as db, db.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog.files SET since = now() - interval '16 min' WHERE key = %s", [half.split("/")[1]]
        )
    db.close()
    s3.door.pass_on()
    wait_until(lambda: half not in s3.objects(bucket))
    assert shelf.cover().status_code == 200


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("s3://no-such-bucket/pictures?endpoint={door}", "there is no bucket no-such-bucket at {door}."),
        ("s3://bunko?secret=1", "STORAGE_URL may say endpoint, region, profile, style once each"),
    ],
)
def test_a_storage_that_cannot_be_used_ends_the_program_in_a_sentence(
    s3: S3, on_s3: Stack, address: str, says: str
) -> None:
    s3.door.pass_on()
    settings = on_s3.settings("file-1") | {
        "STORAGE_URL": address.format(door=s3.door.url),
        "BIND": "127.0.0.1:0",
    }
    command = programs.command("file-1", settings)
    ended = subprocess.run(
        command.words, env=dict(command.environment), capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode != 0
    assert says.format(door=s3.door.url) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_only_file_nodes_know_the_credentials(on_s3: Stack) -> None:
    for name in ("gateway", "catalog", "media", "users"):
        assert not set(CREDENTIALS) & set(on_s3.settings(name))
    assert on_s3.settings("file-1").items() >= CREDENTIALS.items()
