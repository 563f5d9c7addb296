"""Renders the parts of docs/reference that must not differ from the code.

`cog` puts them into the pages: `make format` rewrites them, `make docs` fails where one is stale.
"""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import msgspec

import dure
from dure.core.errors import DureError


def import_everything() -> None:
    """Import every module of the package, so that every error is known."""
    for module in pkgutil.walk_packages(dure.__path__, "dure."):
        if ".tests" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def list_errors(root: type[DureError] = DureError) -> Iterator[tuple[int, type[DureError]]]:
    """Yield (depth, error class), parents before their children."""
    for error in sorted(root.__subclasses__(), key=lambda error: error.__name__):
        if error.__module__.startswith("dure."):
            yield 0, error
            yield from ((depth + 1, child) for depth, child in list_errors(error))


def render_errors() -> str:
    """Return one table row an error: code, whose kind it is, what it means."""
    import_everything()
    rows = ["| code | kind of | meaning |", "|---|---|---|"]
    for _, error in list_errors():
        parent = error.__mro__[1]
        kind = "" if parent is DureError else f"`{parent.code}`"  # type: ignore[attr-defined]
        rows.append(f"| `{error.code}` | {kind} | {one_line(error.__doc__)} |")
    return "\n".join(rows)


def render_operations() -> str:
    """Return one table row an operation of the public API, and a section for each WebSocket."""
    table = importlib.import_module("dure.api.routes.table")
    rows = ["| operation | what it does | query |", "|---|---|---|"]
    for operation in table.OPERATIONS:
        query = ", ".join(f"`{name}`" for name in operation.query.__struct_fields__)
        name = f"`{operation.method} {operation.path}`"
        rows.append(f"| {name} | {one_line(operation.summary)} | {query} |")
    for socket in table.SOCKETS:
        query = ", ".join(f"`{name}`" for name in socket.query.__struct_fields__)
        rows += ["", f"## WebSocket {socket.path}", "", f"{socket.summary}. {socket.description}"]
        rows += ["", f"Query: {query}."] if query else []
    return "\n".join(rows)


def render_roles() -> str:
    """Return which role may do which act, and which operations each act stands for."""
    roles = importlib.import_module("dure.api.access.roles")
    table = importlib.import_module("dure.api.routes.table")
    names = [role.value for role in roles.Role]
    rows = ["| act | " + " | ".join(names) + " | everybody | everybody, open chain |"]
    rows.append("|---" * (len(names) + 3) + "|")
    for act in roles.Act:
        may = [act in roles.PERMITTED[role] for role in roles.Role]
        may += [act in roles.PERMITTED_TO_ALL[opened] for opened in (False, True)]
        rows.append(f"| `{act}` | " + " | ".join("yes" if each else "" for each in may) + " |")
    rows += ["", "| operation | act |", "|---|---|"]
    rows += [f"| `{each.method} {each.path}` | `{each.act}` |" for each in table.OPERATIONS]
    rows += [f"| WebSocket `{each.path}` | `read` |" for each in table.SOCKETS]
    rows.append("| pages of the console | `read` |")
    rows.append("| `GET /openapi.json`, `GET /docs`, `/sign-in`, `/sign-out` | `greet` |")
    return "\n".join(rows)


def render_certificate_roles() -> str:
    """Return which role a certificate of each kind has."""
    certificates = importlib.import_module("dure.api.access.certificates")
    rows = ["| kind | at a node of its own organisation | at others' |", "|---|---|---|"]
    for kind, role in certificates.ROLES_AT_HOME.items():
        rows.append(f"| `{kind}` | {role} | {certificates.ROLE_ELSEWHERE} |")
    return "\n".join(rows)


def render_settings() -> str:
    """Return, for each section of a node's configuration, a table of its settings."""
    settings = importlib.import_module("dure.node.configuration").list_settings()
    rows: list[str] = []
    for section in dict.fromkeys(setting.section for setting in settings):
        rows += ["", f"## {section}", ""]
        rows += ["| key | variable | if not given | allowed | meaning |", "|---|---|---|---|---|"]
        for setting in settings:
            if setting.section == section:
                default = "must be given" if setting.default is None else f"`{setting.default}`"
                names = f"`{setting.key}` | `{setting.variable}`"
                words = f"{default} | {one_line(setting.allowed)} | {one_line(setting.meaning)}"
                rows.append(f"| {names} | {words} |")
    return "\n".join(rows)


def render_interface_schema() -> str:
    """Return the JSON Schema of a contract's interface, from the classes that read and write it."""
    module = importlib.import_module("dure.contract.interface")
    schema = msgspec.json.schema(module.Interface)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, sort_keys=True)


def list_commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (words, command) of every command of a Typer program that does something itself."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name in sorted(children):
        yield from list_commands(children[name], (*path, name))


def load_program() -> Any:
    """Return the command line as its tree of commands."""
    import typer.main  # noqa: PLC0415 - only this page needs it

    return typer.main.get_command(importlib.import_module("dure.cli.main").build_app())


def render_commands() -> str:
    """Return a section for every command with its arguments and options."""
    return "\n\n".join(
        render_command(words, command)
        for words, command in list_commands(load_program(), ("dure",))
    )


def render_command(words: tuple[str, ...], command: Any) -> str:
    """Return the section of one command."""
    lines = [f"## {' '.join(words)}", "", inspect.cleandoc(command.help or "").replace("\b\n", "")]
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    if shown:
        lines += ["", "| argument or option | meaning | if not given |", "|---|---|---|"]
    for parameter in shown:
        names = ", ".join(f"`{name}`" for name in list_names(parameter))
        lines.append(
            f"| {names} | {one_line(getattr(parameter, 'help', ''))} | {get_default(parameter)} |"
        )
    return "\n".join(lines)


def list_names(parameter: Any) -> list[str]:
    """Return what a person types: `FILE` for an argument, `--seed` for an option."""
    if parameter.param_type_name == "argument":
        return [(parameter.metavar or parameter.name).upper()]
    return [*parameter.opts, *parameter.secondary_opts]


def get_default(parameter: Any) -> str:
    """Return what happens when the option is left out, in a word."""
    if parameter.required:
        return "must be given"
    value = parameter.default
    if value is None or value == "" or callable(value):
        return ""
    return "no" if value is False else "yes" if value is True else f"`{value}`"


def one_line(text: str | None) -> str:
    """Return a text as the content of one table cell."""
    return " ".join((text or "").split()).replace("|", "\\|")
