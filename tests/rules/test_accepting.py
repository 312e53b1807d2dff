"""AVIF goes to those who say that they can show it, and to nobody else."""

import pytest
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from files.rules.accepting import takes_avif


@pytest.mark.parametrize(
    ("accept", "avif"),
    [
        ("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", True),
        ("image/avif", True),
        ("IMAGE/AVIF;q=0.5", True),
        ("text/html,image/avif;q=0.8,image/webp;q=0.8", True),
        ("image/avif;q=0", False),
        ("image/avif;q=0.0,*/*", False),
        ("image/avif;q=0.4,image/webp;q=0.9", False),
        ("image/webp", False),
        ("image/*", False),
        ("*/*", False),
        ("", False),
        ("image/avif-sequence", False),
        ("image/avif;q=nonsense", False),
    ],
)
def test_who_gets_avif(accept: str, avif: bool) -> None:
    assert takes_avif(parse_accept_header(accept, MIMEAccept)) is avif
