"""`dure app`: which applications there are, and the beginning of a new one."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from dure.application import Application, find_applications, write_application
from dure.cli.output import JsonOption, out, print_facts, print_json
from dure.core.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="List applications and begin new ones.")

RULE: Final = re.compile(r"^\* \*\*(R\d+)\*\* (.+(?:\n  .+)*)", re.MULTILINE)
"""A rule in an application's README, with the lines that belong to it."""
APPLICATIONS: Final = Path("src/dure/apps")


@app.command("list")
def list_applications(*, json: JsonOption = False) -> None:
    """List the applications found: those of this project, and those of installed packages.

    Example: dure app list --json
    """
    found = find_applications()
    if json:
        print_json({"applications": [_describe(each) for each in found]})
        return
    table = Table(title="Applications", title_justify="left")
    table.add_column("name", no_wrap=True)
    for column in ("what it is", "", "report"):
        table.add_column(column)
    for column in ("contracts", "rules", "stories"):
        table.add_column(column, justify="right")
    for each in found:
        counts = (len(each.contracts), len(_read_rules(each)), len(each.stories))
        rows = ", ".join(each.report_rows)
        table.add_row(each.slug, each.title_en, each.title_ko, rows, *map(str, counts))
    out.print(table)
    out.print("See one at work: [bold]dure demo APP[/bold]. Begin one: [bold]dure app new[/bold].")


@app.command("new")
def begin(
    slug: Annotated[str, typer.Argument(help="What people will type, such as grain-store.")],
    *,
    folder: Annotated[
        Path, typer.Option(help="The Python package in which the application's folder is made.")
    ] = APPLICATIONS,
    json: JsonOption = False,
) -> None:
    """Write the folder of a new application: contract, story, texts, README and a first test.

    The test is red: the contract forgets to write down what left. Making it green is the way in.

    Example: dure app new grain-store
    """
    package = _find_package(folder)
    written = write_application(slug, folder, package=package)
    home = written[0].parent
    if json:
        print_json(
            {"slug": slug, "package": f"{package}.{home.name}", "files": [*map(str, written)]}
        )
        return
    print_facts(f"Application {slug}", ((file.name, file) for file in written))
    out.print(f"Its first test is red: [bold]pytest {home / 'tests'}[/bold]")
    if package != "dure.apps":
        out.print("So that Dure finds it, add to the pyproject.toml of its package:")
        out.print('  \\[project.entry-points."dure.apps"]', highlight=False)
        out.print(f'  {slug} = "{package}.{home.name}.app:APP"', highlight=False)


def _describe(application: Application) -> Mapping[str, Any]:
    return {
        "slug": application.slug,
        "title_en": application.title_en,
        "title_ko": application.title_ko,
        "report_rows": list(application.report_rows),
        "contracts": [each.__name__ for each in application.contracts],
        "rules": _read_rules(application),
        "stories": {each.__name__: _join(each.__doc__ or "") for each in application.stories},
        "package": application.package,
    }


def _read_rules(application: Application) -> dict[str, str]:
    """Return the rules of the application's README by number."""
    file = files(application.package) / "README.md"
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{file} cannot be read: {problem}") from problem
    return {number: _join(words) for number, words in RULE.findall(text)}


def _join(text: str) -> str:
    return " ".join(text.split())


def _find_package(folder: Path) -> str:
    """Return the name by which Python imports what lies in `folder`.

    A package goes on upwards for as long as there are `__init__.py` files.
    """
    if not folder.is_dir():
        message = (
            f"{folder} is no folder: call this where {APPLICATIONS} is, or name the Python "
            "package of your own applications with --folder"
        )
        raise ConfigurationError(message, folder=str(folder))
    place = folder.resolve()
    parts = [place.name]
    while (place / "__init__.py").exists() and (place.parent / "__init__.py").exists():
        place = place.parent
        parts.insert(0, place.name)
    if not all(part.isidentifier() for part in parts):
        message = f"Python cannot import {'.'.join(parts)}: name a folder that is a package"
        raise ConfigurationError(message, folder=str(folder))
    return ".".join(parts)
