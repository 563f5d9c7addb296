"""A chain of four organisations that decide by votes, with short words for what its tests do."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from dure.chain import state, system
from dure.chain.genesis.document import GenesisDocument, Organisation
from dure.chain.genesis.governance import GOVERNANCE, GovernancePlan, VotingRule
from dure.chain.receipt import Record
from dure.chain.transaction import Call
from dure.contract.bundle import Source
from dure.contract.library.governance import Governance
from dure.contract.machine import InProcessMachine, compute_code_hash
from dure.contract.ports import Machine
from dure.contract.source import bundle, read_source
from dure.core.attestation import Attestation
from dure.core.codec import decode, encode
from dure.core.types import Gas, Milliseconds, Unsigned
from dure.core.validators import Validator, build_validator_set
from dure.sdk.governance import ProposalRecord
from tests.unit.chain.ledger import (
    CAROL,
    VALIDATORS,
    Ledger,
    address_of,
    build_document,
    change,
    derive_key,
    policy_of,
    transfer,
)
from tests.unit.chain.machine import ScriptMachine
from tests.unit.chain.test_validators import attest

MEMBERS = ("bank", "mill", "port", "rail")
PERIOD = 60_000
GAS = Gas(60_000_000)
SOURCE: Source = read_source(Governance)

COUNTER = """
from dure.contract.language import Contract, Var, call, init, migrate, view


class Counter(Contract):
    \"\"\"Counts.\"\"\"

    count: Var[int]

    @init
    def begin(self, start: int) -> None:
        \"\"\"Begin somewhere.\"\"\"
        self.count = start

    @call
    def add(self) -> int:
        \"\"\"Count.\"\"\"
        self.count += STEP
        return self.count
"""


def counter(step: int, extra: str = "") -> Source:
    text = COUNTER.replace("class Counter", f"STEP = {step}\n\n\nclass Counter") + extra
    return bundle(text.replace(", migrate, view", ", migrate" if extra else ""), "Counter")


def key_of(organisation: str) -> str:
    """Return the label of an organisation's validator key."""
    return VALIDATORS[0] if organisation == "bank" else f"validator of {organisation}"


def validator_of(organisation: str) -> Validator:
    return Validator(derive_key(key_of(organisation)).public, organisation)


def plan(rule: VotingRule = VotingRule.MAJORITY, named: Iterable[str] = ()) -> GovernancePlan:
    return GovernancePlan(rule, tuple(named), Milliseconds(PERIOD), compute_code_hash(SOURCE))


def build_voting(
    authority: GovernancePlan | None = None, members: Sequence[str] = MEMBERS, **fields: Any
) -> GenesisDocument:
    organisations = tuple(Organisation(name, policy_of(name), None) for name in members)
    document = build_document(
        authority=authority or plan(),
        organisations=organisations,
        validators=build_validator_set([validator_of(name) for name in members]),
        **fields,
    )
    return cast("GenesisDocument", change(document, governance=SOURCE))


@dataclass
class Voting:
    """A chain on which organisations propose and vote."""

    document: GenesisDocument = field(default_factory=build_voting)
    machine: Machine = field(default_factory=InProcessMachine)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.document, cast("ScriptMachine", self.machine))

    def call(self, who: str, method: str, *arguments: object, after: int = 1) -> Record:
        call = Call(GOVERNANCE, method, encode(arguments), None)
        return self.ledger.run(who, call, gas_limit=GAS, after=after)

    def propose(
        self, who: str, action: str, given: object, seen: Iterable[Attestation] = (), **options: Any
    ) -> Record:
        word = encode(tuple(seen)) if seen else b""
        return self.call(who, "propose", action, encode(given), "why", word, **options)

    def vote(
        self,
        who: str,
        number: int,
        in_favour: bool = True,
        seen: Iterable[Attestation] = (),
        **options: Any,
    ) -> Record:
        word = encode(tuple(seen)) if seen else b""
        return self.call(who, "vote", number, in_favour, word, **options)

    def decide(self, action: str, given: object, seen: Iterable[Attestation] = ()) -> Record:
        """Have three of four members decide; return the record of the vote that does."""
        number = decode(Unsigned, ok(self.propose("bank", action, given)).outcomes[0].result)
        ok(self.vote("port", number))
        return self.vote("rail", number, seen=seen)

    def check(self, who: str) -> None:
        """Raise `InvalidTransaction` where that account cannot send now."""
        (opened,) = self.ledger.open(self.ledger.sign(who, transfer(CAROL, 1)))
        self.ledger.executor.check(opened, self.ledger.time)

    def attest(self, *organisations: str) -> list[Attestation]:
        return [attest(self.ledger, key_of(name)) for name in organisations]

    def read(self, number: int) -> ProposalRecord:
        key = state.key_storage(GOVERNANCE, encode(("proposals", number)))
        return self.ledger.executor.view().require(ProposalRecord, key)

    def state_of(self, number: int) -> str:
        return self.read(number).state

    def is_member(self, name: str) -> bool:
        return self.ledger.executor.read(state.key_organisation(name)) is not None


def ok(record: Record) -> Record:
    assert record.receipt.status == "ok", record.receipt
    return record


def refusal(record: Record) -> tuple[str, str]:
    return record.receipt.status, record.receipt.message


def admit(name: str) -> system.AdmitOrganisationArguments:
    return system.AdmitOrganisationArguments(name, address_of(name))


def expel(name: str) -> system.DecideExpulsionArguments:
    return system.DecideExpulsionArguments(name)
