"""ISBNs, checked by the arithmetic of their check digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.isbn import read_isbn10, read_isbn13

DIGITS = st.sampled_from("0123456789")


def isbn10(nine: str) -> str:
    check = sum((10 - place) * int(digit) for place, digit in enumerate(nine)) * -1 % 11
    return nine + ("X" if check == 10 else str(check))


def isbn13(twelve: str) -> str:
    return twelve + str(-sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(twelve)) % 10)


@given(st.text(DIGITS, min_size=9, max_size=9), st.integers(0, 10))
def test_an_isbn10_is_right_with_one_check_digit_of_eleven(nine: str, check: int) -> None:
    number = nine + "0123456789X"[check]
    if number == isbn10(nine):
        assert read_isbn10(f"{number[0]}-{number[1:4]}-{number[4:9]}-{number[9].lower()}") == number
    else:
        with pytest.raises(ValueError, match="check digit"):
            read_isbn10(number)


@given(st.sampled_from(["978", "979"]), st.text(DIGITS, min_size=9, max_size=9), st.integers(0, 9))
def test_an_isbn13_is_right_with_one_check_digit_of_ten(prefix: str, nine: str, check: int) -> None:
    number = prefix + nine + str(check)
    if number == isbn13(prefix + nine):
        assert read_isbn13(f" {prefix}-{number[3:12]}-{number[12]} ") == number
    else:
        with pytest.raises(ValueError, match="check digit"):
            read_isbn13(number)


@pytest.mark.parametrize("read", [read_isbn10, read_isbn13])
@pytest.mark.parametrize("text", ["", "abc", "1" * 500, "97803064٠6157", "977123456789X", "-", "\x00"])
def test_what_is_no_isbn_is_refused(read: object, text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        read(text)  # type: ignore[operator]  # both read texts


def test_one_kind_is_not_taken_for_the_other() -> None:
    assert read_isbn10("0-306-40615-2") == "0306406152"
    assert read_isbn13("978-0-306-40615-7") == "9780306406157"
    with pytest.raises(ValueError, match="ISBN-10"):
        read_isbn10("978-0-306-40615-7")
    with pytest.raises(ValueError, match="ISBN-13"):
        read_isbn13("0-306-40615-2")
