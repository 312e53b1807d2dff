"""The dominant colour of a picture."""

from files.rules.colours import dominant_colour

RED, SHADE, BLUE, CLEAR = (220, 30, 30, 255), (218, 26, 30, 255), (30, 40, 200, 255), (10, 240, 10, 0)


def test_the_most_frequent_colour_wins() -> None:
    assert dominant_colour([RED] * 4 + [BLUE] * 3) == "#dc1e1e"


def test_shades_of_one_colour_count_together_and_are_averaged() -> None:
    assert dominant_colour([RED, SHADE] * 2 + [BLUE] * 3) == "#db1c1e"


def test_what_cannot_be_seen_does_not_count() -> None:
    assert dominant_colour([CLEAR] * 9 + [BLUE]) == "#1e28c8"
    assert dominant_colour([CLEAR]) == dominant_colour([]) == "#ffffff"
