"""`dure network regenesis`: go on after a quorum was lost for good, in four steps.

Every step reads files and changes nothing on the old chain.
"""

from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from dure.chain.genesis.document import GenesisDocument, Organisation, get_names
from dure.chain.genesis.governance import GovernancePlan
from dure.chain.genesis.predecessor import (
    begin_endorsement,
    compute_endorsement_message,
    sign_endorsement,
)
from dure.chain.genesis.succession import (
    Resolution,
    draft_authority,
    draft_genesis,
    list_remaining,
)
from dure.chain.transaction import Policy, get_keys
from dure.cli.network.hosting.life import hold_folder
from dure.cli.network.regenesis.draft_files import (
    Draft,
    check_draft,
    find_draft_flaws,
    load_draft,
    replace_document,
    write_draft,
)
from dure.cli.network.regenesis.last_state import LastState, load_last_state
from dure.cli.network.regenesis.refounding import refound_network
from dure.cli.network.regenesis.typed import parse_key, parse_policy, split_all
from dure.cli.network.regenesis.words import show_draft
from dure.cli.output import JsonOption, err, out, print_json
from dure.cli.unlocking import unlock
from dure.cli.verify import load_trust, parse_chain
from dure.core.certificate import compute_certificate_hash
from dure.core.errors import ConfigurationError
from dure.core.validators import Validator, ValidatorSet, build_validator_set
from dure.identity.keys import Key
from dure.proof.trust import NO_TRUST, Trust, trust_chain

EXIT_INCOMPLETE: Final = 3
"""Everything holds, but a signature or the reader's knowledge of the old chain is missing."""

app = typer.Typer(
    no_args_is_help=True,
    help="Begin a new chain with the last final state of one whose quorum is lost for good.",
)

Folder = Annotated[Path, typer.Argument(help="The folder of the new chain.")]
FromNode = Annotated[
    Path | None,
    typer.Option("--from", help="Folder of your own node of the old chain."),
]


Drop = Annotated[
    list[str] | None,
    typer.Option("--drop", help="An organisation that does not take part any more."),
]
Minority = Annotated[
    bool,
    typer.Option("--minority", help="State that no more than half of the organisations remain."),
]
Validators = Annotated[
    list[str] | None,
    typer.Option(
        "--validator",
        help="ORGANISATION=KEY of a validator; without any, those of the old chain whose "
        "organisations remain.",
    ),
]
Authority = Annotated[
    str | None,
    typer.Option(
        "--authority",
        help="N:KEY,KEY,…: who decides for the members; without it, more than two thirds of the "
        "organisations that remain.",
    ),
]
Admitted = Annotated[
    list[str] | None,
    typer.Option(
        "--organisation",
        help="ORGANISATION=KEY, or N:KEY,KEY,…, with which the account of one began that was "
        "admitted after the genesis.",
    ),
]


@app.command("draft")
def draft(
    folder: Folder,
    *,
    source: Annotated[Path, typer.Option("--from", help="Folder of a node of the old chain.")],
    drop: Drop = None,
    minority: Minority = False,
    validator: Validators = None,
    authority: Authority = None,
    organisation: Admitted = None,
    name: Annotated[
        str | None, typer.Option(help="What the new chain calls itself; else as the old one.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Draft the new genesis from the last final block that a node has.

    It names the old chain, that block, its certificate, and who is missing. Nobody has signed it
    yet. From the same block and certificate every member drafts the same bytes.

    Example: dure network regenesis draft new-network --from my-network/insurer --drop bank
    """
    last = load_last_state(source)
    old, missing = last.evidence.genesis, frozenset(drop or ())
    admitted = {name: parse_policy(text) for name, text in split_all(organisation)}
    remaining = list_remaining(old, last.items, missing=missing, admitted=admitted)
    resolution = Resolution(
        missing=missing,
        validators=_choose_validators(last, missing, validator),
        authority=_choose_authority(last, remaining, authority),
        by_minority=minority,
        admitted=admitted,
        name=name,
    )
    certificate_hash = compute_certificate_hash(last.evidence.certificate)
    document = draft_genesis(old, last.evidence.header, certificate_hash, last.items, resolution)
    write_draft(folder, document, last)
    made = load_draft(folder)
    show_draft(made, check_draft(made, NO_TRUST, None), json=json)


@app.command("sign")
def sign(
    folder: Folder,
    *,
    key: Annotated[Path, typer.Option("--key", help="Key file of your organisation's account.")],
    own: FromNode = None,
    without_node: Annotated[
        bool,
        typer.Option("--without-node", help="Sign although no node of yours confirms the state."),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Endorse the new genesis for your organisation, after everything in it was checked again.

    Where your account acts by several keys, sign once with each. Pass the folder on to the others.

    Example: dure network regenesis sign new-network --key airline/account.json --from airline
    """
    if (own is None) != without_node:
        raise ConfigurationError(
            "name your own node's folder with --from, so that the draft is compared with what it "
            "knows; or say --without-node if it is lost"
        )
    made = load_draft(folder)
    succession = check_draft(made, NO_TRUST, None if own is None else load_last_state(own))
    replace_document(made, add_signature(made, unlock(key)))
    show_draft(load_draft(folder), succession, json=json)


@app.command("check")
def check(
    folder: Folder,
    *,
    own: FromNode = None,
    chain: Annotated[
        str | None, typer.Option("--chain", help="Id of the old chain, 64 hex digits.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say in words what the new genesis is, and whether everything about it holds.

    Exit code 0: it holds, all have signed, and you know the old chain. 1: something is wrong, and
    is named. 3: it holds so far, but signatures are missing, or you do not know the old chain.

    Example: dure network regenesis check new-network --from airline --chain 3f9a…
    """
    trust: Trust = load_trust() if chain is None else trust_chain(parse_chain(chain))
    made = load_draft(folder)
    succession = check_draft(made, trust, None if own is None else load_last_state(own))
    show_draft(made, succession, json=json)
    if find_draft_flaws(made) or succession.known_as is None:
        raise typer.Exit(EXIT_INCOMPLETE)


@app.command("found")
def found(
    folder: Folder,
    *,
    source: Annotated[
        list[Path],
        typer.Option("--from", help="Folder of an old node that goes on; may be given again."),
    ],
    json: JsonOption = False,
) -> None:
    """Make the node folders with which members start on the new chain, once all have signed.

    Keys, certificates and ports are those of the old nodes, which therefore stay stopped.

    Example: dure network regenesis found new-network --from my-network/insurer
    """
    with hold_folder(folder, folder.name):
        network, absent = refound_network(folder, source)
    if json:
        print_json(
            {
                "chain_id": network.chain_id,
                "members": [member.name for member in network.members],
                "not_in_peers": list(absent),
            }
        )
        return
    for member in network.members:
        out.print(f"{member.name}: {folder / member.name}", highlight=False)
    if absent:
        err.print(f"add to {folder / 'peers.toml'} the nodes of {', '.join(absent)}")
    out.print(f"Start it with: [bold]dure network up {folder}[/bold]")


def add_signature(made: Draft, key: Key) -> GenesisDocument:
    """Return the genesis endorsed by one more key; raise `ConfigurationError` for a stranger's."""
    names = get_names(made.genesis)
    given = {each.organisation: each for each in made.document.endorsements}
    signed = False
    for name, policy in zip(names, made.before.signers, strict=True):
        if key.public in get_keys(policy):
            signature = key.sign(compute_endorsement_message(made.chain_id))
            begun = given.get(name) or begin_endorsement(name, policy)
            given[name] = sign_endorsement(begun, key.public, signature)
            signed = True
    if not signed:
        message = "that key acts for no organisation that takes part: nothing was signed"
        raise ConfigurationError(message, key=key.public)
    endorsements = tuple(given[name] for name in names if name in given)
    return msgspec.structs.replace(made.document, endorsements=endorsements)


def _choose_authority(
    last: LastState, remaining: tuple[Organisation, ...], given: str | None
) -> Policy | None:
    if isinstance(last.evidence.genesis.authority, GovernancePlan):
        if given is not None:
            raise ConfigurationError("this chain decides by votes: nobody is named with keys")
        return None
    if given is not None:
        return parse_policy(given)
    return draft_authority(last.items, tuple(each.policy for each in remaining))


def _choose_validators(
    last: LastState, missing: frozenset[str], given: list[str] | None
) -> ValidatorSet:
    if given is None:
        members = [each for each in last.validators.members if each.organisation not in missing]
    else:
        members = [Validator(parse_key(key), name) for name, key in split_all(given)]
    try:
        return build_validator_set(members)
    except ValueError as problem:
        message = f"these validators cannot begin a chain: {problem}"
        raise ConfigurationError(message) from problem
