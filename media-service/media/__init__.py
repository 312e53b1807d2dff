"""The media service: the media library's entries."""
