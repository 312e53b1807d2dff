"""ThumbHash, compared with hashes of the format's own encoder and with decoded colours."""

import base64

from PIL import Image

from files.rules.thumbhash import Pixel, thumbhash


def pixels(picture: Image.Image) -> list[Pixel]:
    raw = picture.convert("RGBA").tobytes()
    return list(zip(raw[::4], raw[1::4], raw[2::4], raw[3::4], strict=True))


def header(text: str) -> tuple[float, float, float, bool, bool]:
    """Return the header of a hash: lightness, yellow, red, transparency, landscape."""
    data = base64.b64decode(text)
    first, second = int.from_bytes(data[:3], "little"), int.from_bytes(data[3:5], "little")
    yellow, red = (first >> 6 & 63) / 31.5 - 1, (first >> 12 & 63) / 31.5 - 1
    return (first & 63) / 63, yellow, red, bool(first >> 23), bool(second >> 15)


def average(text: str) -> tuple[int, int, int]:
    """Return the average colour a hash stands for, as the format's decoder computes it."""
    light, yellow, red, _, _ = header(text)
    blue = light - 2 / 3 * yellow
    first = (3 * light - blue + red) / 2
    return round(first * 255), round((first - red) * 255), round(blue * 255)


def test_hashes_are_those_of_the_formats_own_encoder() -> None:
    """Both were made by ``rgbaToThumbHash`` of the npm package thumbhash 0.1.1."""
    wide = [(x * 8, y * 12, x * y % 256, 255) for y in range(20) for x in range(32)]
    square = [((x * 37 + y * 91) % 256, x * x % 256, y * y % 256, 255) for y in range(30) for x in range(30)]
    assert thumbhash(32, 20, wide) == "2xgOHJpgdndwiHiGeIb0lg/3iA=="
    assert thumbhash(30, 30, square) == "mUgGNwwRdWxweHhxh1d3d3eMRvTn73cH"


def test_a_plain_picture_has_its_colour_and_no_waves() -> None:
    made = thumbhash(32, 32, pixels(Image.new("RGB", (32, 32), (200, 40, 90))))
    assert all(abs(a - b) <= 6 for a, b in zip(average(made), (200, 40, 90), strict=True)), average(made)
    assert set(base64.b64decode(made)[5:]) == {0}


def test_orientation_and_transparency_are_told() -> None:
    clear = Image.new("RGBA", (32, 20), (0, 0, 0, 0))
    clear.paste((10, 200, 30, 255), (0, 0, 16, 20))
    assert header(thumbhash(32, 20, pixels(clear)))[3:] == (True, True)
    assert header(thumbhash(20, 32, pixels(clear.convert("RGB").resize((20, 32)))))[3:] == (False, False)
    assert all(
        abs(a - b) <= 8 for a, b in zip(average(thumbhash(32, 20, pixels(clear))), (10, 200, 30), strict=True)
    )


def test_a_picture_of_nothing_is_hashed() -> None:
    assert len(base64.b64decode(thumbhash(1, 1, [(0, 0, 0, 0)]))) > 5


def test_the_first_wave_across_tells_left_from_right() -> None:
    bright_left = Image.new("L", (32, 32), 0)
    bright_left.paste(255, (0, 0, 16, 32))
    data = base64.b64decode(thumbhash(32, 32, pixels(bright_left.convert("RGB"))))
    assert data[5] & 15 == 15, "the strongest wave is as strong as can be"
    flipped = bright_left.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert base64.b64decode(thumbhash(32, 32, pixels(flipped.convert("RGB"))))[5] & 15 == 0


def test_a_portrait_is_as_long_as_the_format_says() -> None:
    portrait = Image.linear_gradient("L").resize((21, 30)).convert("RGB")
    waves = sum(1 for y in range(7) for x in range(5) if (x or y) and x * 7 < 5 * (7 - y)) + 2 * 5
    assert len(base64.b64decode(thumbhash(21, 30, pixels(portrait)))) == 5 + (waves + 1) // 2
