"""Reading statuses: conditions between fields."""

from datetime import date

import pytest

from users.rules.reading import in_order, none_as_zero

EARLY, LATE = date(2020, 1, 1), date(2020, 1, 2)


@pytest.mark.parametrize(
    ("start", "end"), [(EARLY, LATE), (EARLY, EARLY), (None, LATE), (LATE, None), (None, None)]
)
def test_reading_ends_when_or_after_it_starts(start: date | None, end: date | None) -> None:
    assert in_order(start, end) == end


def test_reading_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="before start"):
        in_order(LATE, EARLY)


def test_what_clears_a_number_that_cannot_be_empty_is_zero() -> None:
    assert [none_as_zero(value) for value in (None, "", " ", 0, 3, "3")] == [0, 0, 0, 0, 3, "3"]
