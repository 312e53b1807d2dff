"""Programs for the bench, written as their users would; they run in their own environment."""
