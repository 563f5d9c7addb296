"""Every contract's interface keeps the schema that the reference shows, and reads back whole."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from dure.contract.bundle import Source
from dure.contract.interface import Interface, build_interface
from tests.conformance.tree import ROOT
from tests.unit.contract.agreement.test_agreement import SOURCES

PAGE: Final = (ROOT / "docs/reference/interface.md").read_text("utf-8")
SCHEMA: Final[dict[str, Any]] = json.loads(
    re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]
)
TYPES: Final = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}
ABOUT: Final = {"$schema", "$defs", "title", "description"}
"""Words of a schema that allow and refuse nothing."""


class Misfit(Exception):
    """A value that the schema does not allow."""


def fit(value: Any, schema: dict[str, Any], place: str = "$") -> None:
    """Refuse a value that the schema does not allow, and a schema with words not known here."""
    # The type first: the other words look inside.
    for word in sorted(schema.keys() - ABOUT, key=lambda word: word != "type"):
        CHECKS[word](value, schema[word], place)


def fit_reference(value: Any, rule: str, place: str) -> None:
    fit(value, SCHEMA["$defs"][rule.removeprefix("#/$defs/")], place)


def fit_type(value: Any, rule: str, place: str) -> None:
    is_bool = isinstance(value, bool) and rule != "boolean"
    if is_bool or not isinstance(value, TYPES[rule]):
        raise Misfit(f"{place}: {value!r} is no {rule}")


def fit_any(value: Any, rule: list[dict[str, Any]], place: str) -> None:
    for each in rule:
        try:
            return fit(value, each, place)
        except Misfit:
            continue
    raise Misfit(f"{place}: {value!r} fits none")


def fit_one_of(value: Any, rule: list[Any], place: str) -> None:
    if value not in rule:
        raise Misfit(f"{place}: {value!r} is none of {rule}")


def fit_items(value: Any, rule: dict[str, Any], place: str) -> None:
    for number, each in enumerate(value):
        fit(each, rule, f"{place}[{number}]")


def fit_required(value: Any, rule: list[str], place: str) -> None:
    if missing := set(rule) - value.keys():
        raise Misfit(f"{place}: {missing} missing")


def fit_properties(value: Any, rule: dict[str, Any], place: str) -> None:
    if unknown := value.keys() - rule.keys():
        raise Misfit(f"{place}: {unknown} unknown")
    for name in value:
        fit(value[name], rule[name], f"{place}.{name}")


def fit_values(value: Any, rule: dict[str, Any], place: str) -> None:
    for name in value:
        fit(value[name], rule, f"{place}.{name}")


CHECKS: Final[dict[str, Callable[..., None]]] = {
    "$ref": fit_reference,
    "type": fit_type,
    "anyOf": fit_any,
    "enum": fit_one_of,
    "items": fit_items,
    "required": fit_required,
    "properties": fit_properties,
    "additionalProperties": fit_values,
}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.class_name)
def test_an_interface_keeps_the_schema_and_reads_back(source: Source) -> None:
    interface = build_interface(source)
    text = msgspec.json.encode(interface)
    fit(json.loads(text), SCHEMA)
    assert msgspec.json.encode(msgspec.json.decode(text, type=Interface)) == text


@pytest.mark.parametrize("damage", ["name", "methods", "language_version"])
def test_what_is_no_interface_does_not_fit(damage: str) -> None:
    value = json.loads(msgspec.json.encode(build_interface(SOURCES[0])))
    with pytest.raises(Misfit):
        fit({**value, damage: [True]}, SCHEMA)
    del value[damage]
    with pytest.raises(Misfit):
        fit(value, SCHEMA)
    with pytest.raises(Misfit):
        fit({**value, damage: 1, "more": 1}, SCHEMA)
