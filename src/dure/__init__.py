"""Dure."""
