"""Benches of the authenticated state by itself, and their commands."""
