"""Faults at every system call of everything that touches stored pictures."""
