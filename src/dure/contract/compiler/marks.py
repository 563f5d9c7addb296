"""Marks in the code of a program that is built to be watched: they tell a watcher where it stands.

Nothing here charges, and a watched program does exactly what the plain one does. Gas is charged by
the basic block, ahead of it; the marks carry what each line of the block has in that sum, so that a
watcher can say what a line cost.
"""

import ast
from collections.abc import Callable
from typing import Any, Protocol

from dure.contract.compiler.build import constant, with_frame
from dure.contract.runtime.frame import Frame


class Watcher(Protocol):
    """What a watched program tells."""

    def on_block(self, frame: Frame, line: int, gas: int, own_gas: int) -> None:
        """Hear that `gas` is about to be charged for a basic block.

        `own_gas` of it belongs to `line` itself: a method for being entered, a loop for a turn.
        """
        ...

    def on_line(self, frame: Frame, line: int, gas: int) -> None:
        """Hear that the statement at `line` begins, which has `gas` in its block's sum."""
        ...

    def watch(
        self, node: ast.FunctionDef, function: Callable[..., Any], *, module: str
    ) -> Callable[..., Any]:
        """Return a method's function in a form that tells when it begins and ends.

        `module` is the library module that the method stands in, empty for the contract's own file.
        """
        ...


def mark_block(owner: ast.stmt, gas: int, own_gas: int) -> ast.stmt:
    """Return the mark in front of a block's charge."""
    return _mark("$on_block", owner.lineno, gas, own_gas)


def mark_line(statement: ast.stmt, gas: int) -> ast.stmt:
    """Return the mark in front of a statement."""
    return _mark("$on_line", statement.lineno, gas)


def build_names(watcher: Watcher) -> dict[str, Any]:
    """Return what the marks call."""
    return {"$on_block": watcher.on_block, "$on_line": watcher.on_line}


def _mark(function: str, *numbers: int) -> ast.stmt:
    return ast.Expr(with_frame(function, *map(constant, numbers)))
