"""The rules of shape that no linter knows. Each test lists every place that breaks its rule."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.tree import EDGE_ROOMS, ROOT, list_files, list_modules, read_text

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
FILE_BYTES_MAX = 400 * 1024

BANNED_NAMES = {"base", "common", "helper", "helpers", "manager", "managers", "util", "utils"}

# Written with brackets, so that these lines do not match themselves.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:wor[k]|roo[t]|tm[p]|hom[e]/\w+)/")
REGISTRY_HOST = re.compile(
    r"pypi\.or[g]|pythonhoste[d]|npmjs\.or[g]|crates\.i[o]|proxy\.golan[g]|maven\.or[g]|debian\.or[g]"
)
UNFINISHED = re.compile(r"\b(?:TOD[O]|FIXM[E]|XX[X])\b")

FOREIGN_READERS = {"src/dure/identity/foreign.py"}
"""Where a library that promises no family of errors reads what strangers made."""

LOOPS_ALONE = {"src/dure/index/follower.py"}
"""Tasks beside the node that nobody waits for: who ends one by a mistake would end it unseen."""

FOREIGN = {"LICENSE"}
"""Texts that are not ours to tidy."""


def list_texts() -> Iterator[tuple[str, str]]:
    for path in list_files():
        text = read_text(path)
        name = path.relative_to(ROOT).as_posix()
        if text is not None and name not in FOREIGN:
            yield name, text


def find_lines(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in list_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def list_titles(markdown: str) -> list[str]:
    outside_fences = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^# .+$", outside_fences, flags=re.MULTILINE)


def room_of(name: str) -> str:
    parts = Path(name).parts
    return parts[2] if len(parts) > 3 and parts[:2] == ("src", "dure") else ""


def catches_everything(node: ast.ExceptHandler) -> bool:
    caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(
        name is None or (isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"})
        for name in caught
    )


def test_files_are_short() -> None:
    long = {
        name: len(text.splitlines())
        for name, text in list_texts()
        if name.endswith(".py") and len(text.splitlines()) > FILE_LINES_MAX
    }
    assert long == {}


def test_functions_are_short() -> None:
    long = [
        f"{name}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for name, tree in list_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []


def test_names_say_what_a_thing_is() -> None:
    files = [
        path.relative_to(ROOT).as_posix()
        for path in list_files()
        if path.suffix in {".py", ".js", ".html", ".sh"}
        and any(
            set(part.lower().split(".")[0].split("_")) & BANNED_NAMES
            for part in path.relative_to(ROOT).parts
        )
    ]
    classes = [
        f"{name}:{node.lineno} {node.name}"
        for name, tree in list_modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helpers?|Utils?)$", node.name)
    ]
    assert files + classes == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, tree in list_modules() if tree.body and not ast.get_docstring(tree)]
    assert silent == []


def test_every_markdown_file_has_one_title_on_top() -> None:
    wrong = {
        name: list_titles(text)
        for name, text in list_texts()
        if name.endswith(".md")
        and (
            len(list_titles(text)) != 1
            or not re.sub(r"^---.*?---\n+", "", text, flags=re.DOTALL).startswith("# ")
        )
    }
    assert wrong == {}


def test_no_file_is_big() -> None:
    big = {
        path.relative_to(ROOT).as_posix(): path.stat().st_size
        for path in list_files()
        if path.stat().st_size > FILE_BYTES_MAX
    }
    assert big == {}


def test_no_path_of_one_machine_is_written_down() -> None:
    assert find_lines(MACHINE_PATH) == []


def test_no_address_of_a_package_registry_is_written_down() -> None:
    assert find_lines(REGISTRY_HOST) == []


def test_nothing_is_left_to_be_finished_later() -> None:
    assert find_lines(UNFINISHED) == []


def test_only_the_outer_edges_catch_everything() -> None:
    greedy = [
        f"{name}:{node.lineno}"
        for name, tree in list_modules(below="src/dure/")
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and catches_everything(node)
        and room_of(name) not in EDGE_ROOMS
        and name not in FOREIGN_READERS | LOOPS_ALONE
    ]
    assert greedy == []
