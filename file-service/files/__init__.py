"""The file service: pixels and bytes. It has no database, and knows no more of the rest than its routes say."""
