"""Routes of the file service: all routes that receive or send pictures."""
