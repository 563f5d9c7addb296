"""Web pages about one node's chain: made on the server, going on and signing by small modules."""

from dure.console.app import build_pages

__all__ = ["build_pages"]
