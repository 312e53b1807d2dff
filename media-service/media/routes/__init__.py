"""Routes of the media service."""
