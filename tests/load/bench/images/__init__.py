"""Rendering covers in both sizes: Bunko, Pillow, pyvips, sharp and thumbor."""
