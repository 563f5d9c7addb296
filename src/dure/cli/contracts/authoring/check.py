"""`dure contract check`: everything that a chain would refuse, shown where it stands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.cells import cell_len
from rich.markup import escape

from dure.cli.contracts.authoring.file import read_text
from dure.cli.output import JsonOption, err, out, print_json
from dure.contract.problems import Problem
from dure.contract.source import check_text, read_library


def check_files(
    files: Annotated[list[Path], typer.Argument(help="The contracts' Python files.")],
    *,
    json: JsonOption = False,
) -> None:
    """Say everything in FILES that a chain would refuse.

    Each place as file:line:column, the rule, what is wrong, the line, and what to write instead.

    Exit code 0: the contracts may be deployed. 1: at least one may not.

    With --json: {"files": [{"file", "problems": [{"module", "rule", "line", "column", "message",
    "instead"}]}]}; module names the library module, empty for the file itself.

    Example: dure contract check flight_delay.py
    """
    texts = {file: read_text(file) for file in files}
    found = {file: check_text(text) for file, text in texts.items()}
    if json:
        print_json({"files": [_describe(file, found[file], texts[file]) for file in texts]})
    else:
        for file, text in texts.items():
            print_problems(file, found[file], text)
            if not found[file]:
                out.print(f"{file}: nothing to refuse", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if any(found.values()) else 0)


def print_problems(file: Path, problems: Sequence[Problem], text: str) -> None:
    """Print each refused place with its line, and what to write instead."""
    for problem in problems:
        line = _find_line(problem, text)
        column = _count_column(problem, line)
        where = f"{_name_file(file, problem)}:{problem.line}:{column}"
        said = f"{escape(where)} [red]{problem.rule}[/red] {escape(problem.message)}"
        err.print(said, highlight=False, soft_wrap=True)
        if line.strip():
            _print_line(line, column)
        err.print(f"    {escape(problem.instead)}", highlight=False, soft_wrap=True)


def _print_line(line: str, column: int) -> None:
    # Wide letters are two places wide; the caret stands below its letter.
    gap = " " * cell_len(line[: column - 1].expandtabs(4))
    err.print(f"    {escape(line.expandtabs(4))}", highlight=False, soft_wrap=True)
    err.print(f"    {gap}[green]^[/green]", highlight=False, soft_wrap=True)


def _name_file(file: Path, problem: Problem) -> str:
    return f"dure.contract.library.{problem.module}" if problem.module else str(file)


def _find_line(problem: Problem, text: str) -> str:
    if problem.module:
        modules = {each.name: each.text for each in read_library(text)}
        text = modules.get(problem.module, "")
    # Not `splitlines`: Python ends a line at these three only.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[problem.line - 1] if problem.line <= len(lines) else ""


def _count_column(problem: Problem, line: str) -> int:
    """Return the column in letters; the syntax tree counts bytes."""
    return len(line.encode("utf-8")[: problem.column - 1].decode("utf-8", "ignore")) + 1


def _describe(file: Path, problems: Sequence[Problem], text: str) -> dict[str, Any]:
    return {
        "file": str(file),
        "problems": [
            {
                "module": problem.module,
                "rule": problem.rule,
                "line": problem.line,
                "column": _count_column(problem, _find_line(problem, text)),
                "message": problem.message,
                "instead": problem.instead,
            }
            for problem in problems
        ],
    }
