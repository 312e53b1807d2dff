"""What the gateway answers itself: documentation, status, health."""
