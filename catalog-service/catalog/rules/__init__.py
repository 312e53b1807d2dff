"""What holds for a catalogue, as pure functions."""
