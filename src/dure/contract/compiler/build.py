"""Small builders of syntax nodes, so that the lowering reads like what it makes."""

import ast
from functools import reduce

FRAME = "$frame"
METER = "$meter"
LEDGER = "$ledger"
CONTRACT = "$contract"
HOME = "$home"
SENDER = "$sender"
PAID = "$paid"
DATA = "$data"
WRITTEN = "$written"
NUMBER = "$number"


def find_names(body: list[ast.stmt], origin: ast.FunctionDef) -> set[str]:
    """Return the names that the body of a function speaks of, which stands for `origin`.

    What has no location in the source gets that of `origin` on the way: one walk is enough.
    """
    names: set[str] = set()
    for node in ast.walk(ast.Module(body, [])):
        if isinstance(node, ast.Name):
            names.add(node.id)
        if isinstance(node, ast.expr | ast.stmt | ast.keyword) and not hasattr(node, "lineno"):
            node.lineno = node.end_lineno = origin.lineno
            node.col_offset = node.end_col_offset = origin.col_offset
    return names


def define(
    function: str,
    parameters: list[str],
    setting: list[ast.stmt],
    *,
    body: list[ast.stmt],
    origin: ast.FunctionDef,
) -> ast.FunctionDef:
    """Return the definition of a function that stands for the method `origin`.

    It begins with `setting`; the body was given to `find_names`.
    """
    arguments = ast.arguments([], list(map(ast.arg, parameters)), None, [], [], None, [])
    made = ast.FunctionDef(function, arguments, setting, [])
    ast.fix_missing_locations(ast.copy_location(made, origin))
    made.body = [*setting, *body]
    return made


def name(identifier: str) -> ast.Name:
    """Return a read of a name."""
    return ast.Name(identifier, ast.Load())


def constant(value: object) -> ast.Constant:
    """Return a literal."""
    return ast.Constant(value)  # type: ignore[arg-type]


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """Return `function(arguments…)`."""
    return ast.Call(name(function), list(arguments), [])


def with_frame(function: str, *arguments: ast.expr) -> ast.Call:
    """Return `function($frame, arguments…)`."""
    return call(function, name(FRAME), *arguments)


def ask_ledger(method: str, *arguments: ast.expr) -> ast.Call:
    """Return `$ledger.method(arguments…)`."""
    return ast.Call(attribute(name(LEDGER), method), list(arguments), [])


def join(*parts: ast.expr) -> ast.expr:
    """Return `part + part + …`."""
    return reduce(lambda left, right: ast.BinOp(left, ast.Add(), right), parts)


def attribute(owner: ast.expr, field: str) -> ast.Attribute:
    """Return `owner.field`."""
    return ast.Attribute(owner, field, ast.Load())


def assign(target: str, value: ast.expr) -> ast.Assign:
    """Return `target = value`."""
    return ast.Assign([ast.Name(target, ast.Store())], value)


def charge(gas: int) -> list[ast.stmt]:
    """Return `$meter.left -= gas` and the check behind it."""
    left = ast.Attribute(name(METER), "left", ast.Store())
    below = ast.Compare(attribute(name(METER), "left"), [ast.Lt()], [constant(0)])
    return [
        ast.AugAssign(left, ast.Sub(), constant(gas)),
        ast.If(below, [ast.Expr(call("$run_out"))], []),
    ]
