"""Who is calling, and whether the request is taken now."""
