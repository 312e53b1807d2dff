"""Domain rules of the media library, as pure functions."""
