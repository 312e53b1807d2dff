"""An overloaded file node: its memory is bounded, and refusals come at once."""

import base64
import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable
from statistics import quantiles

import pytest
import pyvips
import requests
from PIL import Image

from deploy.stack.stack import Stack
from shared.identity import tokens
from shared.identity.tokens import Caller, Identity, TokenTarget
from tests.support.client import Client
from tests.support.overlap import at_once
from tests.support.pictures import encoded
from tests.support.processes import MIB, memory, watched

pytestmark = pytest.mark.slow

MOST = 512 * MIB
"""Memory limit of a node, for any input."""
WIDTH, HEIGHT = 6000, 4000
AT_ONCE = 16


def zeros(*, depth: int, colour: int, channels: int, interlaced: bool) -> bytes:
    """Return an empty PNG of 24 megapixels: a small file with the largest size in memory."""
    passes = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]
    packer, packed = zlib.compressobj(1), b""
    for left, top, across, down in passes if interlaced else [(0, 0, 1, 1)]:
        wide, high = len(range(left, WIDTH, across)), len(range(top, HEIGHT, down))
        row = bytes(1 + wide * channels * depth // 8)
        packed += b"".join(packer.compress(row) for _ in range(high))
    packed += packer.flush()

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def grainy() -> Image.Image:
    """Return a picture of 24 megapixels that compresses badly."""
    grain = Image.effect_noise((WIDTH // 2, HEIGHT // 2), 60).resize(
        (WIDTH, HEIGHT), Image.Resampling.NEAREST
    )
    return Image.merge("RGB", [grain, grain.point(lambda value: value // 2), grain])


def deep_avif() -> bytes:
    """Return an AVIF with 12 bits a channel, decoded to 16, and as many colours as pixels."""
    nothing = pyvips.Image.black(WIDTH, HEIGHT, bands=4).cast("ushort").copy(interpretation="rgb16")
    options = {"compression": "av1", "bitdepth": 12, "subsample_mode": "off", "effort": 0}
    return bytes(nothing.heifsave_buffer(**options))


def heavy(kind: str) -> bytes:
    """Return the picture of a format that takes a decoder the most memory."""
    gradient = Image.radial_gradient("L").resize((WIDTH, HEIGHT))
    clear = Image.merge("RGBA", [gradient] * 4)
    makers: dict[str, Callable[[], bytes]] = {
        "PNG": lambda: zeros(depth=8, colour=6, channels=4, interlaced=False),
        "PNG, large": lambda: encoded(grainy(), compress_level=1),
        "PNG, deep, interlaced": lambda: zeros(depth=16, colour=6, channels=4, interlaced=True),
        "PNG, palette": lambda: encoded(gradient.convert("P"), transparency=3),
        "JPEG, progressive": lambda: encoded(
            gradient.convert("RGB"), "JPEG", progressive=True, subsampling=0
        ),
        "JPEG, for print": lambda: encoded(gradient.convert("CMYK"), "JPEG", progressive=True),
        "WebP": lambda: encoded(clear, "WEBP", method=0),
        "WebP, animated": lambda: encoded(
            clear, "WEBP", method=0, save_all=True, append_images=[grainy()], duration=100
        ),
        "AVIF": deep_avif,
        "GIF": lambda: encoded(gradient.convert("P"), "GIF", transparency=3),
    }
    return makers[kind]()


@pytest.mark.parametrize(
    "kind",
    [
        "PNG",
        "PNG, large",
        "PNG, deep, interlaced",
        "PNG, palette",
        "JPEG, progressive",
        "JPEG, for print",
        "WebP",
        "WebP, animated",
        "AVIF",
        "GIF",
    ],
)
def test_memory_is_bounded_however_many_large_pictures_arrive(stack: Stack, admin: Client, kind: str) -> None:
    body = json.dumps({"name": kind, "tags": [], "image": base64.b64encode(heavy(kind)).decode()})
    assert len(body) < 32 * MIB
    headers = {"Content-Type": "application/json"}

    def upload() -> requests.Response:
        return admin.ask("POST", "/media/add", data=body, headers=headers, timeout=120)

    with watched(memory, stack.pids["file-1"]) as seen:
        answers = at_once([upload] * AT_ONCE)
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {200, 503}, [answer.text for answer in answers]
    assert 200 in statuses
    assert all("Retry-After" in answer.headers for answer in answers if answer.status_code >= 500)
    print(f"{kind}: {max(seen) / MIB:.0f} MiB, {sorted(answer.status_code for answer in answers)}")
    assert max(seen) < MOST, f"{max(seen) / MIB:.0f} MiB"


def _refused_after(stack: Stack) -> float | None:
    """Send the head of an upload to a node directly; return the seconds until it is refused, None if admitted."""
    path = "/media/add"
    settings = stack.settings("file-1")
    key = json.loads(settings["TOKEN_KEYS"])["gateway"]
    user = Identity("user", "192.0.2.1", Caller(1, "admin", "session", frozenset({"add-media"})))
    token = tokens.sign(user, TokenTarget("files", "POST", path), issuer="gateway", key=key)
    host, port = settings["BIND"].split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: files\r\n{tokens.HEADER}: {token}\r\n"
        head += "Content-Type: application/json\r\nContent-Length: 30000000\r\n\r\n"
        began = time.monotonic()
        connection.sendall(head.encode())
        connection.settimeout(1)
        try:
            answer = connection.recv(4096)
        except TimeoutError:
            return None
    assert b" 503 " in answer.partition(b"\r\n")[0], answer
    assert b"retry-after" in answer.lower()
    return time.monotonic() - began


def test_who_finds_no_place_is_turned_away_at_once(stack: Stack, admin: Client) -> None:
    body = json.dumps({"name": "large", "tags": [], "image": base64.b64encode(heavy("PNG, large")).decode()})
    over = threading.Event()

    def upload() -> None:
        while not over.is_set():
            admin.ask(
                "POST", "/media/add", data=body, headers={"Content-Type": "application/json"}, timeout=120
            )

    busy = [threading.Thread(target=upload) for _ in range(10)]
    for thread in busy:
        thread.start()
    try:
        times: list[float] = []
        until = time.monotonic() + 30
        while len(times) < 20 and time.monotonic() < until:
            refused = _refused_after(stack)
            if refused is not None:
                times.append(refused)
    finally:
        over.set()
        for thread in busy:
            thread.join()
    assert len(times) == 20, "the node was never full"
    print(f"refused after {[round(seconds * 1000) for seconds in sorted(times)]} ms")
    assert quantiles(times, n=10)[7] < 0.1, times
