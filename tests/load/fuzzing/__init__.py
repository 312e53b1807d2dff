"""Mutated pictures, sent through the running system; none may break it."""
