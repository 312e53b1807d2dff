"""Synthetic ISBNs: valid form, country prefix and check digits, but never assigned to a book."""

from hashlib import sha256

AREAS = {
    "United States": "9781",
    "United Kingdom": "9780",
    "France": "9782",
    "Germany": "9783",
    "Switzerland": "9783",
    "Japan": "9784",
    "China": "9787",
    "Poland": "97883",
    "Spain": "97884",
    "Brazil": "97885",
    "Italy": "97888",
    "Argentina": "978950",
    "Taiwan": "978986",
    "South Korea": "97911",
}
"""Country -> prefix and registration group."""

_ITEM_DIGITS = 4


def synthetic(country: str, publisher: str, item: int) -> str:
    """Return the ISBN-13 of a publisher's ``item``-th book; no two are equal for items below 10 000."""
    start = AREAS[country]
    room = 12 - len(start) - _ITEM_DIGITS
    registrant = int(sha256(publisher.encode()).hexdigest(), 16) % 10**room
    return with_check_digit(f"{start}{registrant:0{room}d}{item:0{_ITEM_DIGITS}d}")


def with_check_digit(twelve: str) -> str:
    """Return an ISBN-13 from its first twelve digits."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def isbn10(isbn13: str) -> str | None:
    """Return the ISBN-10 of the same book; only those that start with 978 have one."""
    if not isbn13.startswith("978"):
        return None
    nine = isbn13[3:12]
    check = -sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return nine + ("X" if check == 10 else str(check))
