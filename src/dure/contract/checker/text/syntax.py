"""First step: the white list of syntax, with its optional fields, and the bounds.

Rules
-----
1. A node whose class is not in `FIELDS` is refused; `REFUSED` only gives the well-known ones a
   better explanation.
2. A field of an allowed node that `FIELDS` does not list must be empty. So a field that a later
   Python adds is refused.
3. Names are ASCII and do not begin with an underscore; the names that the compiler injects hold a
   `$`, so that no source can spell them.
4. Every failure of Python's parser is one problem, `syntax`, whatever the parser called it.
5. A refused expression or statement is replaced by a placeholder (`refused`), so that the later
   steps can go on with what is sound.
"""

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from typing import Final

from dure.contract.checker.text.escapes import check_escapes
from dure.contract.checker.text.refused import build_placeholder
from dure.contract.limits import (
    LITERAL_BITS_MAX,
    LOOP_DEPTH_MAX,
    NAME_LENGTH_MAX,
    SOURCE_BYTES_MAX,
    SYNTAX_DEPTH_MAX,
    SYNTAX_NODES_MAX,
)
from dure.contract.problems import Problems

FIELDS: Final[dict[type[ast.AST], str]] = {
    ast.Module: "body",
    ast.ImportFrom: "module names",
    ast.alias: "name",
    ast.ClassDef: "name bases body",
    ast.FunctionDef: "name args body decorator_list returns",
    ast.arguments: "args",
    ast.arg: "arg annotation",
    ast.Return: "value",
    ast.Assign: "targets value",
    ast.AugAssign: "target op value",
    ast.AnnAssign: "target annotation value simple",
    ast.For: "target iter body",
    ast.If: "test body orelse",
    ast.Expr: "value",
    ast.Pass: "",
    ast.Break: "",
    ast.Continue: "",
    ast.BoolOp: "op values",
    ast.BinOp: "left op right",
    ast.UnaryOp: "op operand",
    ast.IfExp: "test body orelse",
    ast.Compare: "left ops comparators",
    ast.Call: "func args keywords",
    ast.keyword: "arg value",
    ast.JoinedStr: "values",
    ast.FormattedValue: "value",
    ast.Constant: "value kind",
    ast.Attribute: "value attr ctx",
    ast.Subscript: "value slice ctx",
    ast.Slice: "lower upper",
    ast.Name: "id ctx",
    ast.List: "elts ctx",
    ast.Tuple: "elts ctx",
    ast.Load: "",
    ast.Store: "",
    **dict.fromkeys((ast.And, ast.Or, ast.Not, ast.USub, ast.UAdd, ast.Invert), ""),
    **dict.fromkeys((ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Pow), ""),
    **dict.fromkeys((ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor), ""),
    **dict.fromkeys((ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn), ""),
}
"""Allowed nodes, and the fields that they may use."""

REFUSED: Final[dict[type[ast.AST], str]] = {
    ast.While: "while-loop",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Dict: "dictionary",
    ast.DictComp: "dictionary",
    ast.ListComp: "comprehension",
    ast.GeneratorExp: "generator",
    ast.Yield: "generator",
    ast.YieldFrom: "generator",
    ast.Lambda: "lambda",
    ast.Try: "exception",
    ast.TryStar: "exception",
    ast.Raise: "exception",
    ast.Assert: "exception",
    ast.NamedExpr: "walrus",
    ast.Starred: "star",
    ast.AsyncFunctionDef: "asynchronous",
    ast.AsyncFor: "asynchronous",
    ast.AsyncWith: "asynchronous",
    ast.Await: "asynchronous",
    ast.Global: "scope",
    ast.Nonlocal: "scope",
    ast.Delete: "delete",
    ast.Match: "match",
    ast.With: "with",
    ast.Import: "import",
}

PLACELESS: Final = (ast.Div, ast.MatMult, ast.Is, ast.IsNot)
"""Refused operators.

They know no line, so `_check_special` refuses them at the expression that holds them.
"""

FIELD_RULES: Final[dict[tuple[type[ast.AST], str], str]] = {
    (ast.arguments, "posonlyargs"): "parameter-kind",
    (ast.arguments, "vararg"): "parameter-kind",
    (ast.arguments, "kwonlyargs"): "parameter-kind",
    (ast.arguments, "kw_defaults"): "parameter-kind",
    (ast.arguments, "kwarg"): "parameter-kind",
    (ast.arguments, "defaults"): "default-value",
    (ast.For, "orelse"): "else-after-loop",
    (ast.ClassDef, "keywords"): "class-base",
    (ast.ClassDef, "decorator_list"): "decorator",
    (ast.FormattedValue, "format_spec"): "f-string",
    (ast.FormattedValue, "conversion"): "f-string",
    (ast.ImportFrom, "level"): "import",
    (ast.alias, "asname"): "import",
}

NAME_FIELDS: Final = ("id", "attr", "arg", "name")
_DIRECTION: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks of writing direction, in which one can hide the end of a comment or of a text."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def parse(source: str, problems: Problems) -> ast.Module | None:
    """Return the tree of a source, with placeholders where it breaks a rule of this step.

    The problems are noted; None where the source cannot be read or passes the bounds.
    """
    tree = _parse_bounded(source, problems)
    if tree is None or not _is_within_bounds(tree, problems):
        return None
    _check_nodes(tree, problems)
    for statement in tree.body:
        _check_loops(statement, 0, problems)
    if not source.isascii():
        _check_ascii_names(source, problems)
        _check_control_characters(source, problems)
    if "\\" in source:
        check_escapes(source, problems)
    return tree


def _parse_bounded(source: str, problems: Problems) -> ast.Module | None:
    try:
        if len(source.encode("utf-8")) > SOURCE_BYTES_MAX:
            problems.add("too-long", None)
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source, feature_version=(3, 11))
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        place = ast.Pass(lineno=getattr(error, "lineno", None) or 1, col_offset=0)
        problems.add("syntax", place)
        return None


def _is_within_bounds(tree: ast.Module, problems: Problems) -> bool:
    """Walk level by level, so that no depth of the source can exhaust our own stack."""
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        count += len(level)
        depth += 1
        if depth > SYNTAX_DEPTH_MAX:
            problems.add("too-deep", level[0])
            return False
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if count > SYNTAX_NODES_MAX:
        problems.add("too-many-nodes", None)
        return False
    return True


def _check_nodes(tree: ast.Module, problems: Problems) -> None:
    """Check every node; what is inside a refused one is not looked at."""
    waiting: list[ast.AST] = [tree]
    _check_node(tree, problems)
    while waiting:
        parent = waiting.pop()
        for field, value in ast.iter_fields(parent):
            children = value if isinstance(value, list) else [value]
            for place, child in enumerate(children):
                if not isinstance(child, ast.AST):
                    continue
                if _is_in_its_place(child, parent, problems) and _check_node(child, problems):
                    waiting.append(child)
                else:
                    children[place] = build_placeholder(child)
            if not isinstance(value, list):
                setattr(parent, field, children[0])


def _is_in_its_place(node: ast.AST, parent: ast.AST, problems: Problems) -> bool:
    """Refuse definitions inside functions, and classes inside classes."""
    outer = (ast.Module, ast.ClassDef) if isinstance(node, ast.FunctionDef) else ast.Module
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and not isinstance(parent, outer):
        problems.add("nested-definition", node)
        return False
    return True


def _check_node(node: ast.AST, problems: Problems) -> bool:
    """Refuse what is not on the white list; say whether later steps can read the node."""
    allowed = FIELDS.get(type(node))
    if isinstance(node, PLACELESS):
        return True
    if allowed is None:
        rule = REFUSED.get(type(node), "unknown-syntax")
        names = (
            ", ".join(alias.name for alias in node.names) if isinstance(node, ast.Import) else ""
        )
        problems.add(rule, _place(node), name=names or type(node).__name__)
        return False
    for field in node._fields:
        if field not in allowed.split() and not _is_empty(getattr(node, field, None)):
            rule = FIELD_RULES.get((type(node), field), "unknown-syntax")
            problems.add(rule, _place(node), name=f"{type(node).__name__} {field}")
    for field in NAME_FIELDS:
        _check_name(getattr(node, field, None), node, problems)
    return _check_special(node, problems)


def _is_empty(value: object) -> bool:
    # `conversion` is -1 where an f-string has none.
    return value is None or value in ([], "", 0, -1)


def _place(node: ast.AST) -> ast.AST:
    """Return a node that knows its line: operators and parameter lists have none of their own."""
    if hasattr(node, "lineno"):
        return node
    return next((child for child in ast.walk(node) if hasattr(child, "lineno")), node)


def _check_name(name: object, node: ast.AST, problems: Problems) -> None:
    if not isinstance(name, str):
        return
    if name == "*":
        problems.add("import", node, name=name)
    elif name.startswith("_"):
        problems.add("underscore-name", node, name=name)
    elif not _NAME.fullmatch(name):
        problems.add("non-ascii-name", node, name=name.encode("ascii", "replace").decode())
    elif len(name) > NAME_LENGTH_MAX:
        problems.add("long-name", node)


def _check_special(node: ast.AST, problems: Problems) -> bool:
    match node:
        case ast.Constant():
            _check_literal(node, problems)
        case ast.keyword(arg=None):
            problems.add("star", node)
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            problems.add("division", node)
            return False
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            problems.add("matrix", node)
            return False
        case ast.Compare(ops=operators) if any(
            isinstance(op, ast.Is | ast.IsNot) for op in operators
        ):
            problems.add("identity", node)
            return False
        case ast.Assign(targets=targets) if len(targets) > 1:
            problems.add("chained-assignment", node)
            return False
        case ast.JoinedStr():
            return _check_text_with_places(node, problems)
        case _:
            pass
    return True


def _check_literal(node: ast.Constant, problems: Problems) -> None:
    value = node.value
    if isinstance(value, float | complex):
        problems.add("float", node)
    elif isinstance(value, int) and value.bit_length() > LITERAL_BITS_MAX:
        problems.add("big-literal", node)
    elif isinstance(value, str) and not _is_encodable(value):
        problems.add("surrogate", node)


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _check_text_with_places(node: ast.JoinedStr, problems: Problems) -> bool:
    # Python 3.12 reads more inside the braces than 3.11 does (quotes, line ends, comments). With
    # plain names on one line both read the same.
    places = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    plain = all(isinstance(part.value, ast.Name) for part in places)
    if not plain or node.lineno != node.end_lineno:
        problems.add("f-string", node)
        return False
    return True


def _check_loops(node: ast.AST, depth: int, problems: Problems) -> None:
    if isinstance(node, ast.For):
        depth += 1
        if depth == LOOP_DEPTH_MAX + 1:
            problems.add("loop-depth", node)
    for child in ast.iter_child_nodes(node):
        _check_loops(child, depth, problems)


def _check_control_characters(source: str, problems: Problems) -> None:
    """Refuse what makes people read another text than the chain does (CVE-2021-42574)."""
    for number, line in enumerate(source.split("\n"), 1):
        if found := _DIRECTION.search(line):
            place = ast.Pass(lineno=number, col_offset=len(line[: found.start()].encode()))
            problems.add("control-character", place)


def _check_ascii_names(source: str, problems: Problems) -> None:
    """Refuse names that only look like ASCII.

    Python folds full-width letters, so the tree no longer shows them.
    """
    try:
        for token in _names_outside_text(source):
            if not token.string.isascii():
                place = ast.Pass(lineno=token.start[0], col_offset=token.start[1])
                problems.add("non-ascii-name", place, name="?" * len(token.string))
    except (tokenize.TokenError, SyntaxError):
        problems.add("syntax", None)


def _names_outside_text(source: str) -> Iterator[tokenize.TokenInfo]:
    # From Python 3.12 on, the inside of an f-string comes as tokens of its own; 3.11 gives one text
    # token. Names in there are skipped in both: they can only name locals, whose definition is
    # looked at. A letter that 3.11 does not take for one, such as a wide underscore, breaks a name
    # into tokens; newer ones read one name.
    inside = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        kind = tokenize.tok_name[token.type]
        inside += (kind == "FSTRING_START") - (kind == "FSTRING_END")
        if kind not in ("STRING", "COMMENT") and inside == 0:
            yield token
