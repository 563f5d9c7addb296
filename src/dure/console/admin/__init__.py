"""`dure console --admin`: pages and API by which an operator runs networks on one host.

A process of its own, on loopback, behind a passkey. Nothing of this is part of a node: the public
console has none of these routes. What is done to networks is brought by the command line
(`hosting.Hosting`), so that a page and a command do the same thing by the same code.
"""

from dure.console.admin.app import build_admin_console

__all__ = ["build_admin_console"]
