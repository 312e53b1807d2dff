"""Bunko in containers, on a real Docker engine: ``make test-deploy``. Not part of ``make test``."""
