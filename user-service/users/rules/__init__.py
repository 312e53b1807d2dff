"""Rules of the user service, as pure functions."""
