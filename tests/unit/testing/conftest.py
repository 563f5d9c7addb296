"""Gives these tests the fixture that everybody else's tests have too."""

from dure.testing.plugin import world

__all__ = ["world"]
