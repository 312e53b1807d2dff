"""Ways in which a service behind the gateway fails, and what a client then gets."""

from collections.abc import Callable

import requests

from tests.support.gateway_harness import (
    Exchange,
    echo,
)

OUT_OF_SERVICE = (503, "Service unavailable")


def verdict(answer: requests.Response) -> tuple[int, str]:
    """Return status and text of a refusal, which must have ``Retry-After: 1``."""
    document = answer.json()
    assert document["code"] == answer.status_code
    assert answer.headers["Retry-After"] == "1"
    return document["code"], document["data"]


def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


def reset_in_the_headers(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    exchange.reset()


def reset_in_a_small_body(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    exchange.reset()


def end_in_a_small_body(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    exchange.close_connection = True


def nonsense(exchange: Exchange) -> None:
    exchange.wfile.write(b"what?\r\n\r\n")
    exchange.close_connection = True


LOSSES = [reset_at_once, reset_in_the_headers, reset_in_a_small_body, end_in_a_small_body, nonsense]


def first(failure: Callable[[Exchange], None]) -> Callable[[Exchange], None]:
    """Return a responder that fails once, then echoes."""
    pending = [failure]

    def answer(exchange: Exchange) -> None:
        (pending.pop() if pending else echo)(exchange)

    return answer


def break_off_a_known_length(exchange: Exchange) -> None:
    exchange.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 70_000)
    exchange.reset()
