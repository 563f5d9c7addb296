"""`dure network regenesis`: go on after a quorum was lost for good, in four steps.

Every step reads files and changes nothing on the old chain.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from dure.chain.genesis.document import GenesisDocument, Organisation, get_names
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
from dure.chain.transaction import KeyPolicy, Policy, ThresholdPolicy, get_keys
from dure.cli.access import load_signing_key
from dure.cli.network.last_state import LastState, load_last_state
from dure.cli.network.refounding import refound_network
from dure.cli.network.succession_files import (
    Draft,
    check_draft,
    find_draft_flaws,
    load_draft,
    replace_document,
    write_draft,
)
from dure.cli.output import JsonOption, err, out, print_facts, print_json
from dure.cli.verify import load_trust, parse_chain
from dure.core.certificate import compute_certificate_hash
from dure.core.errors import ConfigurationError
from dure.core.types import PublicKey
from dure.core.validators import Validator, ValidatorSet, build_validator_set, compute_quorum
from dure.identity.keys import SigningKey
from dure.proof.succession import Succession
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
    typer.Option("--from", help="Folder of your own, stopped node of the old chain."),
]


@app.command("draft")
def draft(
    folder: Folder,
    *,
    source: Annotated[
        Path, typer.Option("--from", help="Folder of a stopped node of the old chain.")
    ],
    drop: Annotated[
        list[str] | None,
        typer.Option("--drop", help="An organisation that does not take part any more."),
    ] = None,
    minority: Annotated[
        bool,
        typer.Option(
            "--minority", help="State that no more than half of the organisations remain."
        ),
    ] = False,
    validator: Annotated[
        list[str] | None,
        typer.Option(
            "--validator",
            help="ORGANISATION=KEY of a validator; without any, those of the old chain whose "
            "organisations remain.",
        ),
    ] = None,
    authority: Annotated[
        str | None,
        typer.Option(
            "--authority",
            help="N:KEY,KEY,…: who decides for the members; without it, more than two thirds of "
            "the organisations that remain.",
        ),
    ] = None,
    organisation: Annotated[
        list[str] | None,
        typer.Option(
            "--organisation",
            help="ORGANISATION=KEY, or N:KEY,KEY,…, with which the account of one began that was "
            "admitted after the genesis.",
        ),
    ] = None,
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
    admitted = {name: parse_policy(text) for name, text in _split_all(organisation)}
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
    _show(made, check_draft(made, NO_TRUST, None), json=json)


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
    replace_document(made, add_signature(made, load_signing_key(key)))
    _show(load_draft(folder), succession, json=json)


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
    _show(made, succession, json=json)
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


def add_signature(made: Draft, key: SigningKey) -> GenesisDocument:
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


def describe_draft(made: Draft, succession: Succession) -> dict[str, Any]:
    """Return the machine-readable answer."""
    before, flaws = made.before, find_draft_flaws(made)
    return {
        "chain_id": made.chain_id.hex(),
        "old_chain_id": before.chain_id.hex(),
        "old_chain_known_as": succession.known_as,
        "old_height": before.height,
        "old_block_id": before.block_id.hex(),
        "old_time": before.time,
        "old_sealed_by": list(succession.sealed_by),
        "state_root": before.state_root.hex(),
        "test": made.genesis.test,
        "organisations": list(get_names(made.genesis)),
        "missing": list(before.missing),
        "by_minority": before.by_minority,
        "validators": [
            {"organisation": each.organisation, "key": each.key.hex()}
            for each in made.genesis.validators.members
        ],
        "authority": _describe_policy(before.authority),
        "signed_by": [name for name in get_names(made.genesis) if name not in flaws],
        "not_signed": flaws,
        "steps": list(succession.steps),
    }


def parse_policy(text: str) -> Policy:
    """Return the policy written as KEY or N:KEY,KEY,…; raise `ConfigurationError`."""
    threshold, mark, keys = text.partition(":")
    if not mark:
        return KeyPolicy(parse_key(text))
    if not threshold.isascii() or not threshold.isdigit():
        message = f"a policy is written as KEY or as N:KEY,KEY,… and not {text!r}"
        raise ConfigurationError(message)
    return ThresholdPolicy(int(threshold), tuple(sorted(map(parse_key, keys.split(",")))))


def parse_key(text: str) -> PublicKey:
    """Return a public key of 64 hexadecimal digits; raise `ConfigurationError`."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigurationError(f"a public key has 64 hexadecimal digits, not {text!r}")
    return PublicKey(key)


def _choose_authority(
    last: LastState, remaining: tuple[Organisation, ...], given: str | None
) -> Policy:
    if given is not None:
        return parse_policy(given)
    return draft_authority(last.items, tuple(each.policy for each in remaining))


def _choose_validators(
    last: LastState, missing: frozenset[str], given: list[str] | None
) -> ValidatorSet:
    if given is None:
        members = [each for each in last.validators.members if each.organisation not in missing]
    else:
        members = [Validator(parse_key(key), name) for name, key in _split_all(given)]
    try:
        return build_validator_set(members)
    except ValueError as problem:
        message = f"these validators cannot begin a chain: {problem}"
        raise ConfigurationError(message) from problem


def _split_all(given: list[str] | None) -> Iterable[tuple[str, str]]:
    for text in given or ():
        name, mark, value = text.partition("=")
        if not mark or not name:
            raise ConfigurationError(f"it is written as ORGANISATION=KEY, not {text!r}")
        yield name, value


def _describe_policy(policy: Policy) -> dict[str, Any]:
    keys = [key.hex() for key in get_keys(policy)]
    return {"threshold": getattr(policy, "threshold", 1), "keys": keys}


def _show(made: Draft, succession: Succession, *, json: bool) -> None:
    facts = describe_draft(made, succession)
    if json:
        print_json(facts)
        return
    before, genesis = made.before, made.genesis
    moment = datetime.fromtimestamp(before.time / 1000, UTC)
    count, needed = len(genesis.validators), compute_quorum(len(genesis.validators))
    known = succession.known_as or "unknown to you: name it with --chain"
    authority = facts["authority"]
    print_facts(
        "A chain that goes on from another",
        [
            ("new chain id", made.chain_id.hex()),
            ("old chain id", f"{before.chain_id.hex()} ({known})"),
            ("old chain ended", f"height {before.height}, {moment:%Y-%m-%d %H:%M:%S} UTC"),
            ("with block", before.block_id.hex()),
            ("sealed by", ", ".join(succession.sealed_by)),
            ("take part", ", ".join(get_names(genesis))),
            ("MISSING", ", ".join(before.missing) or "nobody"),
            ("minority", "YES: no more than half remain" if before.by_minority else "no"),
            ("validators", f"{count}, of which {needed} decide"),
            ("authority", f"{authority['threshold']} of {len(authority['keys'])} keys"),
            ("what changes", "validators, the authority's keys, the missing organisations' say"),
            ("what stays", "all else: money, accounts, contracts, roles, scheduled calls"),
            *((f"check {number}", step) for number, step in enumerate(succession.steps, 1)),
            ("signed by", ", ".join(facts["signed_by"]) or "nobody yet"),
            *(("NOT SIGNED", flaw) for flaw in facts["not_signed"].values()),
        ],
    )
