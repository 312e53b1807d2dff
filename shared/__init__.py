"""Mechanisms that two or more programs use. Nothing here knows what a manga is."""
