"""Routes: their declarations, what a handler receives, answers, OpenAPI."""
