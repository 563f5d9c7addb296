"""Reads a contract's source and says everything that is wrong with it, without running any of it.

The steps, each a module: `syntax` (white list of nodes and fields, bounds, names), `declarations`
(what the file declares), `statements` and `expressions` (static types of every method body),
`graph` (recursion, depth, what a view may do). A later step runs only where the earlier ones found
nothing, except that all method bodies are checked together.
"""

from dure.contract.checker.check import Checked, check, check_source

__all__ = ["Checked", "check", "check_source"]
