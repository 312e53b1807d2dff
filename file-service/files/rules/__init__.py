"""What holds for pictures, as pure functions."""
