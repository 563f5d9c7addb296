"""Web pages about one node's chain, made on the server, live by one small module of our own."""

from dure.console.app import build_pages

__all__ = ["build_pages"]
