"""Session races: a few run in the tests, many on their own."""
