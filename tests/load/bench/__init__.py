"""Comparisons with alternatives, measured on the machine at hand: ``make bench``."""
