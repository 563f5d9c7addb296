"""Gathers the source of a contract, for tests and tools.

The only module here that reads files: those of imported classes, and of the installed library.
"""

import ast
import inspect
import sys
import warnings
from importlib import resources

from dure.contract.bundle import LibraryModule, Source
from dure.contract.checker.check import check, check_declarations
from dure.contract.language import Contract
from dure.contract.problems import Problem, Problems

LIBRARY_PACKAGE = "dure.contract.library"


def read_source(contract_class: type[Contract]) -> Source:
    """Return the whole source of an imported contract class: what `Machine.load` takes."""
    module = sys.modules[contract_class.__module__]
    return bundle(inspect.getsource(module), contract_class.__name__)


def bundle(text: str, class_name: str) -> Source:
    """Return the source of a class in a file, with the library modules that the file needs."""
    return Source(class_name, text, read_library(text))


def check_text(text: str) -> list[Problem]:
    """Return every problem of a contract file and of what it imports from the library."""
    return check(bundle(text, ""))


def find_contracts(text: str) -> list[str]:
    """Return the names of a file's contract classes, in order; none where it cannot be read."""
    return list(check_declarations(bundle(text, ""), Problems()).contracts)


def read_library(text: str) -> tuple[LibraryModule, ...]:
    """Return the installed library modules that a file imports, directly or through others.

    What cannot be parsed, and modules that there are not, are left to the checker to refuse.
    """
    found: dict[str, str] = {}
    waiting = _find_imports(text)
    while waiting:
        name = waiting.pop()
        file = resources.files(LIBRARY_PACKAGE) / f"{name}.py"
        if name not in found and name.isidentifier() and file.is_file():
            found[name] = file.read_text("utf-8")
            waiting += _find_imports(found[name])
    return tuple(LibraryModule(name, found[name]) for name in sorted(found))


def _find_imports(text: str) -> list[str]:
    try:
        with warnings.catch_warnings():
            # What Python only warns of is for the checker to refuse.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    prefix = LIBRARY_PACKAGE + "."
    modules = [node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)]
    return [name.removeprefix(prefix) for name in modules if name.startswith(prefix)]
