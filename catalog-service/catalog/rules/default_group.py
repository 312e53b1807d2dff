"""The group of volumes that have none."""

DEFAULT_GROUP = -1
"""The group of volumes that have none. It has no row: it is everywhere, and cannot be changed."""
DEFAULT_GROUP_NAME = "Default"
