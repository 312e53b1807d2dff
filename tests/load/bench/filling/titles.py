"""Distinct titles of series: seven of ten in Latin letters, two in Japanese, one in Korean."""

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RARE = "Zephyr"
"""A word that occurs in one title of a thousand."""
_RARE_EVERY = 1_000

_WORDS: Mapping[str, list[str]] = {
    script: words.split()
    for script, words in tomllib.loads(
        Path(__file__).with_name("words.toml").read_text(encoding="utf-8")
    ).items()
}
"""Script -> words."""
_PUBLISHERS = {
    "Latin": ("Northlight Press", "Harbor House", "Editions du Parc"),
    "Japanese": ("Kawabe Shoten", "Aoi Shuppan", "Mikado Books"),
    "Korean": ("Hanbit Comics", "Daon Media", "Seoul Ink"),
}


@dataclass(frozen=True, slots=True)
class Title:
    """The name and the publisher of a series."""

    name: str
    script: str
    alias: str | None
    """Another name, in Latin letters, of titles in other scripts."""
    publishers: tuple[str, ...]


def titles(number: int, chance: random.Random) -> Iterator[Title]:
    """Yield ``number`` distinct titles."""
    seen: set[str] = set()
    while len(seen) < number:
        script = chance.choices(("Latin", "Japanese", "Korean"), weights=(7, 2, 1))[0]
        name = _name(script, chance)
        if len(seen) % _RARE_EVERY == 7:
            name = f"{name} {RARE}"
        # Combinations of few words run out; later titles get a number.
        if name in seen:
            name = f"{name} {chance.randrange(2, 10_000)}"
        if name in seen:
            continue
        seen.add(name)
        alias = None if script == "Latin" else _name("Latin", chance)
        yield Title(name, script, alias, _PUBLISHERS[script])


def _name(script: str, chance: random.Random) -> str:
    if script == "Latin":
        words = chance.sample(_WORDS[script], chance.choice((2, 3, 3)))
        return " ".join(words) if chance.random() < 0.7 else f"The {words[0]} of {' '.join(words[1:])}"
    if script == "Japanese":
        words = chance.sample(_WORDS[script], chance.choice((2, 2, 3)))
        return words[0] + "の" * (chance.random() < 0.5) + "".join(words[1:])
    return " ".join(chance.sample(_WORDS[script], chance.choice((2, 3))))
