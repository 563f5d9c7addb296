"""`dure contract gas`: what each method costs, measured by the contract's own tests."""

import subprocess
import sys
from pathlib import Path
from statistics import median_low
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import msgspec
import typer
from msgspec import Struct
from rich.table import Table

from dure.cli.contracts.authoring.file import SourceFile, read_text
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.output import JsonOption, err, fail, out, print_json
from dure.core.errors import ConfigurationError
from dure.testing.gas_record import GasRecord, MethodGas, name_contract

COLUMNS: Final = ("calls", "min", "median", "p95", "max", "refused")


class MethodFigures(Struct, frozen=True):
    """Gas of a method's calls that happened; zeros where none did."""

    calls: int
    min: int
    median: int
    p95: int
    max: int
    refused: int


class GasReport(Struct, frozen=True):
    """What `--json` prints and `--against` reads."""

    contract: str
    methods: dict[str, MethodFigures]


def gas(
    file: SourceFile,
    *,
    class_name: ClassOption = None,
    tests: Annotated[
        list[Path] | None,
        typer.Option(help="Tests to run; otherwise tests/ and test_*.py beside FILE."),
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help="An earlier run's --json output to compare with.")
    ] = None,
    tolerance: Annotated[
        float, typer.Option(min=0, help="By how many percent a median may have grown.")
    ] = 5.0,
    json: JsonOption = False,
) -> None:
    """Run the tests of FILE's contract and print the gas of each method.

    Gas is that of the whole transaction: signature, payment, the method, and what it pays ahead for
    calls that it schedules. Calls that were refused are counted apart.

    Exit code 1 where a test fails, or where a median grew by more than --tolerance percent since
    the run in --against.

    Example: dure contract gas flight_delay/contract.py --against before.json
    """
    source = load_source(file, class_name)
    before = None if against is None else _load_report(against)
    record = _measure(tests or _find_tests(file))
    found = record.get(name_contract(source.text, source.class_name), {})
    methods = {name: compute_figures(found[name]) for name in sorted(found)}
    report = GasReport(source.class_name, methods)
    grown = [] if before is None else find_grown(before, report, tolerance)
    if json:
        print_json(msgspec.to_builtins(report))
    else:
        _print_table(report, before)
    for line in grown:
        err.print(f"[red]grown[/red] {line}", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if grown else 0)


def compute_figures(seen: MethodGas) -> MethodFigures:
    """Return the figures of one method; p95 by nearest rank."""
    gas_ = sorted(seen.gas)
    if not gas_:
        return MethodFigures(0, 0, 0, 0, 0, seen.refused)
    rank = -(-95 * len(gas_) // 100)
    return MethodFigures(
        len(gas_), gas_[0], median_low(gas_), gas_[rank - 1], gas_[-1], seen.refused
    )


def find_grown(before: GasReport, after: GasReport, tolerance: float) -> list[str]:
    """Return a line for each method whose median grew by more than `tolerance` percent."""
    lines = []
    for name, now in after.methods.items():
        then = before.methods.get(name)
        if then is not None and then.median and now.median > then.median * (1 + tolerance / 100):
            lines.append(f"{name}: {then.median:,} to {now.median:,}, {_percent(then, now)}")
    return lines


def _find_tests(file: Path) -> list[Path]:
    folder = file.parent
    found = [folder / "tests"] if (folder / "tests").is_dir() else []
    found += sorted(folder.glob("test_*.py"))
    if not found:
        message = f"there are no tests beside {file}: name some with --tests"
        raise ConfigurationError(message, path=str(file))
    return found


def _measure(tests: list[Path]) -> dict[str, dict[str, MethodGas]]:
    """Run the tests in a pytest of their own; return what its processes saw."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "dure.testing.gas_recorder"]
        command += [f"--gas-folder={folder}", *map(str, tests)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            err.print(run.stdout + run.stderr, markup=False, highlight=False, soft_wrap=True)
            err.print("gas is measured by tests that pass: the run above did not", highlight=False)
            raise typer.Exit(1)
        merged: dict[str, dict[str, MethodGas]] = {}
        for file in sorted(Path(folder).glob("*.json")):
            _merge(merged, msgspec.json.decode(file.read_bytes(), type=GasRecord))
    return merged


def _merge(merged: dict[str, dict[str, MethodGas]], record: GasRecord) -> None:
    for contract, methods in record.contracts.items():
        known = merged.setdefault(contract, {})
        for name, seen in methods.items():
            other = known.get(name, MethodGas([], 0))
            known[name] = MethodGas([*other.gas, *seen.gas], other.refused + seen.refused)


def _load_report(file: Path) -> GasReport:
    try:
        return msgspec.json.decode(read_text(file), type=GasReport)
    except msgspec.DecodeError as problem:
        fail(ConfigurationError(f"{file} is not what --json prints: {problem}"))


def _print_table(report: GasReport, before: GasReport | None) -> None:
    table = Table(title=f"Gas of {report.contract}", title_justify="left")
    table.add_column("method", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column, justify="right")
    if before is not None:
        table.add_column("median since", justify="right")
    for name, figures in report.methods.items():
        cells = [f"{getattr(figures, column):,}" for column in COLUMNS]
        then = None if before is None else before.methods.get(name)
        if before is not None:
            cells.append("new" if then is None else _percent(then, figures))
        table.add_row(name, *cells)
    out.print(table)


def _percent(then: MethodFigures, now: MethodFigures) -> str:
    return "new" if then.median == 0 else f"{(now.median / then.median - 1) * 100:+.1f} %"
