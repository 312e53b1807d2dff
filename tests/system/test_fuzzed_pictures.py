"""A thousand mutated pictures through the running system; ``make fuzz-images`` sends a hundred thousand."""

import pytest

from deploy.stack.stack import Stack
from tests.load.fuzzing.mutations import mutated
from tests.load.fuzzing.running import feed
from tests.load.fuzzing.seeds import seeds
from tests.support.processes import MIB

FIRST, COUNT = 1_000_000, 1000
"""Not the first pictures of ``make fuzz-images``."""


def test_a_number_is_a_picture() -> None:
    assert [mutated(number) for number in range(50)] == [mutated(number) for number in range(50)]
    assert len({mutated(number) for number in range(3000)} - set(seeds())) > 2800


@pytest.mark.slow
def test_mutated_pictures_break_nothing(stack: Stack) -> None:
    fed = feed(stack, range(FIRST, FIRST + COUNT))
    assert fed.wrong == []
    assert fed.statuses.total() == COUNT
    assert min(fed.statuses[200], fed.statuses[400]) > COUNT // 20, fed
    assert fed.memory < 512 * MIB, fed
