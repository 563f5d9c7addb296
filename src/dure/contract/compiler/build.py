"""Small builders of syntax nodes, so that the lowering reads like what it makes."""

import ast

FRAME = "$frame"
METER = "$meter"
LEDGER = "$ledger"
CONTRACT = "$contract"
SENDER = "$sender"
PAID = "$paid"
DATA = "$data"
WRITTEN = "$written"


def find_names(body: list[ast.stmt]) -> set[str]:
    """Return the names that the statements speak of."""
    nodes = ast.walk(ast.Module(body, []))
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def define(
    function: str, parameters: list[str], body: list[ast.stmt], origin: ast.FunctionDef
) -> ast.FunctionDef:
    """Return the definition of a function that stands for the method `origin`."""
    arguments = ast.arguments([], list(map(ast.arg, parameters)), None, [], [], None, [])
    made = ast.FunctionDef(function, arguments, body, [])
    return ast.fix_missing_locations(ast.copy_location(made, origin))


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
    """Return `$ledger.method($contract, arguments…)`."""
    return ast.Call(attribute(name(LEDGER), method), [name(CONTRACT), *arguments], [])


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
