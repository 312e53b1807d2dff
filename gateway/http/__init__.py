"""Parsing and validation of requests, and construction of responses. Imports no other package of the gateway."""
