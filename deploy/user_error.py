"""What keeps Bunko from starting."""


class UserError(Exception):
    """One sentence that says what is wrong and what to do; commands print it and end with status 1."""
