"""Gunicorn: its settings, its worker class and the container health check."""
