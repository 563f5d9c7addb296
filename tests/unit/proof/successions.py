"""A chain that ended, what those who remain resolve, and the signed genesis that goes on."""

from dataclasses import dataclass, field

import msgspec

from dure.chain.executor import Executor
from dure.chain.genesis.document import Genesis, GenesisDocument, compute_chain_id, get_names
from dure.chain.genesis.predecessor import (
    Endorsement,
    Predecessor,
    compute_endorsement_message,
)
from dure.chain.genesis.succession import Resolution, draft_authority, draft_genesis
from dure.chain.transaction import Policy
from dure.cli.network.regenesis.last_state import build_state_file
from dure.core.certificate import compute_certificate_hash
from dure.core.validators import build_validator_set
from dure.identity.keys import SigningKey
from dure.proof import FinalBlock
from dure.proof.succession import EVIDENCE_FORMAT, Evidence
from tests.unit.proof.chains import MEMBERS, NAMES, Chain, SleepyMachine, sign

LOST = frozenset({"airline", "supervisor"})


@dataclass
class Ended:
    """A chain whose last final block is `last`."""

    chain: Chain = field(default_factory=Chain)
    last: FinalBlock = field(init=False)

    def __post_init__(self) -> None:
        self.chain.deploy_sleeper()
        self.last = self.chain.add(self.chain.transfers(7))

    @property
    def items(self) -> dict[bytes, bytes]:
        """The state at the end."""
        return {k: v for k, v in self.chain.executor.copy_state().items() if v is not None}

    @property
    def evidence(self) -> Evidence:
        """That the last block was final."""
        genesis, header = self.chain.document.genesis, self.last.block.header
        return Evidence(
            EVIDENCE_FORMAT, genesis, self.last.handovers, header, self.last.certificate
        )

    @property
    def state_file(self) -> bytes:
        """The state at the end, as it is handed on."""
        return build_state_file(self.items)

    def resolve(self, **changes: object) -> Resolution:
        """Return that bank and insurer go on with their own nodes."""
        missing = changes.get("missing", LOST)
        assert isinstance(missing, frozenset)
        members = self.chain.executor.head.validators.members
        organisations = self.chain.document.genesis.organisations
        kept = tuple(each.policy for each in organisations if each.name not in missing)
        given: dict[str, object] = {
            "missing": missing,
            "validators": build_validator_set(
                [each for each in members if each.organisation not in missing]
            ),
            "authority": draft_authority(self.items, kept),
            "by_minority": True,
            "admitted": {},
        }
        return Resolution(**(given | changes))  # type: ignore[arg-type]  # fields by name

    def draft(self, resolution: Resolution | None = None) -> GenesisDocument:
        """Return the genesis, not signed yet."""
        return draft_genesis(
            self.chain.document.genesis,
            self.last.block.header,
            compute_certificate_hash(self.last.certificate),
            self.items,
            resolution or self.resolve(),
        )

    def begin(self) -> Executor:
        """Return the new chain's ledger."""
        return Executor(endorse(self.draft()), SleepyMachine(), self.items)


def key_of(name: str) -> SigningKey:
    """Return the key of an organisation's account."""
    return MEMBERS[NAMES.index(name)]


def endorse(document: GenesisDocument, *, policy: Policy | None = None) -> GenesisDocument:
    """Return the genesis signed by all that it names."""
    message = compute_endorsement_message(compute_chain_id(document.genesis))
    before = get_before(document.genesis)
    endorsements = tuple(
        Endorsement(name, sign(policy or signer, MEMBERS, message))
        for name, signer in zip(get_names(document.genesis), before.signers, strict=True)
    )
    return msgspec.structs.replace(document, endorsements=endorsements)


def get_before(genesis: Genesis) -> Predecessor:
    """Return what a genesis says of the chain before."""
    assert genesis.predecessor is not None
    return genesis.predecessor
