"""The rows of the goals, each part by itself."""
