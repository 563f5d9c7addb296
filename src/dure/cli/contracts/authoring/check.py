"""`dure contract check`: everything that a chain would refuse."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from rich.markup import escape

from dure.cli.contracts.authoring.file import SourceFile, read_text
from dure.cli.output import JsonOption, err, out, print_json
from dure.contract.problems import Problem
from dure.contract.source import check_text


def check_files(file: SourceFile, *, json: JsonOption = False) -> None:
    """Say everything in FILE that a chain would refuse.

    Line, column, rule, and what to write instead.

    Exit code 0: the contract may be deployed. 1: it may not.

    Example: dure contract check flight_delay.py
    """
    problems = check_text(read_text(file))
    if json:
        print_json({"file": str(file), "problems": [_describe(problem) for problem in problems]})
    else:
        print_problems(file, problems)
    if not problems and not json:
        out.print(f"{file}: nothing to refuse")
    raise typer.Exit(1 if problems else 0)


def print_problems(file: Path, problems: Sequence[Problem]) -> None:
    """Print each refused place, and what to write instead."""
    for problem in problems:
        where = f"{file}:{problem.line}:{problem.column}"
        text = f"{where} [red]{problem.rule}[/red] {escape(problem.message)}"
        err.print(text, highlight=False, soft_wrap=True)
        err.print(f"    {escape(problem.instead)}", highlight=False, soft_wrap=True)


def _describe(problem: Problem) -> dict[str, Any]:
    return {
        "rule": problem.rule,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "instead": problem.instead,
    }
