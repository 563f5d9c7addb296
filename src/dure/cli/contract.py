"""`dure contract`: check a contract, put it on a chain, call it, read it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from dure.cli.access import (
    Arguments,
    AsOption,
    NetworkOption,
    connect,
    load_account,
    load_authority,
    parse_arguments,
)
from dure.cli.output import JsonOption, err, fail, out, print_facts, print_json
from dure.contract.checker import check
from dure.contract.interface import Interface, build_interface
from dure.contract.problems import Problem
from dure.contract.values import from_json, to_json
from dure.core.address import decode_address, encode_address
from dure.core.errors import ConfigurationError
from dure.core.types import Address

app = typer.Typer(no_args_is_help=True, help="Check, deploy, call and read contracts.")

SOURCE_BYTES_MAX = 1024 * 1024

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
    problems = check(_read(file))
    if json:
        print_json({"file": str(file), "problems": [_describe(problem) for problem in problems]})
    for problem in [] if json else problems:
        where = f"{file}:{problem.line}:{problem.column}"
        err.print(f"{where} [red]{problem.rule}[/red] {problem.message}", highlight=False)
        err.print(f"    {problem.instead}", highlight=False)
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
    source = _read(file)
    name = class_name or _find_class(file, source)
    roles: dict[str, list[Address]] = {}
    for text in role or []:
        granted, holder = _parse_role(network, text)
        roles.setdefault(granted, []).append(holder)
    with connect(network) as client:
        deployed = client.deploy(
            source,
            name,
            by=load_authority(network),
            owner=load_account(network, owner).address,
            roles=roles,
            arguments=_read_values(build_interface(source, name), "init", arguments),
        )
    facts = {"contract": encode_address(deployed.address), "class": name}
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
        given = _read_values(proxy.interface, method, arguments)
        order = {"pay": pay} if pay else {}
        done = getattr(proxy, method)(by=load_account(network, as_), **order, **given)
    facts: dict[str, Any] = {
        "transaction_id": done.receipt.transaction_id.hex(),
        "height": done.receipt.height,
        "result": _to_json(proxy.interface, method, done.result),
        "gas_used": done.receipt.receipt.gas_used,
    }
    if json:
        print_json(facts)
    else:
        print_facts("Final", facts.items())


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
        given = _read_values(proxy.interface, method, arguments)
        result = _to_json(proxy.interface, method, getattr(proxy, method)(**given))
    if json:
        print_json({"result": result})
    else:
        out.print(result)


def _read_values(
    interface: Interface, method: str, arguments: list[str] | None
) -> dict[str, object]:
    """Return the arguments as values of the types that the method declares."""
    texts = parse_arguments(arguments)
    known = interface.initialiser if method == "init" else interface.methods.get(method)
    types = {each.name: each.type for each in known.parameters} if known else {}
    return {
        name: from_json(interface, types[name], value) if name in types else value
        for name, value in texts.items()
    }


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


def _find_class(file: Path, source: str) -> str:
    names = [
        line.removeprefix("class ").split("(")[0]
        for line in source.splitlines()
        if line.startswith("class ") and line.rstrip().endswith("(Contract):")
    ]
    if len(names) != 1:
        known = ", ".join(names) or "none"
        fail(ConfigurationError(f"name the contract class with --class; {file} has: {known}"))
    return names[0]


def _parse_role(network: Path, text: str) -> tuple[str, Address]:
    role, mark, holder = text.rpartition("=")
    if not mark:
        fail(ConfigurationError(f"a role is given as ROLE=ADDRESS or ROLE=MEMBER, not {text!r}"))
    if holder.startswith("dure1"):
        return role, decode_address(holder)
    return role, load_account(network, holder).address


def _describe(problem: Problem) -> dict[str, Any]:
    return {
        "rule": problem.rule,
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "instead": problem.instead,
    }
