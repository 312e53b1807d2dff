"""How gunicorn runs a program."""
