"""The JSON shapes of every answer.

OpenAPI is made from these types, and tests hold answers against them.
"""

from typing import Any

import msgspec

from dure.proof.json_form import Json

Number = int | str
"""An integer; one above 2⁵³-1 stands as decimal text."""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object with exactly these fields."""


class ErrorBody(Answer, frozen=True):
    """What was wrong. `code` is for programs and never changes, `message` is for people."""

    code: str
    message: str
    facts: dict[str, int | str | bool | None]


class ErrorAnswer(Answer, frozen=True):
    """The one shape of every error."""

    error: ErrorBody


class Accepted(Answer, frozen=True):
    """The transaction waits for a block."""

    transaction_id: str
    finality: str


class EventAnswer(Answer, frozen=True):
    """Something that a contract, or the ledger itself, said."""

    contract: str
    name: str
    data: str
    """Canonical bytes of the tuple of the event's fields."""
    fields: dict[str, Json] | None
    """The same opened by the contract's interface.

    Null where the interface does not know the event.
    """


class OutcomeAnswer(Answer, frozen=True):
    """What one call did."""

    result: str
    """Canonical bytes of the call's result."""
    events: list[EventAnswer]


class ReceiptAnswer(Answer, frozen=True):
    """The leaf under the header's receipt root."""

    kind: str
    id: str
    status: str
    message: str
    failed_call: int | None
    gas_used: Number
    outcomes_root: str


class FinalAnswer(Answer, frozen=True):
    """A transaction in a block, what came of it, and the proof file that shows both."""

    transaction_id: str
    finality: str
    confirmations: int
    height: int
    index: int
    block_id: str
    receipt: ReceiptAnswer
    outcomes: list[OutcomeAnswer]
    proof: dict[str, Any]


class PaymentAnswer(Answer, frozen=True):
    """Money that moved from the caller to the contract before the call."""

    asset: str
    amount: Number


class CallAnswer(Answer, frozen=True):
    """One call of a transaction."""

    contract: str
    method: str
    arguments: str
    """Canonical bytes of the tuple of arguments."""
    named: dict[str, Json] | None
    """The same opened by the contract's interface; null where it does not fit."""
    pays: PaymentAnswer | None


class TransactionAnswer(Answer, frozen=True):
    """A stored transaction, opened."""

    transaction_id: str
    finality: str
    confirmations: int
    height: int
    index: int
    block_id: str
    time: int
    sender: str
    payer: str | None
    valid_until: int
    gas_limit: Number
    calls: list[CallAnswer]
    receipt: ReceiptAnswer
    outcomes: list[OutcomeAnswer]


class MemberAnswer(Answer, frozen=True):
    """A validator and the organisation behind it."""

    key: str
    organisation: str


class ParametersAnswer(Answer, frozen=True):
    """The chain's own rules in numbers."""

    protocol_version: int
    block_bytes_max: Number
    block_gas_max: Number
    scheduled_gas_max: Number
    transaction_bytes_max: Number
    replay_window: Number
    quota_gas: Number
    quota_period: Number
    open_deployment: bool
    open_enrolment: bool
    open_reading: bool
    heartbeat: Number


class StatusAnswer(Answer, frozen=True):
    """Where the chain stands, as this node sees it."""

    node: str
    chain_id: str
    chain_name: str
    kind: str
    engine: str
    test: bool
    """A test chain may have a story clock; everything on it is play."""
    offset: int
    """Ledger time minus header time, in milliseconds; 0 but on a test chain."""
    height: int
    block_id: str
    block_time: int
    ledger_time: int
    state_root: str
    validator_key: str
    is_validator: bool
    authority: str
    story_clock: str | None
    members: list[MemberAnswer]
    parameters: ParametersAnswer
    waiting: int
    peers: int
    peers_connected: int
    syncing: bool
    activity: str
    """What the engine is doing and whom it waits for, in words."""
    explanation: list[str]
    """Why the chain advances or does not: what goes on, then each thing that is wrong."""
    turn_ms_p99: float
    """99 of 100 turns of the node's event loop lasted no longer in the last minute or two."""
    turn_ms_max: float
    """The longest of them: for so long the node heard nobody."""


class BlockSummary(Answer, frozen=True):
    """One block in a list."""

    height: int
    block_id: str
    time: int
    proposer: str
    transactions: int
    scheduled: int
    finality: str
    confirmations: int


class BlockList(Answer, frozen=True):
    """Blocks in rising order."""

    blocks: list[BlockSummary]
    next: int | None
    """`from` of the next page; null where nothing follows yet."""


class SealAnswer(Answer, frozen=True):
    """One member's signature under a block."""

    validator: str
    signature: str


class CertificateAnswer(Answer, frozen=True):
    """Why the block is final."""

    round: int
    seals: list[SealAnswer]


class HeaderAnswer(Answer, frozen=True):
    """What the block id covers."""

    version: int
    chain_id: str
    height: int
    time: int
    previous: str
    transaction_root: str
    state_root: str
    receipt_root: str
    validators_root: str
    next_validators_root: str
    parameters_root: str
    proposer: str
    engine: str


class BlockAnswer(Answer, frozen=True):
    """A whole block but the bodies of its transactions."""

    block_id: str
    finality: str
    confirmations: int
    header: HeaderAnswer
    certificate: CertificateAnswer
    transactions: list[str]
    """Transaction ids in order."""
    receipts: list[ReceiptAnswer]
    """In order of execution: scheduled calls first."""


class BalanceAnswer(Answer, frozen=True):
    """What an account holds of one asset, in minor units."""

    asset: str
    code: str
    decimals: int
    amount: Number
    frozen: bool


class SessionAnswer(Answer, frozen=True):
    """What a session key may do for an account."""

    key: dict[str, Json]
    """Its policy."""
    permissions: list[dict[str, Json]]
    """Contract and method of each."""
    budgets: list[dict[str, Json]]
    """Asset, and the amount that may still be spent of it."""
    gas: int
    """How much more of it the account pays for."""
    expires: int
    """Last block time at which it acts; it stays listed a while longer."""


class GuardedAnswer(Answer, frozen=True):
    """Who may recover an account, and the recovery that waits."""

    guardians: str
    delay: int
    """Milliseconds."""
    policy: dict[str, Json] | None
    """Acts from `at` on, if nobody stops it; null where no recovery waits."""
    at: int | None
    """Ledger time."""


class AccountAnswer(Answer, frozen=True):
    """What the chain knows of an account at the head."""

    address: str
    known: bool
    """Whether the chain has a record of it; money can be sent to any address."""
    organisation: str | None
    policy: dict[str, Json] | None
    """Replaces the first policy; null while the one that the address stands for acts."""
    is_contract: bool
    balances: list[BalanceAnswer]
    sessions: list[SessionAnswer]
    """Other keys that act for it within limits."""
    guarded: GuardedAnswer | None
    """Null where nobody may recover it."""
    height: int


class AssetAnswer(Answer, frozen=True):
    """A kind of money."""

    asset: str
    issuer: str
    code: str
    decimals: int
    supply: Number


class AssetList(Answer, frozen=True):
    """All assets."""

    assets: list[AssetAnswer]


class ContractSummary(Answer, frozen=True):
    """One contract in a list."""

    address: str
    name: str
    owner: str
    version: int
    deployed: int
    """Height."""
    stopped: str | None
    """Why the members stopped it; null while it runs."""


class ContractList(Answer, frozen=True):
    """Contracts in order of deployment."""

    contracts: list[ContractSummary]
    next: str | None
    """`after` of the next page."""


class LibraryAnswer(Answer, frozen=True):
    """A library module that a contract's source carries."""

    name: str
    text: str


class ContractAnswer(Answer, frozen=True):
    """A contract with its source, for everybody to read."""

    address: str
    name: str
    owner: str
    version: int
    deployed: int
    changed: int
    """Height of the block that brought the present version."""
    stopped: str | None
    """Why the members stopped it; null while it runs."""
    code_hash: str
    source: str
    library: list[LibraryAnswer]
    interface: dict[str, Any]
    """As `dure.contract.interface` describes it."""


class AgreementAnswer(Answer, frozen=True):
    """A contract's present version in plain words, made from its source by this node."""

    address: str
    version: int
    code_hash: str
    language: str
    text: str
    """A page in Markdown; what the contract's author wrote stands in it as written."""
    agreement: dict[str, Any]
    """The same as data, in no language, as `dure contract explain --json` prints it."""


class VersionSummary(Answer, frozen=True):
    """One of the codes that a contract has had."""

    version: int
    code_hash: str
    height: int
    """Of the block that brought it."""


class VersionList(Answer, frozen=True):
    """All versions of a contract, the first one first."""

    address: str
    versions: list[VersionSummary]


class VersionAnswer(Answer, frozen=True):
    """One version of a contract with its source, for everybody to read."""

    address: str
    version: int
    height: int
    """Of the block that brought it."""
    name: str
    code_hash: str
    source: str
    library: list[LibraryAnswer]
    interface: dict[str, Any]
    """As `dure.contract.interface` describes it."""


class ViewAnswer(Answer, frozen=True):
    """What a read-only method returned, and at which block it was asked."""

    result: Json
    height: int
    block_id: str


class EventItem(Answer, frozen=True):
    """One event and where it stands."""

    type: str
    """`event`."""
    height: int
    index: int
    """Number of the receipt in the block, scheduled calls first."""
    call: int
    number: int
    """Number of the event in its call."""
    block_id: str
    time: int
    source: str
    """Id of the transaction or of the scheduled call."""
    finality: str
    confirmations: int
    event: EventAnswer


class BlockItem(Answer, frozen=True):
    """A block became part of the chain, or ceased to be."""

    type: str
    """`block`."""
    height: int
    index: int
    """Receipts in the block: one more than the last event's index can be."""
    block_id: str
    time: int
    proposer: str
    transactions: int
    scheduled: int
    finality: str
    confirmations: int


class EventList(Answer, frozen=True):
    """Events in the order in which they happened."""

    events: list[EventItem]
    next: str | None
    """`after` of the next page; null where nothing follows yet."""


class ScheduledAnswer(Answer, frozen=True):
    """A scheduled call that ran."""

    height: int
    index: int
    receipt: ReceiptAnswer


class HealthAnswer(Answer, frozen=True):
    """Whether the node serves, and if not, why."""

    ready: bool
    reason: str
    height: int
