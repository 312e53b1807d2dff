"""Serving pictures: by stored path and by id, conditional requests, ranges, cache headers."""

import http.client
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.catalogue import Catalogue
from tests.support.client import Client
from tests.support.pictures import base64_of, noise, opened

FOREVER, SHORTLY = "public, max-age=31536000, immutable", "public, max-age=60"
NOT_FOUND = (404, "Not found")


@pytest.fixture(scope="module")
def volume(admin: Client) -> int:
    """A volume with a cover that no test replaces."""
    catalogue = Catalogue(admin)
    volume = catalogue.volume(catalogue.group(catalogue.series()))
    admin.post(f"/admin-volumes/update-image/{volume}/front", image=base64_of(noise(500, 700)))
    return volume


@pytest.fixture(scope="module")
def key(admin: Client, volume: int) -> str:
    """The key of that cover."""
    return str(admin.get(f"/admin-volumes/id/{volume}")["cover_path"]).partition("/")[0]


def get(client: Client, path: str, **headers: str) -> requests.Response:
    return client.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_a_stored_path_is_shown_as_it_stands_for_ever(anonymous: Client, key: str) -> None:
    sizes = {}
    for size in ("high", "scaled"):
        answer = get(anonymous, f"/files/{key}/{size}.webp")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == FOREVER
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["ETag"] == f'"{key}-{size}"'
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        sizes[size] = opened(answer.content).size
    assert sizes == {"high": (500, 700), "scaled": (286, 400)}


def test_an_address_by_id_lasts_if_it_names_the_version(anonymous: Client, volume: int, key: str) -> None:
    path = f"/volumes/cover/{volume}/front/high"
    lasting = {"": SHORTLY, f"?hash={key}": FOREVER, "?hash=": SHORTLY, f"?hash={key[:-1]}": SHORTLY}
    lasting |= {"?hash=None": SHORTLY, f"?hash={'0' * 32}": SHORTLY}
    for query, cached in lasting.items():
        answer = get(anonymous, path + query)
        assert answer.headers["Cache-Control"] == cached, query
        assert answer.headers["ETag"] == f'"{key}-high"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/files/{key}/high.webp", "/volumes/cover/{volume}/front/high"])
def test_what_a_client_has_is_not_sent_again(anonymous: Client, volume: int, key: str, path: str) -> None:
    path = path.format(key=key, volume=volume)
    tag = f'"{key}-high"'
    for matching in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = get(anonymous, path, If_None_Match=matching)
        assert (answer.status_code, answer.content) == (304, b""), matching
        assert answer.headers["ETag"] == tag
        assert "max-age" in answer.headers["Cache-Control"]
    for other in (f'"{key}-scaled"', '"x"'):
        assert get(anonymous, path, If_None_Match=other).status_code == 200


def test_head_says_what_get_would(anonymous: Client, volume: int, key: str) -> None:
    for path in (f"/files/{key}/high.webp", f"/volumes/cover/{volume}/front"):
        got, head = get(anonymous, path), anonymous.ask("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control", "Accept-Ranges"):
            assert head.headers[name] == got.headers[name]
    assert anonymous.ask("HEAD", f"/files/{'0' * 32}/high.webp").status_code == 404


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-20", slice(-20, None)),
        ("bytes=5-5", slice(5, 6)),
    ],
)
def test_a_part_can_be_asked_for(anonymous: Client, key: str, asked: str, part: slice) -> None:
    path = f"/files/{key}/scaled.webp"
    whole = get(anonymous, path).content
    answer = get(anonymous, path, Range=asked)
    start, stop, _ = part.indices(len(whole))
    assert (answer.status_code, answer.content) == (206, whole[part])
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(whole)}"
    assert answer.headers["ETag"] == f'"{key}-scaled"'


def test_a_part_that_is_not_there_is_a_416(anonymous: Client, key: str) -> None:
    path = f"/files/{key}/scaled.webp"
    length = len(get(anonymous, path).content)
    answer = get(anonymous, path, Range=f"bytes={length}-")
    assert answer.json() == {"data": "Range not satisfiable", "code": answer.status_code}
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{length}")


def test_a_part_of_another_version_is_all_of_this_one(anonymous: Client, key: str) -> None:
    path = f"/files/{key}/scaled.webp"
    whole = get(anonymous, path).content
    assert get(anonymous, path, Range="bytes=0-9", If_Range=f'"{key}-scaled"').content == whole[:10]
    other = get(anonymous, path, Range="bytes=0-9", If_Range='"other"')
    assert (other.status_code, other.content) == (200, whole)


def _raw(gateway: str, path: str) -> tuple[int, bytes, Mapping[str, str]]:
    """Request a path exactly as given."""
    connection = http.client.HTTPConnection(urlsplit(gateway).netloc, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=False, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


HOSTILE = [
    "/files/",
    "/files",
    "/files/{key}",
    "/files/{key}/",
    "/files/{key}/high.webp/x",
    "/files/{key}/other.webp",
    "/files/{key}/high.WEBP",
    "/files/{key}/high",
    "/files/{key}/..%2f{key}%2fhigh.webp",
    "/files/{key}/%2e%2e/{key}/high.webp",
    "/files/{upper}/high.webp",
    "/files/{key}.tmp/high.webp",
    "/files/{key}%00/high.webp",
    "/files/{key}%0a/high.webp",
    "/files/./{key}/high.webp",
    "/files/../files/{key}/high.webp",
    "/files//{key}/high.webp",
    "/files/{key}//high.webp",
    "/files/../../../../etc/passwd",
    "/files/..%2f..%2f..%2fetc/passwd",
    "/files/%2e%2e%2f%2e%2e%2fetc/passwd",
    "/files/%252e%252e/high.webp",
    "/files/..\\..\\high.webp/high.webp",
    "/files/%5c..%5c/high.webp",
    "/files/etc/passwd",
    "/files/%2fetc/passwd",
    "/files/%c0%ae%c0%ae/high.webp",
    "/files/%ff/high.webp",
    "/files/" + "a" * 4000 + "/high.webp",
    "/files/" + "0" * 32 + "/high.webp",
    "/files/*/high.webp",
]


@pytest.mark.parametrize("path", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_but_a_stored_path_leads_to_a_file(anonymous: Client, key: str, path: str) -> None:
    asked = path.format(key=key, upper=key.upper())
    status, body, headers = _raw(anonymous.gateway, asked)
    assert status in (400, 404), asked
    assert headers.get("Content-Type", "").startswith("application/json")
    assert b"root:" not in body
    assert not body.startswith(b"RIFF")


def test_a_path_that_is_none_is_not_found(anonymous: Client, key: str) -> None:
    for path in (
        "/files",
        "/files/x",
        f"/files/{key}",
        f"/files/{key}/x",
        "/files/a/b/c",
        f"/files/{'0' * 32}/high.webp",
    ):
        assert anonymous.refused("GET", path) == NOT_FOUND, path


def test_a_body_that_says_it_is_too_large_is_refused_unread(admin: Client, volume: int) -> None:
    """The answer comes before a byte of the body was sent."""
    place = urlsplit(admin.gateway)
    cookie = "; ".join(f"{name}={value}" for name, value in admin.session.cookies.items())
    head = (
        f"POST /admin-volumes/update-image/{volume}/front HTTP/1.1\r\nHost: {place.netloc}\r\nCookie: {cookie}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {33 * 1024 * 1024}\r\n\r\n"
    )
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
