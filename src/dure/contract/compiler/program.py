"""Puts a contract together.

Compiles its methods over the runtime and makes one entry for each that can be called.
"""

import ast
import builtins
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import msgspec

from dure.contract.checker.bodies.meanings import Encoding, Meaning, OwnCall
from dure.contract.checker.bodies.scope import Notes
from dure.contract.checker.check import Checked
from dure.contract.checker.declared.selection import select_declarations
from dure.contract.compiler.bodies import lower_functions
from dure.contract.compiler.callers import build_caller_check
from dure.contract.compiler.expressions import name_encoding
from dure.contract.compiler.fixed import find_fixed_sizes
from dure.contract.compiler.marks import Watcher, build_names
from dure.contract.compiler.statements import lower_body
from dure.contract.interface import FieldInterface, Interface, describe
from dure.contract.language.numbers import Rounding
from dure.contract.ports import STORAGE
from dure.contract.runtime import arithmetic, sized
from dure.contract.runtime.crypto import build_encoding, sha256, verify_ed25519
from dure.contract.runtime.frame import Body, Frame, refuse_reason, run_out
from dure.contract.runtime.host import HOST_FUNCTIONS, build_emit, build_remote, build_schedule
from dure.contract.runtime.lists import StoredList
from dure.contract.runtime.measure import estimate_built_factor
from dure.contract.runtime.records import build_record, replace
from dure.contract.runtime.session import Entry, Program
from dure.contract.runtime.state import (
    Accessors,
    Encode,
    build_accessors,
    build_encode,
    build_tuple_encode,
)
from dure.contract.shapes import (
    READING_KINDS,
    Bundle,
    ContractShape,
    Declarations,
    InterfaceShape,
    Kind,
    Method,
    Sort,
)
from dure.contract.wire import WireTypes
from dure.core.codec import encode

_RUNTIME: Final[dict[str, Any]] = {
    **{f"${name}": getattr(sized, name) for name in dir(sized) if name[0].islower()},
    **{f"${name}": getattr(arithmetic, name) for name in dir(arithmetic) if name[0].islower()},
    **{
        f"${name}": getattr(builtins, name)
        for name in ("abs", "enumerate", "len", "max", "min", "range")
    },
    "$STORAGE": STORAGE,
    "$encode": encode,
    "$nothing": encode(None),
    "$open_frame": Frame,
    "$refuse_reason": refuse_reason,
    "$replace": replace,
    "$run_out": run_out,
    "$sha256": sha256,
    "$verify_ed25519": verify_ed25519,
    **{f"$rounding.{each.name}": each for each in Rounding},
    **{f"$host.{name}": function for name, function in HOST_FUNCTIONS.items()},
}

_ONCE: Final[frozenset[Kind]] = frozenset({"init", "migrate"})
"""Kinds that nobody may call by name."""


def build_program(
    checked: Checked, class_name: str, watcher: Watcher | None = None, *, is_metered: bool = True
) -> Program:
    """Compile one contract of a checked file, with marks for a watcher where there is one."""
    contract = checked.bundle.contracts[class_name]
    selected = select_declarations(checked.bundle, contract)
    interface = describe(selected, contract)
    wire = WireTypes(interface)
    fields = _build_fields(contract, wire)
    names = _build_globals(selected, contract, interface, wire, fields)
    meanings = _list_meanings(contract, checked.notes)
    names |= _build_encodings(meanings, wire)
    sizes = find_fixed_sizes(contract, selected, checked.notes)
    is_watched = watcher is not None
    lower = partial(lower_body, sizes=sizes, is_watched=is_watched, is_metered=is_metered)
    # A watched method is a function, which tells when it begins and ends.
    called = contract.methods if is_watched else _find_called(meanings)
    _compile(contract.name, lower_functions(contract, lower, called), names)
    if watcher is not None:
        names |= _build_watched(checked.bundle, contract, names, watcher)
    entries = {
        each.name: _build_entry(each, interface, wire, names[f"$body.{each.name}"], fields)
        for each in contract.entries
    }
    once = {each.kind: each for each in entries.values() if each.kind in _ONCE}
    return Program(
        interface,
        {name: each for name, each in entries.items() if each.kind not in _ONCE},
        initialiser=once.get("init"),
        migration=once.get("migrate"),
    )


def _build_fields(contract: ContractShape, wire: WireTypes) -> dict[str, Accessors | StoredList]:
    return {
        name: StoredList(name, kind.item, contract.limits[name], wire)
        if kind.sort is Sort.STORED_LIST
        else build_accessors(name, kind, wire)
        for name, kind in contract.state.items()
    }


def _compile(name: str, functions: list[ast.stmt], names: dict[str, Any]) -> None:
    module = ast.Module(functions, [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(module, f"<contract {name}>", "exec", dont_inherit=True, optimize=0)
    exec(code, names)  # noqa: S102 - checked, lowered code over a namespace without builtins


def _build_globals(
    selected: Declarations,
    contract: ContractShape,
    interface: Interface,
    wire: WireTypes,
    fields: dict[str, Accessors | StoredList],
) -> dict[str, Any]:
    names: dict[str, Any] = {"__builtins__": {}, **_RUNTIME}
    for name, record in wire.records.items():
        names[f"$record.{name}"] = build_record(record)
    for field, each in fields.items():
        for action in each.ACTIONS:
            names[f"${action}.{field}"] = getattr(each, action)
    for name, event in interface.events.items():
        names[f"$emit.{name}"] = build_emit(name, _build_tuple_encode(event.fields, wire))
    for method in contract.methods.values():
        if method.kind == "scheduled":
            encode = _build_tuple_encode(interface.methods[method.name].parameters, wire)
            names[f"$schedule.{method.name}"] = build_schedule(method.name, encode)
    for method in contract.entries:
        names[f"$encode_result.{method.name}"] = build_encode(method.result, wire)
    for other in selected.interfaces.values():
        names |= _build_remotes(other, wire)
    return names


def _build_watched(
    bundle: Bundle, contract: ContractShape, names: dict[str, Any], watcher: Watcher
) -> dict[str, Any]:
    watched = {
        f"$method.{name}": watcher.watch(
            method.node,
            names[f"$method.{name}"],
            module=bundle.find_home(contract.origins[name]).module,
        )
        for name, method in contract.methods.items()
    }
    return build_names(watcher) | watched


def _list_meanings(contract: ContractShape, notes: Notes) -> list[Meaning]:
    """Return what the checker found in the contract's methods."""
    nodes = (node for method in contract.methods.values() for node in ast.walk(method.node))
    return [notes.meanings[node] for node in nodes if node in notes.meanings]


def _find_called(meanings: list[Meaning]) -> set[str]:
    """Return the names of the methods that other methods of the contract call."""
    return {each.method.name for each in meanings if isinstance(each, OwnCall)}


def _build_encodings(meanings: list[Meaning], wire: WireTypes) -> dict[str, Any]:
    return {
        name_encoding(each.types): build_encoding(build_tuple_encode(each.types, wire))
        for each in meanings
        if isinstance(each, Encoding)
    }


def _build_remotes(other: InterfaceShape, wire: WireTypes) -> dict[str, Any]:
    return {
        f"$remote.{other.name}.{method.name}": build_remote(
            method.name,
            build_tuple_encode([each.type for each in method.parameters], wire),
            msgspec.msgpack.Decoder(wire.get(method.result)),
            built_factor=estimate_built_factor([method.result], wire),
            read_only=method.kind in READING_KINDS,
        )
        for method in other.methods.values()
    }


def _build_tuple_encode(fields: tuple[FieldInterface, ...], wire: WireTypes) -> Encode:
    return build_tuple_encode([wire.parse(each.type) for each in fields], wire)


def _build_entry(
    method: Method,
    interface: Interface,
    wire: WireTypes,
    run: Body,
    fields: dict[str, Accessors | StoredList],
) -> Entry:
    arguments = wire.get_tuple(interface.methods[method.name].parameters)
    check_caller = build_caller_check(method, fields)
    return Entry(
        kind=method.kind,
        is_reading=method.kind in READING_KINDS,
        is_reentrant=method.is_reentrant or method.kind == "transfer_rule",
        decode=msgspec.msgpack.Decoder(arguments).decode,
        built_factor=estimate_built_factor([each.type for each in method.parameters], wire),
        read_asset=_build_read_asset(fields[method.pays]) if method.pays else None,
        is_guarded=check_caller is not None,
        check_caller=check_caller,
        run=run,
    )


def _build_read_asset(field: Accessors | StoredList) -> Callable[[Frame], Any]:
    assert isinstance(field, Accessors), "the checker lets a method name a Var only"
    key, read = field.key, field.read
    assert isinstance(key, bytes), "the checker lets a method name a Var only"
    return lambda frame: read(frame, key)
