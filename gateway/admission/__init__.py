"""Identification of callers, and limits that refuse requests before they are forwarded."""
