"""Renders what docs/reference/library says of each contract, from its interface.

`cog` puts it into the pages, as `scripts/reference.py` says.
"""

import importlib
import inspect

from dure.contract.agreement import Agreement, explain
from dure.contract.agreement.voice import Voice
from dure.contract.interface import Interface, MethodInterface, build_interface
from dure.contract.language import Contract
from dure.contract.source import read_source

PACKAGE = "dure.contract.library"
KINDS = {
    "init": "at deployment",
    "scheduled": "by itself",
    "view": "anybody reads",
    "invariant": "always holds",
    "transfer_rule": "each transfer",
}


def render(module: str, class_name: str) -> str:
    """Return the tables of a contract: its methods by who may call them, and its events."""
    source = read_source(_load(module, class_name))
    interface, callers = build_interface(source), _list_callers(explain(source))
    methods = [_render_method(each, callers) for each in interface.methods.values()]
    parts = ["", "| method | who | what |", "|---|---|---|", *methods, ""]
    events = _render_events(interface)
    if events:
        parts += ["| event | when |", "|---|---|", *events, ""]
    return "\n".join(parts)


def _load(module: str, class_name: str) -> type[Contract]:
    found = getattr(importlib.import_module(f"{PACKAGE}.{module}"), class_name)
    assert inspect.isclass(found), class_name
    assert issubclass(found, Contract), class_name
    return found


def _list_callers(agreement: Agreement) -> dict[str, str]:
    """Return who may call each method, as the agreement in plain words says it."""
    voice = Voice(agreement, "en")
    return {
        clause.name: voice.say(duties.who)
        for duties in agreement.duties
        for clause in duties.clauses
    }


def _render_method(method: MethodInterface, callers: dict[str, str]) -> str:
    names = ", ".join(each.name for each in method.parameters)
    who = callers.get(method.name) or KINDS[method.kind]
    pays = f", paying `{method.pays}`" if method.pays else ""
    return f"| `{method.name}({names})` | {who}{pays} | {_first(method)} |"


def _first(method: MethodInterface) -> str:
    return " ".join(method.docstring.partition("\n\n")[0].split())


def _render_events(interface: Interface) -> list[str]:
    return [
        f"| `{each.name}({', '.join(field.name for field in each.fields)})` | {each.docstring} |"
        for each in interface.events.values()
    ]
