"""What a field of a JSON document may hold."""
