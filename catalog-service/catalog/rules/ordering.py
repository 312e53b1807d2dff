"""Orders that clients drag things into."""
