"""Pages that the gateway serves itself: documentation, status, health."""
