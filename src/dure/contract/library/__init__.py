"""Contracts for everybody to use as they are, or to read as examples."""
