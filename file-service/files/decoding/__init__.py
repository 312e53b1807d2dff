"""Decoding and encoding of pictures, in child processes."""
