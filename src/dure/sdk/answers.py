"""What a node says about itself and the chain, as far as a client needs it.

These are one node's words and nothing more. What must be sure is proved: `prove_state`, receipts.
"""

from typing import Any

import msgspec


class Answer(msgspec.Struct, frozen=True):
    """A JSON object; fields that are not named here are not read."""


class Status(Answer, frozen=True):
    """Where the chain stands. Times are milliseconds since 1970; bytes are hexadecimal."""

    node: str
    chain_id: str
    chain_name: str
    test: bool
    height: int
    block_id: str
    block_time: int
    ledger_time: int
    state_root: str
    authority: str
    story_clock: str | None
    waiting: int
    syncing: bool


class Balance(Answer, frozen=True):
    """What an account holds of one asset, in minor units; text above 2⁵³-1."""

    asset: str
    code: str
    decimals: int
    amount: int | str
    frozen: bool


class SessionState(Answer, frozen=True):
    """What a session key may do for an account."""

    key: dict[str, Any]
    permissions: list[dict[str, Any]]
    budgets: list[dict[str, Any]]
    gas: int
    """How much more of it the account pays for."""
    expires: int


class GuardedState(Answer, frozen=True):
    """Who may recover an account, after which delay, and the recovery that waits."""

    guardians: str
    delay: int
    policy: dict[str, Any] | None
    at: int | None


class AccountState(Answer, frozen=True):
    """What the chain knows of an account at the head."""

    address: str
    known: bool
    organisation: str | None
    policy: dict[str, Any] | None
    balances: list[Balance]
    sessions: list[SessionState]
    guarded: GuardedState | None

    def get_balance(self, code: str) -> int:
        """Return the minor units held of the asset that is called `code`; 0 where there is none."""
        return next((int(held.amount) for held in self.balances if held.code == code), 0)


class AssetState(Answer, frozen=True):
    """A kind of money."""

    asset: str
    issuer: str
    code: str
    decimals: int
    supply: int | str


class AssetList(Answer, frozen=True):
    assets: list[AssetState]


class ContractState(Answer, frozen=True):
    """A contract. `interface` is the JSON of `dure.contract.interface.Interface`."""

    address: str
    name: str
    owner: str
    version: int
    stopped: str | None
    """Why the members stopped it; None while it runs."""
    source: str
    interface: dict[str, Any]


class LibraryText(Answer, frozen=True):
    """A library module that a contract's source carries."""

    name: str
    text: str


class VersionState(Answer, frozen=True):
    """One of the codes that a contract has had, and the height of the block that brought it."""

    version: int
    code_hash: str
    height: int


class VersionList(Answer, frozen=True):
    versions: list[VersionState]


class VersionSource(Answer, frozen=True):
    """What the source of one version is made from."""

    name: str
    source: str
    library: list[LibraryText]


class BlockSummary(Answer, frozen=True):
    """One block in a list."""

    height: int
    block_id: str
    time: int
    transactions: int
    scheduled: int
    finality: str


class BlockList(Answer, frozen=True):
    blocks: list[BlockSummary]
    next: int | None


class EventDetail(Answer, frozen=True):
    """What was said; `fields` opened by the contract's interface, null where that fails."""

    contract: str
    name: str
    data: str
    fields: dict[str, Any] | None


class EventItem(Answer, frozen=True, tag="event"):
    """One event and where it stands; `finality` is `final`, or `retracted` where it was undone."""

    height: int
    index: int
    call: int
    number: int
    block_id: str
    time: int
    source: str
    finality: str
    confirmations: int
    event: EventDetail


class BlockItem(Answer, frozen=True, tag="block"):
    """A block became part of the chain, or ceased to be; its events follow."""

    height: int
    index: int
    block_id: str
    time: int
    transactions: int
    scheduled: int
    finality: str
    confirmations: int


Item = BlockItem | EventItem


class EventList(Answer, frozen=True):
    events: list[EventItem]
    next: str | None


class ViewResult(Answer, frozen=True):
    """What a read-only method returned, and at which block."""

    result: Any
    height: int
    block_id: str


class Accepted(Answer, frozen=True):
    transaction_id: str


class WithProof(Answer, frozen=True):
    """Of a final answer, the one part that is believed."""

    proof: dict[str, Any]
