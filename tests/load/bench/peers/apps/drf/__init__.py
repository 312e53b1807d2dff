"""A plain Django REST Framework application."""
