"""Which files come with a contract, and in which order they are read.

Rules
-----
1. A file imports from `dure.contract.language` and from modules of `dure.contract.library`, which
   may import others; nothing imports itself, directly or through others.
2. Every module that is imported comes with the source, and no other.
3. A module sees only what it declares or imports.
4. A name has one meaning in all files together.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from dure.contract.bundle import Source
from dure.contract.checker.text.syntax import parse
from dure.contract.limits import LIBRARY_MODULES_MAX
from dure.contract.problems import Problems
from dure.contract.shapes import Bundle

LIBRARY_PACKAGE: Final = "dure.contract.library"
_MODULE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(slots=True)
class _Files:
    """The parsed files, and those already put in order."""

    trees: dict[str, ast.Module | None]
    ordered: list[str] = field(default_factory=list)
    path: list[str] = field(default_factory=list)


def parse_files(source: Source, problems: Problems) -> dict[str, ast.Module]:
    """Return the trees of all readable files by module name, each behind those that it imports."""
    if not _is_well_listed(source):
        problems.add("module-list", None)
        return {}
    texts = {each.name: each.text for each in source.library} | {"": source.text}
    files = _Files(
        {name: parse(text, problems.in_module(name)) for name, text in texts.items()},
    )
    _visit("", files, problems)
    if None not in files.trees.values():
        for name in sorted(files.trees.keys() - files.ordered):
            problems.in_module(name).add("unneeded-module", None)
    readable = [(name, files.trees[name]) for name in files.ordered]
    return {name: tree for name, tree in readable if tree is not None}


def join_modules(bundle: Bundle, problems: Problems) -> None:
    """Put everything that the files declare into `bundle.whole`; a name is declared once."""
    own_first = [bundle.own, *(each for each in bundle.modules.values() if each.module)]
    for each in reversed(own_first):
        for name, place in each.places.items():
            if name in bundle.whole.places:
                problems.in_module(each.module).add("duplicate-name", place, name=name)
            bundle.whole.places[name] = place
    for each in own_first:
        for name in each.places:
            bundle.whole.borrow(name, each)


def _is_well_listed(source: Source) -> bool:
    names = [each.name for each in source.library]
    is_plain = all(_MODULE_NAME.fullmatch(name) for name in names)
    return is_plain and names == sorted(set(names)) and len(names) <= LIBRARY_MODULES_MAX


def _visit(name: str, files: _Files, problems: Problems) -> None:
    """Put a file behind those that it imports; the depth is at most the number of modules."""
    tree = files.trees[name]
    files.path.append(name)
    for node, imported in [] if tree is None else _find_imports(tree):
        if imported not in files.trees:
            problems.in_module(name).add("missing-module", node, name=imported)
        elif imported in files.path:
            problems.in_module(name).add("module-cycle", node, name=imported)
        elif imported not in files.ordered:
            _visit(imported, files, problems)
    files.path.pop()
    files.ordered.append(name)


def _find_imports(tree: ast.Module) -> Iterator[tuple[ast.ImportFrom, str]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            package, _, module = (node.module or "").rpartition(".")
            if package == LIBRARY_PACKAGE:
                yield node, module
