"""Other pictures of a series: posters, wallpapers, logos, and profile pictures of readers."""

from PIL import Image, ImageDraw

from deploy.demo.books import Volume
from deploy.demo.covers import front, words
from deploy.demo.covers.canvas import Canvas, gradient, printed
from deploy.demo.covers.lettering import colours_over, write
from deploy.demo.covers.palettes import PALETTES, mix, readable_on
from deploy.demo.covers.scenes.patterns import tile

_POSTER = (900, 1350)
_WALLPAPER = (1600, 900)
_LOGO = (1200, 500)
_AVATAR = (480, 480)


def poster(volume: Volume) -> Image.Image:
    """Draw a poster of a series: the scene of one volume, the title large at its foot."""
    width, height = _POSTER
    image = front.scene(volume, _POSTER)
    colours, said = front.palette(volume), words.of(volume)
    fade = Image.linear_gradient("L").resize((width, height // 3))
    image.paste(colours.night, (0, height - height // 3), fade)
    face = volume.series.face
    box = (width * 0.07, height * 0.8, width * 0.93, height * 0.93)
    write(image, volume.series.name, face, box, colours.paper, edge=colours.night, lines=2)
    box = (width * 0.1, height * 0.94, width * 0.9, height * 0.965)
    write(image, said.authors.upper(), "barlow", box, mix(colours.paper, colours.light, 0.4), lines=1)
    return printed(image)


def wallpaper(volumes: list[Volume]) -> Image.Image:
    """Draw a wallpaper: the scenes of several volumes side by side, cut aslant."""
    width, height = _WALLPAPER
    image = Image.new("RGB", _WALLPAPER, front.palette(volumes[0]).night)
    lean, gap, panel = round(height * 0.12), 8, width / len(volumes)
    for place, volume in enumerate(volumes):
        left, right = round(place * panel) - lean, round((place + 1) * panel) + lean
        picture = front.scene(volume, (right - left, round((right - left) * 1.5)))
        foot = round(picture.height * 0.95)
        cut = picture.crop((0, foot - height, picture.width, foot))
        mask = Image.new("L", cut.size)
        upper_left, lower_left = (2 * lean + gap, gap) if place else (0, 0)
        upper_right, lower_right = (0, 2 * lean) if place < len(volumes) - 1 else (0, 0)
        edges = [
            (upper_left, 0),
            (cut.width - upper_right, 0),
            (cut.width - lower_right, height),
            (lower_left, height),
        ]
        ImageDraw.Draw(mask).polygon(edges, fill=255)
        image.paste(cut, (left, 0), mask)
    return printed(image)


def logo(volume: Volume) -> Image.Image:
    """Draw the title of a series on a plain ground."""
    width, height = _LOGO
    colours = front.palette(volume)
    image = gradient(_LOGO, colours.mid, colours.deep)
    box = (width * 0.08, height * 0.2, width * 0.92, height * 0.8)
    fill, edge = colours_over(image, box, colours)
    write(image, volume.series.name, volume.series.face, box, fill, edge=edge, lines=2)
    return image


def avatar(name: str) -> Image.Image:
    """Draw a profile picture: a pattern and an initial."""
    colours = PALETTES[sum(name.encode()) % len(PALETTES)]
    canvas = Canvas(_AVATAR, colours, f"avatar {name}")
    side = canvas.width / 5
    shades = (colours.deep, colours.mid, colours.light, colours.accent)
    for row in range(5):
        for column in range(5):
            tile(
                canvas,
                column * side,
                row * side,
                side,
                canvas.random.choice(shades),
                canvas.random.choice(shades[:2]),
            )
    canvas.disc(0.5, 0.5, 0.34, colours.accent)
    image = canvas.finished()
    ink = readable_on(colours.accent, colours)
    write(image, name.removeprefix("demo-")[0].upper(), "archivo", (120, 130, 360, 350), ink, lines=1)
    return image
