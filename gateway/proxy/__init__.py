"""Forwarding to the services and file nodes."""
