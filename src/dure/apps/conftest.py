"""Gives every application's tests the fixture `world`."""

from dure.testing.plugin import world

__all__ = ["world"]
