"""The results as text, charts and a page of documentation."""
