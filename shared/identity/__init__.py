"""Tokens between the programs, and the keys that sign them."""
