"""`dure governance propose`: one command for each thing that the members decide together."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dure.chain.parameters import Parameters
from dure.chain.transaction import KeyPolicy, compute_address
from dure.cli.access import (
    Arguments,
    HolderArgument,
    RolesOption,
    fetch,
    find_address,
    parse_arguments,
    parse_roles,
)
from dure.cli.contracts.arguments import read_values
from dure.cli.contracts.authoring.file import SourceFile
from dure.cli.contracts.authoring.source import ClassOption, load_source
from dure.cli.governance.acting import (
    AsMember,
    Attestations,
    Folder,
    Summary,
    decide,
    gather_without,
)
from dure.cli.network.membership.change import Wish, parse_height
from dure.cli.network.membership.gathering import build_proposal
from dure.cli.output import JsonOption
from dure.contract.interface import build_interface
from dure.contract.values import encode_arguments
from dure.core.address import decode_address
from dure.core.codec import encode
from dure.core.errors import ConfigurationError
from dure.core.types import Height
from dure.identity.keys import load_public_key
from dure.sdk import ledger_calls

app = typer.Typer(
    no_args_is_help=True,
    help="Propose one thing, and vote for it; where the members share an account, do it.",
)

Name = Annotated[str, typer.Argument(help="The organisation.")]
Contract = Annotated[str, typer.Argument(help="The contract's address.")]
Role = Annotated[str, typer.Argument(help="The role, as the contract calls it.")]
KeyFile = Annotated[Path | None, typer.Option(help="Key file of the account.")]


@app.command("admit")
def admit(
    folder: Folder,
    name: Name,
    *,
    account: KeyFile = None,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Make NAME a member; its account key lies in FOLDER/NAME or in the file given.

    Example: dure governance propose admit my-network echo --as bank
    """
    file = folder / name / "account.json" if account is None else account
    address = compute_address(KeyPolicy(load_public_key(file)))
    call = ledger_calls.admit_organisation(name, address)
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("expel")
def expel(
    folder: Folder,
    name: Name,
    *,
    attestation: Attestations = None,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """End the membership of NAME: its accounts send nothing, its validators decide nothing.

    Example: dure governance propose expel my-network airline --as bank
    """
    seen = gather_without(folder, name, attestation or ())
    call = ledger_calls.expel_organisation(name, seen)
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("rotate")
def rotate(
    folder: Folder,
    name: Name,
    *,
    key: Annotated[Path, typer.Option(help="File with the new account key.")],
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Give the account of NAME a new key, where its own is lost; the address stays.

    Example: dure governance propose rotate my-network bank --key new.json --as insurer
    """
    call = ledger_calls.rotate_organisation(name, KeyPolicy(load_public_key(key)))
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("validators")
def validators(
    folder: Folder,
    *,
    from_height: Annotated[
        str, typer.Option(help="First height that they decide: +5 counts from the decision.")
    ] = "+2",
    add: Annotated[
        list[str] | None, typer.Option(help="NODE or ORGANISATION=KEY, as often as needed.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(help="ORGANISATION, NODE or KEY, as often as needed.")
    ] = None,
    replace: Annotated[
        list[str] | None, typer.Option(help="OLD=NEW, for the same organisation.")
    ] = None,
    attestation: Attestations = None,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Let other validators decide about blocks; an organisation that is new is admitted before.

    Example: dure governance propose validators my-network --replace OLD=NEW --as bank
    """
    wish = Wish(add or (), remove or (), replace or ())
    proposal = build_proposal(folder, wish, from_height, attestation or (), ())
    if proposal.admitted:
        names = ", ".join(name for name, _ in proposal.admitted)
        raise ConfigurationError(f"{names} is no member yet: propose to admit it first")
    decide(folder, proposal.calls[-1], as_=as_, summary=summary, json=json)


@app.command("deploy")
def deploy(
    folder: Folder,
    file: SourceFile,
    arguments: Arguments = None,
    *,
    owner: Annotated[str, typer.Option(help="Member whose account owns the contract.")],
    class_name: ClassOption = None,
    role: RolesOption = None,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Put the contract in FILE on the chain; its address is the result.

    Example: dure governance propose deploy my-network token.py code=KRW decimals=0 --owner bank
    --role issuer=bank --as bank
    """
    source = load_source(file, class_name)
    interface = build_interface(source)
    values = read_values(interface, interface.initialiser, arguments)
    given = encode(())
    if interface.initialiser is not None:
        given = encode_arguments(interface, "init", (), values)
    call = ledger_calls.deploy(
        source,
        owner=find_address(folder, owner),
        arguments=given,
        roles=parse_roles(folder, role),
    )
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("upgrade")
def upgrade(
    folder: Folder,
    file: SourceFile,
    contract: Contract,
    arguments: Arguments = None,
    *,
    class_name: ClassOption = None,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Give CONTRACT the code in FILE; arguments are those of its @migrate.

    Example: dure governance propose upgrade my-network token2.py dure1… --as bank
    """
    source = load_source(file, class_name)
    interface = build_interface(source)
    values = read_values(interface, interface.migration, arguments)
    given = encode(())
    if interface.migration is not None:
        given = encode_arguments(interface, "migrate", (), values)
    call = ledger_calls.upgrade(decode_address(contract), source, arguments=given)
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("stop")
def stop(
    folder: Folder,
    contract: Contract,
    *,
    reason: Annotated[str, typer.Option(help="Why, for everybody to read.")],
    as_: AsMember = None,
    json: JsonOption = False,
) -> None:
    """Have CONTRACT answer views only, until it is started again.

    Example: dure governance propose stop my-network dure1… --reason "it is wrong" --as bank
    """
    call = ledger_calls.stop(decode_address(contract), reason)
    decide(folder, call, as_=as_, summary=reason, json=json)


@app.command("start")
def start(
    folder: Folder,
    contract: Contract,
    *,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Let CONTRACT run again.

    Example: dure governance propose start my-network dure1… --as bank
    """
    call = ledger_calls.start(decode_address(contract))
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("grant")
def grant(
    folder: Folder,
    contract: Contract,
    role: Role,
    holder: HolderArgument,
    *,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Give HOLDER the ROLE at CONTRACT.

    Example: dure governance propose grant my-network dure1… issuer bank --as bank
    """
    call = ledger_calls.grant(decode_address(contract), role, find_address(folder, holder))
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("revoke")
def revoke(
    folder: Folder,
    contract: Contract,
    role: Role,
    holder: HolderArgument,
    *,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Take the ROLE at CONTRACT from HOLDER.

    Example: dure governance propose revoke my-network dure1… issuer bank --as bank
    """
    call = ledger_calls.revoke(decode_address(contract), role, find_address(folder, holder))
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("give-role")
def give_role(
    folder: Folder,
    role: Role,
    holder: HolderArgument,
    *,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Give an organisation's account a ROLE that counts at every contract; it may pass it on.

    Example: dure governance propose give-role my-network oracle airline --as bank
    """
    call = ledger_calls.give_role(role, find_address(folder, holder))
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("take-role")
def take_role(
    folder: Folder,
    role: Role,
    holder: HolderArgument,
    *,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Take back a ROLE that counts at every contract, and with it all that was passed on.

    Example: dure governance propose take-role my-network oracle airline --as bank
    """
    call = ledger_calls.take_role(role, find_address(folder, holder))
    decide(folder, call, as_=as_, summary=summary, json=json)


@app.command("parameters")
def parameters(
    folder: Folder,
    changes: Annotated[list[str], typer.Argument(help="NAME=VALUE, as often as needed.")],
    *,
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Change numbers of the chain; what is not named stays.

    Example: dure governance propose parameters my-network heartbeat=60000 --as bank
    """
    present = fetch(folder, "/v1/status")["parameters"]
    known = set(Parameters.__struct_fields__)
    given = parse_arguments(changes)
    unknown = sorted(given.keys() - known)
    if unknown:
        message = f"there is no parameter {unknown[0]}; there are {', '.join(sorted(known))}"
        raise ConfigurationError(message)
    merged = {name: present[name] for name in known} | given
    try:
        wanted = msgspec.convert(
            tuple(merged[name] for name in Parameters.__struct_fields__), Parameters, strict=False
        )
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"the parameters cannot be like this: {problem}") from None
    decide(folder, ledger_calls.set_parameters(wanted), as_=as_, summary=summary, json=json)


@app.command("version")
def version(
    folder: Folder,
    number: Annotated[int, typer.Argument(min=1, help="The protocol version.")],
    *,
    from_height: Annotated[
        str, typer.Option(help="First height at which it holds; +500 counts from the newest.")
    ],
    as_: AsMember = None,
    summary: Summary = "",
    json: JsonOption = False,
) -> None:
    """Activate a protocol version that all organisations with validators have announced.

    Example: dure governance propose version my-network 2 --from-height +5000 --as bank
    """
    head = Height(fetch(folder, "/v1/status")["height"])
    call = ledger_calls.activate_version(number, from_height=parse_height(from_height, head))
    decide(folder, call, as_=as_, summary=summary, json=json)
