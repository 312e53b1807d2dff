"""Domain rules of the catalogue, as pure functions."""
