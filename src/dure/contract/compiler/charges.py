"""Counts gas on the source tree.

One sum for each basic block, so that a block is charged before it runs.

A block is a run of statements that are always all executed: it ends behind a statement in which the
flow may leave (`return`, `break`, `continue`), and every branch and loop body is a block of its
own.
"""

import ast

from dure.contract.compiler.fixed import FixedSizes
from dure.contract.gas import NODE


def compute_cost(node: ast.AST, sizes: FixedSizes) -> int:
    """Return the cost of a whole syntax tree."""
    return sum(NODE.get(type(each), 0) + sizes.compute_price(each) for each in ast.walk(node))


def compute_statement_cost(node: ast.stmt, sizes: FixedSizes) -> int:
    """Return what a statement costs by itself, without the blocks inside it."""
    own_cost = NODE[type(node)] if isinstance(node, ast.If | ast.For) else 0
    return own_cost + sum(compute_cost(part, sizes) for part in list_own_parts(node))


def list_own_parts(node: ast.stmt) -> list[ast.AST]:
    """Return what runs of a statement by itself, without the blocks inside it."""
    match node:
        case ast.If(test=test):
            return [test]
        case ast.For(target=target, iter=iterable):
            return [target, iterable]
        case _:
            return [node]


def split_blocks(body: list[ast.stmt]) -> list[list[ast.stmt]]:
    """Return the basic blocks of a list of statements."""
    blocks: list[list[ast.stmt]] = [[]]
    for statement in body:
        blocks[-1].append(statement)
        if _may_leave(statement):
            blocks.append([])
    return [block for block in blocks if block]


def _may_leave(node: ast.stmt) -> bool:
    return any(isinstance(each, ast.Return | ast.Break | ast.Continue) for each in ast.walk(node))
