"""Names and passwords of the accounts that tests make."""

PASSWORD = "correct horse battery staple"
"""The password of every account that a test registers."""

ADMINISTRATOR, ADMIN_PASSWORD = "admin", "an administrator's password"
"""The first administrator of an installation that a test starts."""
