"""Figures on covers: hair, clothes, held objects, and their outlines.

An outline is drawn in a space of its own: the feet at (0, 0), the head's top near (0, -1), x to the right.
"""

from dataclasses import dataclass
from math import cos, pi, sin
from random import Random

from deploy.demo.covers.canvas import Point

HAIR = ("spikes", "long", "bob", "tail", "hat", "pointed", "short")
DRESS = ("coat", "cape", "dress", "plain", "robe")
HOLDS = ("nothing", "sword", "staff", "scarf", "umbrella", "lantern", "bag")

_ARMED = {"slash", "ink"}
_NO_HATS = ("city", "grid", "machine", "orbit", "pop", "tiles")
_NO_WITCHES = ("dunes", "ink", "petals", "rays", "sea", "slash")
_MISPLACED = dict.fromkeys(_NO_HATS, ("pointed", "hat")) | dict.fromkeys(_NO_WITCHES, ("pointed",))
"""Scene -> hair that does not suit it."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Distinctive features of a series' hero."""

    hair: str
    dress: str
    holds: str
    stance: float
    """Distance between the feet."""


def looks(seed: str, scene: str) -> Looks:
    """Return the features of a series' hero that suit its scene; equal for equal ``seed``."""
    random = Random(f"looks {seed}")
    hair = [kind for kind in HAIR if kind not in _MISPLACED.get(scene, ())]
    holds = ("sword", "staff", "scarf") if scene in _ARMED else HOLDS
    return Looks(random.choice(hair), random.choice(DRESS), random.choice(holds), random.uniform(0.03, 0.11))


def outline(looks: Looks) -> list[list[Point]]:
    """Return the polygons that make up a figure."""
    return [
        *_legs(looks.stance),
        _torso(),
        *_arms(looks),
        _head(),
        *_hair(looks.hair),
        *_dress(looks),
        *_held(looks),
    ]


def _head() -> list[Point]:
    return _oval(0, -0.905, 0.052, 0.066)


def _torso() -> list[Point]:
    return [
        (-0.022, -0.86),
        (0.022, -0.86),
        (0.1, -0.81),
        (0.085, -0.66),
        (0.07, -0.45),
        (-0.07, -0.45),
        (-0.085, -0.66),
        (-0.1, -0.81),
    ]


def _legs(stance: float) -> list[list[Point]]:
    return [
        [
            (side * x, y)
            for x, y in (
                (0.0, -0.48),
                (0.075, -0.48),
                (0.06 + stance, -0.24),
                (0.045 + stance, -0.03),
                (0.085 + stance, 0.0),
                (stance, 0.0),
                (0.005 + stance, -0.24),
            )
        ]
        for side in (-1, 1)
    ]


def _arms(looks: Looks) -> list[list[Point]]:
    free = [(-0.1, -0.81), (-0.14, -0.62), (-0.135, -0.43), (-0.105, -0.43), (-0.105, -0.61), (-0.06, -0.76)]
    if looks.holds in {"umbrella", "lantern", "staff"}:
        return [
            free,
            [(0.1, -0.81), (0.17, -0.66), (0.22, -0.72), (0.235, -0.69), (0.175, -0.6), (0.06, -0.74)],
        ]
    return [
        free,
        [(0.1, -0.81), (0.15, -0.63), (0.155, -0.43), (0.125, -0.43), (0.115, -0.61), (0.06, -0.76)],
    ]


def _hair(kind: str) -> list[list[Point]]:
    if kind == "spikes":
        tips = [
            (-0.1, -0.86),
            (-0.125, -0.93),
            (-0.095, -0.955),
            (-0.12, -1.03),
            (-0.055, -0.995),
            (-0.03, -1.07),
            (0.01, -1.0),
            (0.06, -1.06),
            (0.06, -0.985),
            (0.115, -0.99),
            (0.08, -0.93),
            (0.1, -0.89),
            (0.05, -0.9),
        ]
        return [[*tips, (0.05, -0.88), (-0.05, -0.86)]]
    if kind == "long":
        return [
            [
                (-0.055, -0.94),
                (0, -0.985),
                (0.055, -0.94),
                (0.06, -0.86),
                (0.11, -0.7),
                (0.2, -0.6),
                (0.1, -0.63),
                (0.05, -0.58),
                (0.0, -0.62),
                (-0.06, -0.6),
                (-0.062, -0.8),
            ]
        ]
    if kind == "bob":
        return [
            [
                (-0.06, -0.83),
                (-0.072, -0.92),
                (-0.03, -0.985),
                (0.03, -0.985),
                (0.072, -0.92),
                (0.066, -0.83),
                (0.03, -0.85),
            ]
        ]
    if kind == "tail":
        return [
            _oval(0, -0.925, 0.058, 0.06),
            [(0.03, -0.97), (0.09, -0.99), (0.16, -0.9), (0.21, -0.76), (0.14, -0.83), (0.08, -0.92)],
        ]
    if kind == "hat":
        return [
            _oval(0, -0.945, 0.13, 0.018),
            [(-0.06, -0.945), (-0.052, -1.0), (0.0, -1.015), (0.052, -1.0), (0.06, -0.945)],
        ]
    if kind == "pointed":
        return [
            _oval(0, -0.94, 0.14, 0.02),
            [(-0.065, -0.94), (-0.02, -1.06), (0.07, -1.17), (0.055, -1.09), (0.066, -0.94)],
        ]
    return [_oval(0, -0.928, 0.058, 0.056)]


def _dress(looks: Looks) -> list[list[Point]]:
    if looks.dress == "coat":
        return [
            [
                (-0.1, -0.81),
                (0.1, -0.81),
                (0.09, -0.55),
                (0.2, -0.22),
                (0.13, -0.2),
                (0.1, -0.26),
                (0.04, -0.21),
                (0.0, -0.3),
                (-0.08, -0.22),
                (-0.12, -0.24),
                (-0.09, -0.55),
            ]
        ]
    if looks.dress == "cape":
        hem = [
            (0.09 + 0.42 * t, -0.3 + 0.06 * sin(t * 9) - 0.2 * t) for t in (0.1 * step for step in range(11))
        ]
        return [
            [
                (-0.07, -0.835),
                (0.07, -0.835),
                (0.2, -0.74),
                (0.36, -0.66),
                (0.52, -0.63),
                *reversed(hem),
                (-0.1, -0.32),
                (-0.13, -0.6),
            ]
        ]
    if looks.dress == "dress":
        return [
            [
                (-0.07, -0.6),
                (0.07, -0.6),
                (0.13, -0.4),
                (0.2, -0.24),
                (0.08, -0.22),
                (0.0, -0.25),
                (-0.1, -0.21),
                (-0.17, -0.25),
                (-0.12, -0.4),
            ]
        ]
    if looks.dress == "robe":
        return [
            [
                (-0.1, -0.81),
                (0.1, -0.81),
                (0.2, -0.5),
                (0.16, -0.47),
                (0.11, -0.6),
                (0.12, -0.2),
                (0.19, -0.02),
                (-0.15, -0.02),
                (-0.11, -0.2),
                (-0.1, -0.6),
                (-0.16, -0.46),
                (-0.2, -0.5),
            ]
        ]
    return []


def _held(looks: Looks) -> list[list[Point]]:
    if looks.holds == "sword":
        return [
            [(0.12, -0.47), (0.16, -0.49), (0.5, 0.02), (0.475, 0.02)],
            [(0.09, -0.42), (0.19, -0.475), (0.198, -0.455), (0.098, -0.4)],
        ]
    if looks.holds == "staff":
        return [[(0.212, -1.04), (0.23, -1.04), (0.23, 0.0), (0.212, 0.0)], _oval(0.221, -1.07, 0.04, 0.04)]
    if looks.holds == "scarf":
        wave = [
            (0.02 + 0.5 * t, -0.83 - 0.09 * t + 0.045 * sin(t * 8))
            for t in (0.1 * step for step in range(11))
        ]
        return [[*wave, *((x, y + 0.05 - 0.02 * x) for x, y in reversed(wave))], _oval(0, -0.835, 0.06, 0.03)]
    if looks.holds == "umbrella":
        dome = [
            (0.225 + 0.3 * cos(turn), -1.0 + 0.2 * sin(turn))
            for turn in (pi + pi * step / 16 for step in range(17))
        ]
        hem = [(0.525 - 0.1 * step, -1.0 + (0.02 if step % 2 == 0 else -0.025)) for step in range(7)]
        return [[*dome, *hem], [(0.22, -1.2), (0.23, -1.2), (0.23, -0.62), (0.22, -0.62)]]
    if looks.holds == "lantern":
        return [
            [(0.224, -0.7), (0.23, -0.7), (0.23, -0.62), (0.224, -0.62)],
            _oval(0.227, -0.57, 0.04, 0.055),
        ]
    if looks.holds == "bag":
        return [[(-0.17, -0.62), (-0.04, -0.62), (-0.03, -0.42), (-0.18, -0.42)]]
    return []


def leaping() -> list[list[Point]]:
    """Return the polygons of a figure in the air, one arm stretched up."""
    return [
        _oval(0.02, -0.83, 0.05, 0.062),
        [(-0.03, -0.9), (-0.06, -0.84), (-0.04, -0.8), (0.05, -0.88), (0.04, -0.92)],
        [(-0.08, -0.74), (0.07, -0.77), (0.08, -0.6), (0.06, -0.42), (-0.08, -0.4), (-0.09, -0.56)],
        [(0.03, -0.77), (0.12, -0.9), (0.17, -1.08), (0.2, -1.07), (0.17, -0.88), (0.08, -0.7)],
        [(-0.08, -0.74), (-0.22, -0.66), (-0.32, -0.72), (-0.33, -0.69), (-0.22, -0.6), (-0.08, -0.64)],
        [
            (-0.01, -0.44),
            (0.07, -0.42),
            (0.16, -0.24),
            (0.1, -0.02),
            (0.14, 0.01),
            (0.06, 0.02),
            (0.09, -0.22),
            (-0.01, -0.38),
        ],
        [
            (-0.08, -0.44),
            (0.01, -0.42),
            (-0.09, -0.26),
            (-0.28, -0.16),
            (-0.3, -0.1),
            (-0.33, -0.17),
            (-0.12, -0.34),
        ],
        [(-0.09, -0.5), (0.07, -0.5), (0.1, -0.34), (0.0, -0.32), (-0.11, -0.33)],
    ]


def _oval(x: float, y: float, wide: float, high: float) -> list[Point]:
    return [(x + wide * cos(pi * step / 14), y + high * sin(pi * step / 14)) for step in range(28)]
