"""Picture formats, geometry and hashes, as pure functions."""
