"""What was measured, as text, pictures and a page of documentation."""
