"""Requests with ambiguous framing: a service never sees one that the gateway did not."""

import pytest

from tests.support.gateway_harness import GatewayHarness

SMUGGLED = b"GET /admin-users HTTP/1.1\r\nHost: x\r\n\r\n"
LENGTH = str(len(SMUGGLED)).encode()
CHUNK = b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)

AMBIGUOUS = {
    "both lengths": b"Content-Length: "
    + LENGTH
    + b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "both, turned": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "two lengths": b"Content-Length: 0\r\nContent-Length: " + LENGTH + b"\r\n\r\n" + SMUGGLED,
    "two lengths in one": b"Content-Length: 0, " + LENGTH + b"\r\n\r\n" + SMUGGLED,
    "a length with a sign": b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "a negative length": b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length in hexadecimal": b"Content-Length: 0x0\r\n\r\n" + SMUGGLED,
    "a length with a blank": b"Content-Length: 0 0\r\n\r\n" + SMUGGLED,
    "a length with an underscore": b"Content_Length: " + LENGTH + b"\r\n\r\n" + SMUGGLED,
    "a blank before the colon": b"Content-Length : " + LENGTH + b"\r\n\r\n" + SMUGGLED,
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNK,
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNK,
    "chunked twice": b"Transfer-Encoding: chunked, chunked\r\n\r\n" + CHUNK,
    "chunked not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n" + CHUNK,
    "a coding with a tab": b"Transfer-Encoding:\x0bchunked\r\n\r\n" + CHUNK,
    "a folded coding": b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNK,
    "a folded line": b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + CHUNK,
    "a bare line feed": b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "a bare carriage return": b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a NUL in a header": b"X: y\x00\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a chunk with a sign": b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n" + SMUGGLED,
    "a chunk in 0x": b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + SMUGGLED,
    "a huge chunk": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + SMUGGLED,
    "a chunk too short": b"Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n" + SMUGGLED,
    "a chunk that ends in LF": b"Transfer-Encoding: chunked\r\n\r\n0\n\n" + SMUGGLED,
    "no colon": b"Transfer-Encoding chunked\r\n\r\n" + CHUNK,
    "a header without a name": b": chunked\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
    "a length and an old protocol": b"Transfer-Encoding: chunked\r\n\r\n" + CHUNK,
}


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("name", AMBIGUOUS)
def test_nothing_slips_in_behind_an_ambiguous_request(door: GatewayHarness, name: str, method: str) -> None:
    """It is refused or times out: nothing of it reaches a service, and no second answer comes."""
    protocol = "1.0" if "old protocol" in name else "1.1"
    head = f"{method} /media/edit/1 HTTP/{protocol}\r\nHost: x\r\n".encode()
    response = door.raw(head + AMBIGUOUS[name], seconds=1)
    assert [program.requests for program in door.services.values()] == [[], [], []]
    assert response.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501")) or "huge" in name, response[:200]
    assert response.count(b"HTTP/1.1 ") <= 1
