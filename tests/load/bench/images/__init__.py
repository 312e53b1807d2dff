"""Covers to both sizes: Bunko beside Pillow, pyvips, sharp and thumbor."""
