"""The user service: accounts, roles, sessions, settings, reading, ratings and collections."""
