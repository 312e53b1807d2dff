"""The file service: decodes, stores and serves pictures. It has no database of its own."""
