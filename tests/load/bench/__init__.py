"""Comparisons with what others would use, measured anew on every machine: ``make bench``."""
