"""What holds for media, as pure functions."""
