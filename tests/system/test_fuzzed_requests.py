"""A sample of ``make fuzz``: requests made from the OpenAPI document."""

import pytest

from deploy.stack.stack import Stack
from tests.load.fuzzing.api.judging import refusal_problems
from tests.load.fuzzing.api.running import feed

CASES, VARIED = 3, 12
"""Requests in a batch."""


@pytest.mark.slow
def test_every_answer_is_one_that_the_document_lists(expendable: Stack) -> None:
    """Each operation gets valid and invalid requests, again with the data left by the first round."""
    outcome = feed(expendable, range(2 * 70), cases=CASES, varied=VARIED)
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
