"""`dure contract new`: the folder of a new contract, complete and green."""

import keyword
import sys
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Annotated, Final

import typer

from dure.application.description import validate_slug
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.contract import language
from dure.core.errors import ConfigurationError

TEMPLATES: Final = {
    "{module}.py": "contract",
    "test_{module}.py": "test_contract",
    "conftest.py": "conftest",
    "README.md": "readme",
}
"""What is written, and the template that it comes from."""
TAKEN: Final = frozenset({"conftest", "dure", "pytest", "hypothesis", "test"})
"""Names that the folder's own imports need."""
RESERVED_CLASSES: Final = frozenset(
    {*language.__all__, "Deposit", "DepositEnded", "DepositLeft", "State", "World", "Deployed"}
)
"""Classes that have a meaning in the contract or its tests already."""


def begin(
    name: Annotated[str, typer.Argument(help="What it is called, such as bike-deposit.")],
    *,
    path: Annotated[Path, typer.Option(help="Where its folder is made.")] = Path(),
    json: JsonOption = False,
) -> None:
    """Write the folder of a new contract: contract, tests, README.

    The contract is a deposit with a deadline. It passes check, pytest and mypy --strict as it
    comes; nothing that exists is overwritten.

    Example: dure contract new bike-deposit
    """
    written = write_contract(name, path)
    if json:
        print_json({"name": name, "files": [str(file) for file in written]})
        return
    print_facts(f"Contract {name}", ((file.name, file) for file in written))
    out.print(f"It is green: [bold]pytest {written[0].parent}[/bold]", soft_wrap=True)


def write_contract(name: str, folder: Path) -> list[Path]:
    """Write the contract `name` into a new folder below `folder`; return the files written."""
    validate_slug(name)
    module = name.replace("-", "_")
    if keyword.iskeyword(module) or module in sys.stdlib_module_names | TAKEN:
        raise ConfigurationError(f"Python has a meaning for {module}: choose another name")
    target = folder / module
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder: make it, or name another with --path")
    if target.exists():
        raise ConfigurationError(f"{target} exists already: choose another name", path=str(target))
    words = name.replace("-", " ")
    values = {
        "module": module,
        "title": words.capitalize(),
        "contract": _name_class(words),
    }
    target.mkdir()
    return [
        _write(target / file.format(**values), template, values)
        for file, template in TEMPLATES.items()
    ]


def _name_class(words: str) -> str:
    """Return the class's name; one that the template itself uses gets a word more."""
    name = words.title().replace(" ", "")
    return f"{name}Contract" if name in RESERVED_CLASSES else name


def _write(file: Path, template: str, values: dict[str, str]) -> Path:
    text = (files(__package__) / "templates" / f"{template}.txt").read_text("utf-8")
    file.write_text(Template(text).substitute(values), "utf-8")
    return file
