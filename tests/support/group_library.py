"""A library that is hard to sort and to search, and a model of its lists in memory."""

import re
import unicodedata
from typing import Any

from tests.support.catalogue import Catalogue

# Title of a series -> its aliases and the names of its groups; hard to sort and to search.
LIBRARY: dict[str, tuple[list[str], list[str]]] = {
    "attack on titan": (["進撃の巨人", "L'Attaque des Titans"], ["Volume 10", "Volume 2", "volume 1"]),
    "Attack on Titan": ([], ["Volume 2"]),
    "ATTACK ON TITAN 2": ([], ["100%", "a_b", "back\\slash", "50% %off"]),
    "Ärger": (["Arger"], ["Éclair", "eclair", "ECLAIR 10", "Eclair 9"]),
    "Zoë 10": ([], ["x"]),
    "Zoe 9": ([], ["x", "Volume 010", "Volume 10 b"]),
    "鬼滅の刃": (["Demon Slayer"], ["鬼 1", "鬼 12", "鬼 3"]),
    "나 혼자만 레벨업": (["Solo Leveling"], ["1", "2", "10"]),
    "Pokémon": (["ポケモン"], ["ＦＵＬＬ", "full 2"]),
    "Øre": ([], []),
}
SEARCHES = [
    "",
    " ",
    "titan",
    "TITAN",
    "volume 1",
    "%",
    "_",
    "\\",
    "é",
    "E",
    "鬼",
    "滅の",
    "레벨",
    "slayer",
    "o",
    "zq",
]
SEARCHES += ["巨人l", "10", "ｆｕｌｌ", "ore", "default", "0", "'", "titan 2", "n V", "50%off", "a%b"]


def folded(text: str) -> str:
    """Return the text without case, accents and width, as far as the names above need it."""
    apart = unicodedata.normalize("NFKD", text).casefold().replace("ø", "o")
    marks = {"\u3099", "\u309a"}
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter) or letter in marks)
    return unicodedata.normalize("NFC", kept)


def natural(text: str) -> str:
    return re.sub(r"\d+", lambda number: number[0].lstrip("0").zfill(20), folded(text))


class Model:
    """The groups of the library as rows in memory."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.groups: list[dict[str, Any]] = []
        for title, (aliases, names) in LIBRARY.items():
            series = catalogue.series(title, type="Novel" if title == "Attack on Titan" else "Manga")
            catalogue.edit(series, added_aliases=[{"name": alias} for alias in aliases])
            for order, name in enumerate(names):
                row = {"id": catalogue.group(series, name), "name": name, "series_order": order}
                self.groups.append(row | {"series": series, "title": title, "aliases": aliases})

    def list(self, order: str, search: str) -> list[Any]:
        """Return the rows that a search finds, in order."""
        wanted = folded(search.strip())
        found = [
            row
            for row in self.groups
            if any(wanted in folded(name) for name in (row["name"], row["title"], *row["aliases"]))
        ]
        if order.startswith("name"):
            found.sort(key=lambda row: (natural(row["name"]), row["id"]), reverse=order == "name-desc")
            return found
        found.sort(key=lambda row: row["series_order"])
        titles = order == "series-title-desc"
        found.sort(key=lambda row: (natural(row["title"]), row["series"]), reverse=titles)
        # A reversed sort is stable: the groups of one series stay ascending.
        return found
