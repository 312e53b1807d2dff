"""Decoding and encoding of pictures, in processes of their own."""
