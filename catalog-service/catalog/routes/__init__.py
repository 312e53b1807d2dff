"""Routes of the catalog service, one module per URL prefix or part of it."""
