"""Identity tokens between programs, and the keys that sign them."""
