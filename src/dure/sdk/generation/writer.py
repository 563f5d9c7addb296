"""Writes a contract's client as the text of a Python module.

Rules
-----
1. The module needs `dure.sdk` and nothing else, and is clean under `mypy --strict`.
2. The same interface gives the same text.
3. A name of the contract that already means something there gets an underscore behind it.
"""

from collections.abc import Iterator
from typing import Final

from dure.contract.interface import (
    ChoiceInterface,
    Interface,
    MethodInterface,
    ShapeInterface,
    parse_type,
)
from dure.contract.shapes import READING_KINDS, Sort, Type

SCALARS: Final = {
    "int": "int",
    "bool": "bool",
    "str": "str",
    "bytes": "bytes",
    "Amount": "int",
    "Address": "runtime.Address",
    "Asset": "runtime.AssetId",
    "Hash": "runtime.Hash",
    "Time": "runtime.Time",
    "Duration": "runtime.Duration",
}
"""Types of the language to types of the client. Amounts are minor units."""
TAKEN: Final = frozenset(
    {
        *("int", "bool", "str", "bytes", "list", "tuple", "self", "by", "pay", "runtime", "enum"),
        "decimal",
        *("contract", "call_method", "ask_view", "event_classes", "dataclass"),
    }
)
LINE_MAX: Final = 100


def write_client(interface: Interface) -> str:
    """Return the module of a client for contracts with this interface."""
    return "\n".join(_Writer(interface).lines()).rstrip() + "\n"


class _Writer:
    def __init__(self, interface: Interface) -> None:
        self._interface = interface
        self._event = f"{interface.name}Event" if interface.events else "None"

    def lines(self) -> Iterator[str]:
        name = self._interface.name
        yield f'"""A typed client of {name}. Written by `dure contract client`; do not edit."""'
        yield ""
        if self._interface.decimals:
            yield "import decimal"
        if self._interface.choices:
            yield "import enum"
        if self._interface.records or self._interface.events:
            yield "from dataclasses import dataclass"
        yield from ("", "from dure.sdk.generation import runtime")
        for choice in self._interface.choices.values():
            yield from self._choice(choice)
        for shape in (*self._interface.records.values(), *self._interface.events.values()):
            yield from self._shape(shape)
        if self._interface.events:
            yield from (
                "",
                "",
                f"{self._event} = " + " | ".join(map(_free, self._interface.events)),
            )
        yield from self._contract()

    def _choice(self, choice: ChoiceInterface) -> Iterator[str]:
        yield from ("", "", f"class {_free(choice.name)}(enum.Enum):")
        yield from _docstring(choice.docstring or f"A choice of {self._interface.name}.", 1)
        yield ""
        for member in choice.members:
            yield f"    {_free(member.name)} = {member.text!r}"

    def _shape(self, shape: ShapeInterface) -> Iterator[str]:
        yield from ("", "", "@dataclass(frozen=True, slots=True)", f"class {_free(shape.name)}:")
        yield from _docstring(shape.docstring or f"Values of {self._interface.name}.", 1)
        yield ""
        for field in shape.fields:
            yield f"    {field.name}: {self._type(field.type)}"

    def _contract(self) -> Iterator[str]:
        interface = self._interface
        yield from ("", "", f"class {interface.name}Client(runtime.TypedContract[{self._event}]):")
        yield from _docstring(interface.docstring or f"The contract {interface.name}.", 1)
        if interface.events:
            yield from ("", "    event_classes = {")
            yield from (f'        "{each}": {_free(each)},' for each in interface.events)
            yield "    }"
        for method in interface.methods.values():
            if method.kind in READING_KINDS:
                yield from self._view(method)
            elif method.kind == "call":
                yield from self._call(method)

    def _call(self, method: MethodInterface) -> Iterator[str]:
        result = self._type(method.result)
        order = ["by: runtime.Account", *(["pay: int"] if method.pays else [])]
        parameters = ["self", *self._parameters(method), "*", *order]
        kind = f"runtime.Happened[{result}, {self._event}]"
        yield from _signature(_free(method.name), parameters, kind)
        yield from _docstring(method.docstring or f"Call `{method.name}`.", 2)
        given = ["by=by", *(["pay=pay"] if method.pays else [])]
        yield from _invocation("call_method", [*self._arguments(method, result), *given])

    def _view(self, method: MethodInterface) -> Iterator[str]:
        result = self._type(method.result)
        yield from _signature(_free(method.name), ["self", *self._parameters(method)], result)
        yield from _docstring(method.docstring or f"Ask `{method.name}`.", 2)
        answer = f"answer: {result} = "
        yield from _invocation("ask_view", self._arguments(method, result), answer)
        yield "        return answer"

    def _parameters(self, method: MethodInterface) -> list[str]:
        return [f"{_free(each.name)}: {self._type(each.type)}" for each in method.parameters]

    def _arguments(self, method: MethodInterface, result: str) -> list[str]:
        names = [_free(each.name) for each in method.parameters]
        listed = ", ".join(names) + ("," if len(names) == 1 else "")
        return [f'"{method.name}"', result, f"({listed})"]

    def _type(self, text: str) -> str:
        return self._annotate(parse_type(text, self._interface))

    def _annotate(self, kind: Type) -> str:
        match kind.sort:
            case Sort.NOTHING:
                return "None"
            case Sort.LIST:
                return f"list[{self._annotate(kind.item)}]"
            case Sort.RECORD | Sort.CHOICE:
                return _free(kind.name)
            case Sort.DECIMAL:
                return "decimal.Decimal"
            case _:
                return SCALARS[kind.name]


def _free(name: str) -> str:
    return f"{name}_" if name in TAKEN else name


def _signature(name: str, parameters: list[str], result: str) -> Iterator[str]:
    yield ""
    line = f"    def {name}({', '.join(parameters)}) -> {result}:"
    if len(line) <= LINE_MAX:
        yield line
        return
    yield f"    def {name}("
    yield from (f"        {each}," for each in parameters)
    yield f"    ) -> {result}:"


def _invocation(function: str, arguments: list[str], before: str = "return ") -> Iterator[str]:
    line = f"        {before}self.{function}({', '.join(arguments)})"
    if len(line) <= LINE_MAX:
        yield line
        return
    yield f"        {before}self.{function}("
    yield from (f"            {each}," for each in arguments)
    yield "        )"


def _docstring(text: str, level: int) -> Iterator[str]:
    indent = "    " * level
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    first, *rest = escaped.splitlines() or [""]
    if not rest:
        yield f'{indent}"""{first}"""'
        return
    yield f'{indent}"""{first}'
    yield from (f"{indent}{line}".rstrip() for line in rest)
    yield f'{indent}"""'
