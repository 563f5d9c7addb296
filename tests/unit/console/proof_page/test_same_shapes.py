"""The browser's structures are the node's, field by field and bound by bound."""

import types
import typing
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta

from dure.core.codec import Wire
from dure.core.types import Address
from dure.proof.file import ProofFile
from dure.proof.json_form import get_fields
from dure.proof.ledger_words import EVENTS
from tests.unit.console.proof_page.node import Node

NO_BOUNDS = Meta()


def describe(type_: Any, bounds: Meta = NO_BOUNDS) -> Any:
    """Return a type as the runner describes the page's kinds."""
    if type_ is Address:
        return "address"
    if hasattr(type_, "__supertype__"):
        return describe(type_.__supertype__, bounds)
    origin, inside = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return describe(inside[0], inside[1])
    if origin in {types.UnionType, typing.Union}:
        return {"either": [each for option in inside for each in list_options(option)]}
    if origin is tuple:
        return describe_tuple(inside, bounds)
    if origin is Literal:
        return {"choice": list(inside)}
    if isinstance(type_, type) and issubclass(type_, Enum):
        return {"choice": [each.value for each in type_]}
    if isinstance(type_, type) and issubclass(type_, Wire):
        fields = [[name, describe(of)] for name, of in get_fields(type_).items()]
        return {"struct": type_.__struct_config__.tag, "fields": fields}
    return describe_plain(type_, bounds)


def list_options(type_: Any) -> list[Any]:
    found = describe(type_)
    return found["either"] if isinstance(found, dict) and "either" in found else [found]


def describe_tuple(inside: tuple[Any, ...], bounds: Meta) -> Any:
    if inside[-1] is not ...:
        return {"tuple": [describe(each) for each in inside]}
    return {"list": describe(inside[0]), "bounds": [bounds.min_length or 0, bounds.max_length]}


def describe_plain(type_: Any, bounds: Meta) -> Any:
    if type_ is int:
        return {"integer": [str(bounds.ge), str(bounds.le)]}
    if type_ is str and bounds.pattern is not None:
        return {"text": "pattern"}
    if type_ in {bytes, str}:
        name = "bytes" if type_ is bytes else "text"
        return {name: [bounds.min_length or 0, bounds.max_length]}
    return {bool: "boolean", type(None): "nothing"}[type_]


def test_the_structures_of_a_proof_file_are_the_node_s(node: Node) -> None:
    assert node.ask("shapes")["proof"] == describe(ProofFile)


def test_the_ledger_s_own_events_are_the_node_s(node: Node) -> None:
    events = {name: [[n, describe(of)] for n, of in fields] for name, fields in EVENTS.items()}
    assert node.ask("shapes")["events"] == events
