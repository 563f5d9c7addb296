"""Gives each test of the library a world of its own."""

from dure.testing.plugin import world

__all__ = ["world"]
