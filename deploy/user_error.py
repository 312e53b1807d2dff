"""The error whose text is meant for the operator."""


class UserError(Exception):
    """One sentence with a fault and its remedy; commands print it and exit with status 1."""
