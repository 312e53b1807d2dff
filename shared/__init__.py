"""Code that two or more programs use. It contains no business rules."""
