"""The headers that the gateway forwards, in both directions."""

from hypothesis import given, strategies

from gateway.http.headers import FORWARDED, request_headers, response_headers

NAMES = strategies.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-", min_size=1, max_size=30)
ALLOWED = {"HTTP_" + name.upper().replace("-", "_") for name in FORWARDED if name != "Content-Type"}


@given(strategies.dictionaries(NAMES.map(lambda name: "HTTP_" + name), strategies.text(min_size=1)))
def test_only_what_is_on_the_list_travels_inwards(environ: dict[str, str]) -> None:
    passed = request_headers(environ)
    assert set(passed) <= set(FORWARDED)
    assert len(passed) == len(environ.keys() & ALLOWED)


def test_identity_cookie_and_forwarding_headers_stay_outside() -> None:
    names = (
        "BUNKO_IDENTITY",
        "BUNKO.IDENTITY",
        "COOKIE",
        "AUTHORIZATION",
        "X_FORWARDED_FOR",
        "X_REQUEST_ID",
        "HOST",
        "TRANSFER_ENCODING",
        "CONNECTION",
        "EXPECT",
        "SCRIPT_NAME",
        "PATH_INFO",
    )
    assert request_headers({"HTTP_" + name: "x" for name in names} | {"CONTENT_LENGTH": "5"}) == {}


def test_what_describes_the_request_travels() -> None:
    environ = {"CONTENT_TYPE": "application/json", "HTTP_IF_NONE_MATCH": '"a", "b"', "HTTP_RANGE": "bytes=0-"}
    assert request_headers(environ) == {
        "Content-Type": "application/json",
        "If-None-Match": '"a", "b"',
        "Range": "bytes=0-",
    }
    assert request_headers({"CONTENT_TYPE": ""}) == {}


def test_what_belongs_to_the_connection_stays_inside() -> None:
    answer = [
        ("Content-Type", "application/json"),
        ("ETag", '"x"'),
        ("Connection", "close, X-Mine"),
        ("X-Mine", "1"),
        ("Keep-Alive", "timeout=5"),
        ("Transfer-Encoding", "chunked"),
        ("Server", "gunicorn"),
        ("Date", "now"),
        ("X-Request-Id", "other"),
        ("Access-Control-Allow-Origin", "*"),
    ]
    assert list(response_headers(answer, "users")) == [("Content-Type", "application/json"), ("ETag", '"x"')]


def test_cookies_come_from_the_user_service_alone() -> None:
    cookies = [("Set-Cookie", "refreshToken=a"), ("set-cookie", "b=c")]
    assert list(response_headers(cookies, "users")) == cookies
    for service in ("catalog", "media", "files"):
        assert list(response_headers(cookies, service)) == []
