"""Some of what `make fuzz` sends a million of: requests made up from the OpenAPI document."""

import tempfile
from collections.abc import Iterator

import pytest

from deploy.stack import Stack
from tests.fuzzing.api.asking import refusal_problems
from tests.fuzzing.api.running import feed, furnish

MOST = 6
"""Requests in a batch."""


@pytest.fixture(scope="module")
def own() -> Iterator[Stack]:
    """A system of its own: among what is asked is to log out, rename and delete everybody."""
    with tempfile.TemporaryDirectory(prefix="bunko-fuzzed-") as folder:
        environment = {"STATE_DIR": folder, "GATEWAY_PORT": "0", "RATE_LIMITS": "off"}
        with Stack(environment) as running:
            furnish(running)
            yield running


def test_every_answer_is_one_that_the_document_lists(own: Stack) -> None:
    """Each operation is asked rightly and wrongly, over again with what the first round has left behind."""
    outcome = feed(own, range(2 * 70), most=MOST)
    assert outcome.wrong == []
    assert outcome.statuses[200] > 50
    assert outcome.statuses[400] > 100


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"<h1>Bad request</h1>"),
        (400, b'["Bad request"]'),
        (400, b'{"data":"Invalid parameters","code":400}'),
        (404, b'{"data":"Not found","code":400}'),
        (404, b'{"data":null,"code":404}'),
        (404, b'{"data":"Not found","code":404,"trace":"x"}'),
        (500, b'{"data":"Could not add series","code":500}'),
        (503, b'{"data":"Service unavailable","code":503}'),
    ],
)
def test_what_is_wrong_is_seen(status: int, body: bytes) -> None:
    assert list(refusal_problems(status, {}, body))
