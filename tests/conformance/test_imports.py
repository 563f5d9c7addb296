"""The import rules that import-linter cannot say.

A contract imports the language and nothing else; what decides opens no file. The layers of the
house are contracts of import-linter in `pyproject.toml`, and `make check` runs them.
"""

import ast
import re

from tests.conformance.tree import PURE_ROOMS, list_modules

CONTRACT_FILE = re.compile(r"src/dure/(apps/\w+/contract\w*|contract/library/(?!__init__)\w+)\.py")
CONTRACT_MAY_IMPORT = {"dure.contract.language", "dure.contract.library"}

READS_A_FILE = {"src/dure/contract/source.py"}
"""Finds the text of a contract for its author; never runs on a chain."""


def list_imported(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found.append("." * node.level + (node.module or ""))
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


def test_contracts_import_the_language_and_its_library_only() -> None:
    wrong = [
        f"{name}: {module}"
        for name, tree in list_modules(below="src/dure/")
        if CONTRACT_FILE.fullmatch(name)
        for module in list_imported(tree)
        if not any(
            module == allowed or module.startswith(f"{allowed}.") for allowed in CONTRACT_MAY_IMPORT
        )
    ]
    assert wrong == []


def test_what_decides_opens_no_file_and_prints_nothing() -> None:
    wrong = [
        f"{name}:{node.lineno} {node.func.id}"
        for room in PURE_ROOMS
        for name, tree in list_modules(below=f"src/dure/{room}/")
        if name not in READS_A_FILE
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"open", "print", "input", "breakpoint"}
    ]
    assert wrong == []


def test_imports_inside_the_house_are_written_in_full() -> None:
    relative = [
        f"{name}: {module}"
        for name, tree in list_modules(below="src/dure/")
        for module in list_imported(tree)
        if module.startswith(".")
    ]
    assert relative == []
