"""From an operator's words to a proposal: who is there, who is new, what the chain would say."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dure.chain import state
from dure.chain.genesis.document import Genesis
from dure.chain.system import SetValidatorsArguments
from dure.chain.transaction import Call, KeyPolicy, compute_address
from dure.cli.access import connect, fetch
from dure.cli.network.founding import Network, load_network
from dure.cli.network.membership.change import (
    Facts,
    Wish,
    choose_attestations,
    compute_members,
    judge,
    parse_height,
    read_facts,
)
from dure.cli.network.regenesis.last_state import load_genesis
from dure.cli.operating.attest import load_attestation, request_attestation
from dure.contract.ports import Refusal
from dure.core.attestation import Attestation
from dure.core.errors import ConfigurationError, DureError, NotFound
from dure.core.types import Address, Instant, PublicKey
from dure.core.validators import Validator
from dure.identity.keys import load_public_key
from dure.proof.claims import StateClaim
from dure.sdk import Client, ledger_calls


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change with all that a person wants to know before sending it."""

    facts: Facts
    given: SetValidatorsArguments
    now: Instant
    admitted: tuple[tuple[str, Address], ...]
    """Organisations that become members in the same transaction, with their accounts."""
    absent: dict[PublicKey, str]
    """Why there is no attestation of a validator."""
    refusal: Refusal | None
    """What the next block would say."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """What the transaction does, all or nothing."""
        admissions = [ledger_calls.admit_organisation(*each) for each in self.admitted]
        change = ledger_calls.set_validators(
            self.given.members,
            from_height=self.given.from_height,
            attestations=self.given.attestations,
        )
        return (*admissions, change)


def build_proposal(
    folder: Path, wish: Wish, from_height: str, files: Iterable[Path], accounts: Sequence[str]
) -> Proposal:
    """Ask the nodes, and return the change that the operator means."""
    network = load_network(folder)
    genesis = load_genesis(folder / "genesis.dure").genesis
    facts = read_facts(fetch(folder, "/v1/status"), fetch(folder, "/v1/validators"))
    members = compute_members(wish, facts.present, network)
    with connect(folder) as client:
        strangers = _find_strangers(members, genesis, client, facts)
    admitted, unknown = _find_accounts(folder, strangers, accounts)
    attestations, absent = gather_attestations(folder, network, members, files)
    given = SetValidatorsArguments(members, parse_height(from_height, facts.height), attestations)
    now = Instant(time.time_ns() // 1_000_000)
    return Proposal(facts, given, now, admitted, absent, judge(given, facts, now, unknown))


def _find_strangers(
    members: Iterable[Validator], genesis: Genesis, client: Client, facts: Facts
) -> list[str]:
    """Return the organisations of these validators that are no members of the chain yet."""
    known = {organisation.name for organisation in genesis.organisations}
    asked = dict.fromkeys(member.organisation for member in members)
    return [name for name in asked if name not in known and not _is_member(name, client, facts)]


def _is_member(name: str, client: Client, facts: Facts) -> bool:
    if not facts.height:
        # Nothing can be proved before the first block, and nobody was admitted either.
        return False
    claim = client.prove_state(state.key_organisation(name)).claim
    return isinstance(claim, StateClaim) and claim.value is not None


def _find_accounts(
    folder: Path, strangers: Sequence[str], given: Sequence[str]
) -> tuple[tuple[tuple[str, Address], ...], list[str]]:
    """Return each stranger's account, and the strangers without one."""
    files = {name: folder / name / "account.json" for name in strangers}
    for text in given:
        name, mark, file = text.partition("=")
        if not mark or name not in files:
            message = f"--account says ORGANISATION=FILE of an organisation that is new: {text!r}"
            raise ConfigurationError(message)
        files[name] = Path(file)
    named = {text.partition("=")[0] for text in given}
    found = {
        name: compute_address(KeyPolicy(load_public_key(file)))
        for name, file in files.items()
        if name in named or file.exists()
    }
    return tuple(found.items()), [name for name in strangers if name not in found]


def gather_attestations(
    folder: Path, network: Network, members: Sequence[Validator], files: Iterable[Path]
) -> tuple[tuple[Attestation, ...], dict[PublicKey, str]]:
    """Return the newest attestation of each member, and why the others have none."""
    given = [load_attestation(file) for file in files]
    absent: dict[PublicKey, str] = {}
    names = {member.validator_key: member.name for member in network.members}
    for member in members:
        name = names.get(member.key.hex())
        if name is None:
            absent[member.key] = "its node is not in this folder, and no file was given"
            continue
        try:
            given.append(request_attestation(folder / name / "node.toml"))
        except DureError as problem:
            absent[member.key] = problem.message
    chosen = choose_attestations(given, members)
    for attestation in chosen:
        absent.pop(attestation.statement.validator, None)
        _refuse_other_branch(folder, attestation)
    return chosen, absent


def _refuse_other_branch(folder: Path, attestation: Attestation) -> None:
    """Raise `ConfigurationError` where the attested block is another than the chain's."""
    statement = attestation.statement
    try:
        block: dict[str, Any] = fetch(folder, f"/v1/blocks/{statement.height}")
    except NotFound:
        # The node that was asked is not that far; the chain will see.
        return
    if block["block_id"] != statement.block_id.hex():
        message = (
            f"the node of {statement.validator.hex()} holds another block at height "
            f"{statement.height} than this chain: it must not become a validator"
        )
        raise ConfigurationError(message, height=statement.height)
