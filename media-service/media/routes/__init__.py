"""The pages of the media service."""
