"""Races of sessions, to be run a few times in the tests and many times on their own."""
