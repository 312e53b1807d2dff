"""Races between sweepers and pictures that are being attached."""
