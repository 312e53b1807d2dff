"""What holds for users, as pure functions."""
