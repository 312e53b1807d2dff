"""The default group: the pseudo-group of volumes that are in no group."""

DEFAULT_GROUP = -1
"""Id of the default group. It has no row, exists in every series and cannot be edited."""
DEFAULT_GROUP_NAME = "Default"
