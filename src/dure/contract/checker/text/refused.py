"""What stands in the tree for what the syntax step refused.

Later steps give a refused expression the type that fits everywhere, and take a refused statement to
have given a value to every name that it assigns. So one mistake is told once.
"""

import ast


class RefusedExpression(ast.expr):
    """Where an expression was refused; `stored` are the names that were assigned in it."""

    stored: frozenset[str]


class RefusedStatement(ast.stmt):
    """Where a statement was refused; `leaves` says whether it may have ended the method."""

    stored: frozenset[str]
    leaves: bool


def build_placeholder(node: ast.AST) -> ast.AST:
    """Return what replaces `node`; what is neither expression nor statement stays."""
    if isinstance(node, ast.expr):
        expression = RefusedExpression()
        expression.stored = find_stored_names(node)
        return ast.copy_location(expression, node)
    if isinstance(node, ast.stmt):
        statement = RefusedStatement()
        statement.stored = find_stored_names(node)
        statement.leaves = any(isinstance(each, ast.Return | ast.Raise) for each in ast.walk(node))
        return ast.copy_location(statement, node)
    return node


def find_stored_names(node: ast.AST) -> frozenset[str]:
    """Return every name that may have a value behind `node`."""
    names: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store()) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=alias):
                names.add(alias or name)
            case RefusedExpression(stored=stored) | RefusedStatement(stored=stored):
                names |= stored
            case _:
                pass
    return frozenset(names)
