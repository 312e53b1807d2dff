"""Flask services: route declarations, handler arguments, responses, OpenAPI."""
