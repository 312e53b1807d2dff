"""Forwards requests to services and file nodes, and relays their responses."""
