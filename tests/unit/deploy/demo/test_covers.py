"""The demo's covers: the same in every process, in the book's proportions, with every letter of the texts."""

import os
import subprocess
import sys
from hashlib import sha256

import pytest
from PIL import Image

from deploy.demo import books, facts
from deploy.demo.books import Volume
from deploy.demo.covers import fonts, front, spine
from deploy.demo.covers.back import back
from deploy.demo.covers.barcode import barcode, modules
from deploy.demo.covers.fonts import name_for
from deploy.demo.covers.lettering import write
from deploy.demo.covers.pictures import avatar, logo, poster, wallpaper
from deploy.demo.covers.scenes import SCENES
from deploy.demo.selection import faces, library
from deploy.installation.configuration import ROOT

VOLUMES = books.volumes()
WHOLE = [volume for volume in VOLUMES if len(faces(volume)) == 3]
SAMPLE = WHOLE[:: max(1, len(WHOLE) // 8)]

STANDARD = """\
0001101 0100111 1110010 OOOOOO
0011001 0110011 1100110 OOEOEE
0010011 0011011 1101100 OOEEOE
0111101 0100001 1000010 OOEEEO
0100011 0011101 1011100 OEOOEE
0110001 0111001 1001110 OEEOOE
0101111 0000101 1010000 OEEEOO
0111011 0010001 1000100 OEOEOE
0110111 0001001 1001000 OEOEEO
0001011 0010111 1110100 OEEOEO"""
"""For each digit: its left codes in odd and even parity, its right code, and its parities as the first digit."""

EAN_LEFT_ODD, EAN_LEFT_EVEN, EAN_RIGHT, EAN_FIRST = zip(*map(str.split, STANDARD.splitlines()), strict=True)


def digest(image: Image.Image) -> str:
    return sha256(image.tobytes()).hexdigest()


def scanned(bars: str) -> str:
    """Return the 13 digits of an EAN-13 symbol by the tables of the standard."""
    assert len(bars) == 95
    assert (bars[:3], bars[45:50], bars[-3:]) == ("101", "01010", "101")
    left = [bars[3 + 7 * place : 10 + 7 * place] for place in range(6)]
    right = [bars[50 + 7 * place : 57 + 7 * place] for place in range(6)]
    parity = "".join("O" if code in EAN_LEFT_ODD else "E" for code in left)
    digits = [EAN_FIRST.index(parity)]
    digits += [(EAN_LEFT_ODD if code in EAN_LEFT_ODD else EAN_LEFT_EVEN).index(code) for code in left]
    digits += [EAN_RIGHT.index(code) for code in right]
    return "".join(map(str, digits))


def row(image: Image.Image, y: int, module: int) -> str:
    """Return the modules along a line of a picture, as a scanner reads them."""
    line = [image.convert("L").getpixel((x, y)) for x in range(module // 2, image.width, module)]
    return "".join("1" if pixel == 0 else "0" for pixel in line).strip("0")


def all_digests() -> list[str]:
    """Return the digest of each cover of the sample."""
    return [digest(draw(volume)) for volume in SAMPLE for draw in (front.front, back, spine.spine)]


def test_covers_are_always_the_same() -> None:
    """Drawn again in a process with another hash seed, so that no order of a set shows in a picture."""
    again = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tests.unit.deploy.demo import test_covers; print(*test_covers.all_digests())",
        ],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert again.stdout.split() == all_digests()


@pytest.mark.parametrize("volume", SAMPLE, ids=lambda volume: volume.seed)
def test_covers_have_the_proportions_of_the_book(volume: Volume) -> None:
    wide, high = (float(length) for length in volume.measures.removesuffix(" cm").split(" x "))
    for picture in (front.front(volume), back(volume)):
        assert picture.width / picture.height == pytest.approx(wide / high, rel=0.005)
    narrow = spine.spine(volume)
    assert narrow.height == front.HEIGHT
    assert narrow.width < front.size(volume)[0] / 2


def test_a_thicker_book_has_a_wider_spine() -> None:
    thin = min(WHOLE, key=lambda volume: volume.pages)
    thick = max(WHOLE, key=lambda volume: volume.pages)
    assert spine.size(thick)[0] > spine.size(thin)[0]


def test_no_two_volumes_of_a_series_look_alike() -> None:
    own = [volume for volume in VOLUMES if volume.series is WHOLE[0].series and "front" in faces(volume)]
    assert len({digest(front.front(volume)) for volume in own}) == len(own) > 1


def test_a_cover_is_no_plain_sheet() -> None:
    for volume in SAMPLE:
        colours = front.front(volume).resize((60, 90)).getcolors(60 * 90)
        assert colours is not None
        assert len(colours) > 200
        assert max(number for number, _ in colours) < 60 * 90 / 2


@pytest.mark.parametrize("volume", VOLUMES[:: len(VOLUMES) // 40], ids=lambda volume: volume.isbn13)
def test_barcodes_read_back_as_the_isbn(volume: Volume) -> None:
    assert scanned(modules(volume.isbn13)) == volume.isbn13
    drawn = barcode(volume.isbn13, 3)
    assert scanned(row(drawn, 40 * 3, 3)) == volume.isbn13


def test_every_letter_of_every_title_is_in_the_fonts() -> None:
    lines = {
        text
        for volume in VOLUMES
        for text in (volume.name, volume.subtitle, volume.series.name, volume.publisher)
    }
    lines |= {title for series in facts.series() for title in (*series.titles.values(), *series.authors)}
    for face in {series.face for series in facts.series()} | {"barlow", "anton"}:
        unknown = {line for line in lines if not _has_all(line, face)}
        assert unknown == set(), face


def _has_all(line: str, face: str) -> bool:
    chosen = name_for(line, face)
    return name_for(line, chosen) == chosen and all(
        fonts._has(chosen, letter) for letter in line if not letter.isspace()
    )


def test_facts_name_scenes_and_faces_that_exist() -> None:
    assert {series.scene for series in facts.series()} <= set(SCENES)
    assert {series.face for series in facts.series()} <= set(fonts.FACES)


def test_words_stay_in_their_box() -> None:
    image = Image.new("RGB", (300, 300), "white")
    write(
        image, "A rather long title that has to be broken", "anton", (50, 100, 250, 200), (0, 0, 0), lines=3
    )
    left, top, right, bottom = Image.eval(image.convert("L"), lambda level: 255 - level).getbbox() or (
        0,
        0,
        0,
        0,
    )
    assert left >= 48
    assert right <= 252
    assert top >= 95
    assert bottom <= 205


def test_other_pictures_are_always_the_same() -> None:
    picture = next(entry for entry in library(VOLUMES) if entry.kind == "wallpaper")
    assert digest(wallpaper(list(picture.volumes))) == digest(wallpaper(list(picture.volumes)))
    assert digest(poster(picture.volumes[0])) == digest(poster(picture.volumes[0]))
    assert digest(logo(picture.volumes[0])) == digest(logo(picture.volumes[0]))
    assert digest(avatar("demo-reader")) != digest(avatar("demo-editor"))
