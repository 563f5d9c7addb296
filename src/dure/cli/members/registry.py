"""`dure member publish|revoke|give-role|take-role|add-device|remove-device|show`: on the chain."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dure.chain import membership, state
from dure.chain.transaction import Call, KeyPolicy, compute_address
from dure.cli.access import (
    AsOption,
    HolderArgument,
    NetworkOption,
    connect,
    find_address,
    load_account,
    load_authority,
)
from dure.cli.operating.noting import note_at_authority
from dure.cli.output import JsonOption, out, print_json, print_tree
from dure.core.address import encode_address
from dure.core.codec import decode
from dure.core.types import Address
from dure.core.validators import Name
from dure.identity.authorities.authority import find_serials, note_revoked
from dure.identity.authorities.authority import load_authority as load_certificate
from dure.identity.authorities.profile import CertificateRefused, read_authority
from dure.identity.keys import load_public_key
from dure.proof.claims import StateClaim
from dure.sdk import Client, ledger_calls

MEMBERS: Final = "members"
"""What `--as` says for the account that the members share."""

RoleArgument = Annotated[str, typer.Argument(help="The role's name, as contracts have it.")]
AsMembers = Annotated[
    str,
    typer.Option(
        "--as", help="A member's name or a key file; `members`: the account that they share."
    ),
]


def publish(
    authorities: Annotated[list[Path], typer.Argument(help="Folders of all its authorities.")],
    *,
    network: NetworkOption,
    by: AsOption,
    json: JsonOption = False,
) -> None:
    """Tell the chain which authorities certify for an organisation: these, and no others.

    To replace one, publish both, certify the nodes anew, and then publish the new one alone.

    Example: dure member publish echo-authority --network my-network --as echo.json
    """
    found = [load_certificate(folder) for folder in authorities]
    call = ledger_calls.set_authorities([each.der for each in found])
    facts = {"authorities": [each.key.hex() for each in found]}
    _send(network, by, call, facts, json=json)


def revoke(
    folder: Annotated[Path, typer.Argument(help="The authority's folder.")],
    holder: Annotated[str, typer.Argument(help="Name of the holder, or a serial number.")],
    *,
    reason: Annotated[str, typer.Option(help="Why; everybody can read it.")],
    network: NetworkOption,
    by: AsOption,
    json: JsonOption = False,
) -> None:
    """Make certificates worthless, on the chain and at the authority, and cut their holder off.

    Every node ends its connections with the holder with the block that decides it. By name all
    certificates of that holder are revoked that are not yet.

    Example: dure member revoke my-network/bank/authority bank-2 --reason "the machine was stolen"
    --network my-network --as bank
    """
    serials = find_serials(folder, holder)
    facts = {"holder": holder, "serials": " ".join(each.hex() for each in serials)}
    note_at_authority(folder, "certificates_revoked", facts)
    # First here, so that nothing is renewed meanwhile.
    for serial in serials:
        note_revoked(folder, serial)
    call = ledger_calls.revoke_certificates(serials, reason)
    _send(network, by, call, {"revoked": [serial.hex() for serial in serials]}, json=json)


def give_role(
    role: RoleArgument,
    holder: HolderArgument,
    *,
    network: NetworkOption,
    by: AsMembers,
    json: JsonOption = False,
) -> None:
    """Give a role that counts at every contract.

    The members give it to an organisation's account; the organisation passes it on to accounts that
    it has enrolled.

    Example: dure member give-role oracle airline --network my-network --as members
    """
    account = find_address(network, holder)
    call = ledger_calls.give_role(role, account)
    _send(network, by, call, {"role": role, "holder": encode_address(account)}, json=json)


def take_role(
    role: RoleArgument,
    holder: HolderArgument,
    *,
    network: NetworkOption,
    by: AsMembers,
    json: JsonOption = False,
) -> None:
    """Take back a role that counts at every contract, and with it all that was passed on.

    Example: dure member take-role oracle airline --network my-network --as members
    """
    account = find_address(network, holder)
    call = ledger_calls.take_role(role, account)
    _send(network, by, call, {"role": role, "holder": encode_address(account)}, json=json)


def add_device(
    name: Annotated[str, typer.Argument(help="What the device is called.")],
    key: Annotated[Path, typer.Argument(help="Its key file.")],
    *,
    kind: Annotated[str, typer.Option(help="What it is: thermometer, crane, charger …")],
    network: NetworkOption,
    by: AsOption,
    json: JsonOption = False,
) -> None:
    """Register a machine that signs by itself, as an account of the organisation.

    Example: dure member add-device t-1 t-1.json --kind thermometer --network my-network --as port
    """
    public = load_public_key(key)
    call = ledger_calls.register_device(name, kind, public)
    address = encode_address(compute_address(KeyPolicy(public)))
    _send(network, by, call, {"device": name, "address": address}, json=json)


def remove_device(
    device: HolderArgument,
    *,
    network: NetworkOption,
    by: AsOption,
    json: JsonOption = False,
) -> None:
    """Let a device go: its account leaves the organisation, and all its roles of the chain end.

    Example: dure member remove-device t-1.json --network my-network --as port
    """
    account = find_address(network, device)
    call = ledger_calls.remove_device(account)
    _send(network, by, call, {"device": encode_address(account)}, json=json)


def show(
    *,
    network: NetworkOption,
    json: JsonOption = False,
) -> None:
    """Show what the chain says of its organisations, proved by a block's state root.

    Example: dure member show --network my-network
    """
    with connect(network) as client:
        names = _read_names(client)
        members = {name: _describe(client, name) for name in names}
    if json:
        print_json({"members": members})
    else:
        print_tree("Members", members)


def _read_names(client: Client) -> tuple[Name, ...]:
    value = _read(client, state.ORGANISATIONS)
    return () if value is None else decode(tuple[Name, ...], value)


def _read(client: Client, key: bytes) -> bytes | None:
    """Return what stands under a key of the newest block's state, proved."""
    claim = client.prove_state(key).claim
    assert isinstance(claim, StateClaim), "the client has checked what was proved"
    return claim.value


def _describe(client: Client, name: Name) -> dict[str, Any]:
    account = _read(client, state.key_organisation(name))
    value = _read(client, membership.key_membership(name))
    found = membership.NO_MEMBERSHIP if value is None else decode(membership.Membership, value)
    return {
        "account": None if account is None else encode_address(Address(account)),
        "authorities": [_describe_authority(der) for der in found.authorities],
        "roles": list(found.roles),
        "attributes": {each.name: each.value for each in found.attributes},
    }


def _describe_authority(der: bytes) -> dict[str, str]:
    try:
        authority = read_authority(der)
    except CertificateRefused as refused:
        return {"problem": refused.message}
    return {"key": authority.key.hex(), "ends": f"{authority.not_after:%Y-%m-%d}"}


def _send(network: Path, by: str, call: Call, facts: dict[str, Any], *, json: bool) -> None:
    account = load_authority(network) if by == MEMBERS else load_account(network, by)
    with connect(network) as client:
        height = client.submit_and_wait([call], by=account).height
    if json:
        print_json({**facts, "decided": height})
        return
    for name, value in facts.items():
        for each in value if isinstance(value, list) else [value]:
            out.print(f"{name}: {each}", highlight=False, markup=False, soft_wrap=True)
    out.print(f"Decided in block {height}.", highlight=False)
