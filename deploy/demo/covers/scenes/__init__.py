"""Scenes of covers. Each paints a whole canvas and leaves its top free for the title."""

from collections.abc import Callable

from deploy.demo.covers.canvas import Canvas
from deploy.demo.covers.scenes import moods, patterns, places, skies
from deploy.demo.covers.silhouettes import Looks

Scene = Callable[[Canvas, Looks], None]

SCENES: dict[str, Scene] = {
    "castle": places.castle,
    "city": places.city,
    "court": moods.court,
    "dunes": skies.dunes,
    "forest": places.forest,
    "grid": patterns.grid,
    "ink": moods.ink,
    "machine": patterns.machine,
    "moon": skies.moon,
    "orbit": skies.orbit,
    "petals": moods.petals,
    "pop": patterns.pop,
    "rays": skies.rays,
    "sea": places.sea,
    "slash": moods.slash,
    "tiles": patterns.tiles,
}
