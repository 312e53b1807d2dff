"""Where bytes are stored."""
