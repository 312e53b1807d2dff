"""The demo's ISBNs, against a library and against the arithmetic of the standard."""

from stdnum import isbn as standard

from deploy.demo import books, isbn

VOLUMES = books.volumes()


def test_every_isbn13_is_valid_and_nobody_shares_one() -> None:
    numbers = [volume.isbn13 for volume in VOLUMES]
    assert len(set(numbers)) == len(numbers)
    assert all(standard.is_valid(number) and len(number) == 13 for number in numbers)


def test_isbn10s_are_those_of_the_same_books() -> None:
    for volume in VOLUMES:
        number = isbn.isbn10(volume.isbn13)
        if number is None:
            assert volume.isbn13.startswith("979")
        else:
            assert standard.is_valid(number)
            assert standard.to_isbn13(number) == volume.isbn13


def test_some_isbn10_ends_in_x() -> None:
    assert any((isbn.isbn10(volume.isbn13) or "").endswith("X") for volume in VOLUMES)


def test_known_check_digits() -> None:
    # ISO 2108 and the ISBN users' manual use these.
    assert isbn.with_check_digit("978030640615") == "9780306406157"
    assert isbn.isbn10("9780306406157") == "0306406152"
    assert isbn.isbn10("9780804429573") == "080442957X"
    assert isbn.isbn10("9791158600174") is None
