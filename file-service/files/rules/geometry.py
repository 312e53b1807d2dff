"""Sizes, boxes and EXIF orientations, in whole pixels."""

Size = tuple[int, int]
"""Width and height."""
Box = tuple[int, int, int, int]
"""Left, top, right and bottom edge."""


def fitting(size: Size, longest: int) -> Size:
    """Return ``size`` scaled down proportionally to at most ``longest`` pixels a side; never enlarged."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def upright_size(size: Size, orientation: int) -> Size:
    """Return the size of a picture after applying its EXIF orientation (1 to 8)."""
    return (size[1], size[0]) if orientation >= 5 else size  # 5 to 8 lie on their side


def box_before_turning(box: Box, size: Size, orientation: int) -> Box:
    """Return ``box`` of the upright picture in coordinates of the stored one, which has ``size``."""
    left, top, right, bottom = box
    width, height = size
    return {
        1: box,
        2: (width - right, top, width - left, bottom),
        3: (width - right, height - bottom, width - left, height - top),
        4: (left, height - bottom, right, height - top),
        5: (top, left, bottom, right),
        6: (top, height - right, bottom, height - left),
        7: (width - bottom, height - right, width - top, height - left),
        8: (width - bottom, left, width - top, right),
    }[orientation]
