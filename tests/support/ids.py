"""Ids that no row has."""

MAX_ID = 2**53 - 1
"""The largest id and the largest whole number of the contract."""
