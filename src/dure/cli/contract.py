"""`dure contract`: check a contract, put it on a chain, call it, read it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from dure.cli.access import (
    Arguments,
    AsOption,
    NetworkOption,
    connect,
    load_account,
    load_authority,
    parse_arguments,
    parse_value,
)
from dure.cli.output import JsonOption, err, fail, out, print_facts, print_json
from dure.contract.interface import Interface, MethodInterface, build_interface
from dure.contract.problems import Problem
from dure.contract.source import bundle, check_text
from dure.contract.values import from_json, to_json
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError, DureError
from dure.core.types import Address

app = typer.Typer(no_args_is_help=True, help="Check, deploy, call and read contracts.")

SOURCE_BYTES_MAX: Final = 1024 * 1024
USABLE_KINDS: Final = frozenset({"call", "view"})

SourceFile = Annotated[Path, typer.Argument(help="The contract's Python file.")]
ClassOption = Annotated[
    str | None, typer.Option("--class", help="The contract class; needed where a file has several.")
]


@app.command("check")
def check_file(file: SourceFile, *, json: JsonOption = False) -> None:
    """Say everything in FILE that a chain would refuse.

    Line, column, rule, and what to write instead.

    Exit code 0: the contract may be deployed. 1: it may not.

    Example: dure contract check flight_delay.py
    """
    problems = check_text(_read(file))
    if json:
        print_json({"file": str(file), "problems": [_describe(problem) for problem in problems]})
    else:
        _print_problems(file, problems)
    if not problems and not json:
        out.print(f"{file}: nothing to refuse")
    raise typer.Exit(1 if problems else 0)


@app.command("deploy")
def deploy(
    file: SourceFile,
    arguments: Arguments = None,
    *,
    network: NetworkOption,
    owner: Annotated[str, typer.Option(help="Member whose account owns the contract.")],
    class_name: ClassOption = None,
    role: Annotated[
        list[str] | None, typer.Option(help="ROLE=ADDRESS or ROLE=MEMBER, as often as needed.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put FILE on the chain, approved by the members whose keys lie in the network's folder.

    Example: dure contract deploy token.py code=KRW decimals=0 --network my-network --owner bank
    --role issuer=bank
    """
    text = _read(file)
    problems = check_text(text)
    if problems:
        _print_problems(file, problems)
        raise typer.Exit(1)
    source = bundle(text, _find_class(file, text, class_name))
    interface = build_interface(source)
    roles: dict[str, list[Address]] = {}
    for text in role or []:
        granted, holder = _parse_role(network, text)
        roles.setdefault(granted, []).append(holder)
    with connect(network) as client:
        deployed = client.deploy(
            source,
            by=load_authority(network),
            owner=load_account(network, owner).address,
            roles=roles,
            arguments=_read_values(interface, interface.initialiser, arguments),
        )
    facts = {"contract": encode_address(deployed.address), "class": source.class_name}
    if json:
        print_json(facts)
    else:
        print_facts("Deployed", facts.items())


@app.command("call")
def call(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    method: Annotated[str, typer.Argument(help="The method to call.")],
    arguments: Arguments = None,
    *,
    as_: AsOption,
    network: NetworkOption,
    pay: Annotated[int, typer.Option(help="Money to pay with the call, in minor units.")] = 0,
    json: JsonOption = False,
) -> None:
    """Call METHOD of CONTRACT and wait until it is final.

    The proof of its receipt is checked on the way.

    Example: dure contract call dure1… buy flight=UA1545 --pay 5000 --as insurer --network my-
    network
    """
    with connect(network) as client:
        proxy = client.contract(decode_address(contract))
        known = _find_method(proxy.interface, method)
        if known.kind == "view":
            fail(ConfigurationError(f"{method} only reads: ask it with `dure contract view`"))
        if pay and not known.pays:
            fail(ConfigurationError(f"{method} accepts no money: leave --pay out"))
        given = _read_values(proxy.interface, known, arguments)
        order = {"pay": pay} if pay else {}
        done = getattr(proxy, method)(*given.values(), by=load_account(network, as_), **order)
    facts: dict[str, Any] = {
        "transaction_id": done.receipt.transaction_id.hex(),
        "height": done.receipt.height,
        "result": _to_json(proxy.interface, method, done.result),
        "gas_used": done.receipt.receipt.gas_used,
    }
    if json:
        print_json(facts)
    else:
        print_facts("Final", [("transaction", facts.pop("transaction_id")), *facts.items()])


@app.command("view")
def view(
    contract: Annotated[str, typer.Argument(help="The contract's address.")],
    method: Annotated[str, typer.Argument(help="The read-only method.")],
    arguments: Arguments = None,
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Ask a read-only METHOD of CONTRACT; nothing is signed and nothing changes.

    Example: dure contract view dure1… free_reserve --network my-network
    """
    with connect(network) as client:
        proxy = client.contract(decode_address(contract))
        known = _find_method(proxy.interface, method)
        if known.kind != "view":
            fail(ConfigurationError(f"{method} changes things: use `dure contract call`"))
        given = _read_values(proxy.interface, known, arguments)
        result = _to_json(proxy.interface, method, getattr(proxy, method)(*given.values()))
    if json:
        print_json({"result": result})
    else:
        out.print(result)


def _find_method(interface: Interface, name: str) -> MethodInterface:
    """Return the method; say which there are where callers cannot use one of that name."""
    usable = {each.name: each for each in interface.methods.values() if each.kind in USABLE_KINDS}
    if name not in usable:
        known = ", ".join(usable) or "none"
        fail(ConfigurationError(f"{interface.name} has no method {name!r}; it has: {known}"))
    return usable[name]


def _read_values(
    interface: Interface, method: MethodInterface | None, arguments: list[str] | None
) -> dict[str, object]:
    """Return all arguments of the method, in its order, as values of the types that it declares."""
    texts = parse_arguments(arguments)
    parameters = () if method is None else method.parameters
    if set(texts) != {each.name for each in parameters}:
        taken = ", ".join(f"{each.name}=<{each.type}>" for each in parameters) or "no arguments"
        name = "the contract" if method is None else method.name
        fail(ConfigurationError(f"{name} takes {taken}"))
    values: dict[str, object] = {}
    for each in parameters:
        try:
            value = parse_value(texts[each.name], each.type)
            values[each.name] = from_json(interface, each.type, value)
        except DureError as problem:
            raise ConfigurationError(f"{each.name}: {problem.message}") from problem
    return values


def _to_json(interface: Interface, method: str, value: Any) -> object:
    return to_json(interface, interface.methods[method].result, value)


def _read(file: Path) -> str:
    try:
        data = file.read_bytes()
        if len(data) > SOURCE_BYTES_MAX:
            fail(ConfigurationError(f"{file} has {len(data)} bytes; no contract is so long"))
        return data.decode("utf-8")
    except OSError as problem:
        fail(ConfigurationError(f"{file} cannot be read: {problem.strerror}"))
    except UnicodeDecodeError:
        fail(ConfigurationError(f"{file} is not text in UTF-8"))


def _find_class(file: Path, source: str, wanted: str | None) -> str:
    names = [
        line.removeprefix("class ").split("(")[0]
        for line in source.splitlines()
        if line.startswith("class ") and line.rstrip().endswith("(Contract):")
    ]
    chosen = [name for name in names if wanted in {None, name}]
    if len(chosen) != 1:
        known = ", ".join(names) or "none"
        fail(ConfigurationError(f"name the contract class with --class; {file} has: {known}"))
    return chosen[0]


def _parse_role(network: Path, text: str) -> tuple[str, Address]:
    role, mark, holder = text.rpartition("=")
    if not mark:
        fail(ConfigurationError(f"a role is given as ROLE=ADDRESS or ROLE=MEMBER, not {text!r}"))
    if holder.startswith("dure1"):
        return role, decode_address(holder)
    return role, load_account(network, holder).address


def _print_problems(file: Path, problems: Sequence[Problem]) -> None:
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
