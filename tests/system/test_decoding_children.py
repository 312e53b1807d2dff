"""Decoding children: their lifetime, their end, and the cause of failures."""

import os
import signal
import threading

import psutil
import pytest
from PIL import Image

from files.decoding.limits import Limits
from files.decoding.parent import Decoders, DecodingError
from shared.errors import Refusal
from tests.support.overlap import at_once
from tests.support.pictures import alike, corners, encoded, looks_like, noise, quarters
from tests.support.rendering import MEGAPIXELS, high, refusal, render


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_a_child_lives_as_long_as_its_picture(decoders: Decoders) -> None:
    data = encoded(quarters())
    render(decoders, data)
    before = _children()
    with decoders.decoding(data, "PNG") as decoding:
        during = _children()
        decoding.render((0, 0, 10, 10), opaque=False)
    assert len(during - before) == 1
    assert _children() == before


def test_a_picture_that_kills_its_child_is_refused_and_the_next_one_is_taken(decoders: Decoders) -> None:
    data = encoded(noise(2000, 2000))
    before = _children()
    with decoders.decoding(data, "PNG") as decoding:
        (child,) = _children() - before
        os.kill(child, signal.SIGKILL)
        with pytest.raises(Refusal) as refused:
            decoding.render((0, 0, 2000, 2000), opaque=False)
    assert refused.value.errors == {"image": "cannot be decoded within the limits of time and memory"}
    assert looks_like(high(decoders, encoded(quarters())))


@pytest.fixture(scope="module")
def heavy() -> bytes:
    """A picture that takes well over a second to decode."""
    drawn = noise(600, 400).resize((6000, 4000))
    drawn.putalpha(drawn.getchannel("R"))
    return encoded(drawn, "AVIF", speed=10, subsampling="4:4:4")


@pytest.mark.parametrize(
    "limits",
    [Limits(MEGAPIXELS, cpu_seconds=1), Limits(MEGAPIXELS, seconds=1)],
    ids=["processor time", "time on the wall"],
)
def test_a_picture_that_takes_too_long_is_refused(decoders: Decoders, limits: Limits, heavy: bytes) -> None:
    assert refusal(Decoders(limits), heavy) == "cannot be decoded within the limits of time and memory"
    assert looks_like(high(decoders, encoded(quarters())))


def test_the_fork_server_is_started_again_when_it_dies(decoders: Decoders) -> None:
    decoders.check()
    servers = [child for child in psutil.Process().children() if "forkserver" in " ".join(child.cmdline())]
    assert servers
    for server in servers:
        server.kill()
        while server.status() != psutil.STATUS_ZOMBIE:  # multiprocessing reaps it
            os.sched_yield()
    assert looks_like(high(decoders, encoded(quarters())))


def test_a_fault_of_ours_is_no_fault_of_the_picture(decoders: Decoders) -> None:
    with decoders.decoding(encoded(quarters()), "PNG") as decoding, pytest.raises(DecodingError):
        decoding.render((0, 0, 0, 0), opaque=False)


def test_many_threads_decode_at_once(decoders: Decoders) -> None:
    data = [encoded(Image.new("RGB", (60, 40), (index * 9, 0, 0))) for index in range(24)]
    pictures = at_once([lambda data=data: high(decoders, data) for data in data])  # type: ignore[misc]
    for index, picture in enumerate(pictures):
        assert alike(corners(picture)[0], (index * 9, 0, 0))
    assert not [
        thread
        for thread in threading.enumerate()
        if isinstance(thread, threading.Timer) and thread.is_alive()
    ]
