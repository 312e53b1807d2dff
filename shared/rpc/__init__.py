"""Calls from one program to another."""
