"""The client for programs that wait: scripts, workers, command lines. `AsyncClient` is its twin."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from dure.chain.state import PendingValidators
from dure.chain.transaction import Call
from dure.contract.agreement import Agreement
from dure.contract.bundle import Source
from dure.contract.interface import Interface
from dure.core.attestation import Attestation
from dure.core.types import Address, AssetId, ChainId, Height, Instant
from dure.core.validators import ValidatorSet
from dure.proof.file import ProofFile
from dure.sdk import answers, governance, ledger_calls, versions
from dure.sdk.accounts import Account
from dure.sdk.connection.credentials import Credentials, find_credentials
from dure.sdk.connection.transport import SyncTransport
from dure.sdk.contracts import Binding, load_binding
from dure.sdk.governance import Authority, Proposal, Voted
from dure.sdk.receipts import FinalReceipt
from dure.sdk.session import FINAL_TIMEOUT_S, Session
from dure.sdk.transactions import SignedTransaction


class Client:
    """Speaks with the nodes of one chain. Use it in a `with`, or close it.

    `urls` names one node or several; `chain_id` pins the chain, and `trust_first_use=True` takes
    the node's word for it instead. `token` is what the node's operator gave out, or `Credentials`
    with a client certificate; without it the variable `DURE_TOKEN` may have one. Methods raise the
    classes of `dure.core.errors`. `transport` and `now` are for tests.
    """

    def __init__(
        self,
        urls: str | Sequence[str],
        *,
        chain_id: ChainId | None = None,
        trust_first_use: bool = False,
        token: str | Credentials | None = None,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], Instant] | None = None,
    ) -> None:
        clock = wall_time if now is None else now
        self._session = Session(chain_id=chain_id, trust_first_use=trust_first_use, now=clock)
        self._transport = SyncTransport(urls, transport, find_credentials(token))
        self._run = self._transport.run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def trust(self) -> str:
        """Why this client believes that it talks to the right chain, in words."""
        return self._session.trust

    @property
    def chain_id(self) -> ChainId:
        """The pinned chain; asked for on first use."""
        return self._run(self._session.get_chain_id())

    # Sending

    def sign(
        self,
        calls: Sequence[Call],
        *,
        by: Account,
        payer: Account | None = None,
        gas_limit: int | None = None,
    ) -> SignedTransaction:
        """Return the calls as a signed transaction of this chain."""
        operation = self._session.sign(by, calls, payer=payer, gas_limit=gas_limit)
        return self._run(operation)

    def submit(self, signed: SignedTransaction) -> SignedTransaction:
        """Hand a transaction in; it waits for a block when this returns. See `wait`."""
        return self._run(self._session.submit(signed))

    def wait(self, signed: SignedTransaction, timeout_s: float = FINAL_TIMEOUT_S) -> FinalReceipt:
        """Return the proved receipt of a transaction that was handed in before."""
        return self._run(self._session.wait(signed, timeout_s))

    def submit_and_wait(
        self,
        calls: Sequence[Call],
        *,
        by: Authority,
        payer: Account | None = None,
        gas_limit: int | None = None,
        timeout_s: float = FINAL_TIMEOUT_S,
    ) -> FinalReceipt:
        """Have the calls executed together; return the proved receipt.

        Raise `ContractRefused` where one refused, `InvalidProof` where the node's proof is broken.
        """
        operation = self._session.send(
            by, calls, payer=payer, gas_limit=gas_limit, timeout_s=timeout_s
        )
        return self._run(operation)

    def transfer(
        self, asset: AssetId, target: Address, amount: int, *, by: Account
    ) -> FinalReceipt:
        """Move money."""
        return self.submit_and_wait([ledger_calls.transfer(asset, target, amount)], by=by)

    def enrol(self, accounts: Iterable[Address], *, by: Account) -> FinalReceipt:
        """Take accounts under the quota of the member organisation `by`."""
        return self.submit_and_wait([ledger_calls.enrol(accounts)], by=by)

    def grant(
        self, contract: Address, role: str, holder: Address, *, by: Authority
    ) -> FinalReceipt:
        """Give an account a role at a contract; `by` is the contract's owner or the authority."""
        return self.submit_and_wait([ledger_calls.grant(contract, role, holder)], by=by)

    def deploy(
        self,
        source: Source,
        *,
        by: Authority,
        owner: Address | None = None,
        roles: Mapping[str, Iterable[Address]] | None = None,
        arguments: Mapping[str, object] | None = None,
    ) -> "ContractProxy":
        """Put a contract on the chain; `arguments` are those of its `init`."""
        operation = self._session.deploy(
            source, by=by, owner=owner, roles=roles, arguments=arguments
        )
        return self.contract(self._run(operation))

    def upgrade(
        self,
        contract: Address,
        source: Source,
        *,
        by: Authority,
        arguments: Mapping[str, object] | None = None,
    ) -> "ContractProxy":
        """Replace a contract's code; `arguments` are those of its `@migrate`."""
        operation = versions.upgrade(self._session, contract, source, by=by, arguments=arguments)
        self._run(operation)
        return self.contract(contract)

    def stop(self, contract: Address, reason: str, *, by: Authority) -> FinalReceipt:
        """Have a contract answer views only; everybody reads why."""
        return self.submit_and_wait([ledger_calls.stop(contract, reason)], by=by)

    def start(self, contract: Address, *, by: Authority) -> FinalReceipt:
        """Let a stopped contract run again."""
        return self.submit_and_wait([ledger_calls.start(contract)], by=by)

    def advance(self, to: Instant, *, by: Account, timeout_s: float = FINAL_TIMEOUT_S) -> Instant:
        """Move a test chain's ledger time to `to`; return when it is there."""
        return self._run(self._session.advance(to, by=by, timeout_s=timeout_s))

    # Deciding by votes

    def propose(
        self, call: Call, *, by: Account, summary: str = "", timeout_s: float = FINAL_TIMEOUT_S
    ) -> Voted:
        """Propose a call of the ledger's own to the members, and vote for it."""
        operation = governance.propose(
            self._session, call, by=by, summary=summary, timeout_s=timeout_s
        )
        return self._run(operation)

    def vote(
        self,
        number: int,
        *,
        by: Account,
        in_favour: bool = True,
        attestations: Iterable[Attestation] = (),
        timeout_s: float = FINAL_TIMEOUT_S,
    ) -> Voted:
        """Vote on a proposal; the vote that decides carries it out."""
        operation = governance.vote(
            self._session,
            number,
            by=by,
            in_favour=in_favour,
            attestations=attestations,
            timeout_s=timeout_s,
        )
        return self._run(operation)

    def carry_out(
        self,
        number: int,
        *,
        by: Account,
        attestations: Iterable[Attestation] = (),
        timeout_s: float = FINAL_TIMEOUT_S,
    ) -> Voted:
        """Have a proposal happen for which fewer votes are enough since the last one."""
        operation = governance.carry_out(
            self._session, number, by=by, attestations=attestations, timeout_s=timeout_s
        )
        return self._run(operation)

    def withdraw_proposal(
        self, number: int, *, by: Account, timeout_s: float = FINAL_TIMEOUT_S
    ) -> FinalReceipt:
        """Withdraw an open proposal of one's own."""
        operation = governance.withdraw(self._session, number, by=by, timeout_s=timeout_s)
        return self._run(operation)

    def read_proposal(self, number: int) -> Proposal:
        """Return a proposal with its votes, proved."""
        return self._run(governance.read_proposal(self._session, number))

    def list_proposals(self, before: int | None = None) -> list[Proposal]:
        """Return the newest proposals, the newest first, proved."""
        return self._run(governance.list_proposals(self._session, before))

    def list_approvers(self) -> dict[str, Address]:
        """Return the organisations that decide now, with the accounts by which they vote."""
        return self._run(governance.list_approvers(self._session))

    def read_tally(self, number: int) -> dict[str, int]:
        """Return how those that decide now have voted on a proposal."""
        return self._run(governance.read_tally(self._session, number))

    # Contracts

    def contract(self, address: Address) -> "ContractProxy":
        """Return the contract at an address, its methods ready to be called."""
        return ContractProxy(self, self._run(load_binding(self._session, address)))

    # Proved

    def read_source(self, contract: Address, version: int) -> Source:
        """Return the whole source of one version of a contract; its hash is proved."""
        return self._run(versions.read_source(self._session, contract, version))

    def explain(self, contract: Address) -> Agreement:
        """Return what a contract says in plain words, read here from its proved source.

        `dure.contract.agreement.render` writes it as a page in English or Korean.
        """
        return self._run(versions.explain(self._session, contract))

    def prove_transaction(self, transaction_id: bytes) -> ProofFile:
        """Return the checked proof of a stored transaction, to be kept as a file."""
        return self._run(self._session.prove_transaction(transaction_id))

    def prove_scheduled(self, call_id: bytes) -> ProofFile:
        """Return the checked proof of a call that the chain made by itself."""
        return self._run(self._session.prove_scheduled(call_id))

    def prove_state(self, key: bytes) -> ProofFile:
        """Return the checked proof of what the state holds under a key."""
        return self._run(self._session.prove_state(key))

    def read_balance(self, asset: AssetId, holder: Address) -> int:
        """Return a proved balance in minor units."""
        return self._run(self._session.read_balance(asset, holder))

    def read_validators(self) -> tuple[Height, ValidatorSet]:
        """Return the newest block's height and the proved set that decides the next one."""
        return self._run(self._session.read_validators())

    def read_pending_validators(self) -> PendingValidators | None:
        """Return the proved set that waits for its first height, or None."""
        return self._run(self._session.read_pending_validators())

    # One node's word

    def list_versions(self, contract: Address) -> list[answers.VersionState]:
        """Return every code that a contract has had, the first one first."""
        return self._run(self._session.list_versions(contract))

    def get_status(self) -> answers.Status:
        """Return where the chain stands."""
        return self._run(self._session.get_status())

    def get_account(self, address: Address) -> answers.AccountState:
        """Return an account with its balances."""
        return self._run(self._session.get_account(address))

    def list_assets(self) -> list[answers.AssetState]:
        """Return all kinds of money."""
        return self._run(self._session.list_assets())

    def find_asset(self, code: str) -> AssetId:
        """Return the one asset of that code; raise `NotFound`."""
        return self._run(self._session.find_asset(code))

    def list_blocks(self, from_height: int, limit: int = 20) -> answers.BlockList:
        """Return blocks in rising order."""
        return self._run(self._session.list_blocks(from_height, limit))

    def list_events(
        self, *, from_height: int = 0, contract: Address | None = None, name: str | None = None
    ) -> list[answers.EventItem]:
        """Return the stored events that fit."""
        operation = self._session.list_events(from_height=from_height, contract=contract, name=name)
        return self._run(operation)


class ContractProxy:
    """A contract: `cover.buy(by=account, flight="UA1545", pay=5_000)`; see `dure.sdk.contracts`."""

    def __init__(self, client: Client, binding: Binding) -> None:
        self._client = client
        self._binding = binding

    def __repr__(self) -> str:
        return f"<{self.interface.name} at {self.address.hex()}>"

    @property
    def address(self) -> Address:
        """Where the contract lives."""
        return self._binding.address

    @property
    def interface(self) -> Interface:
        """What it can do."""
        return self._binding.interface

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.interface.methods]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the method of that name."""
        self._binding.find(name)

        def method(*positional: object, **named: Any) -> Any:
            client = self._client
            return client._run(self._binding.use(client._session, name, positional, named))  # noqa: SLF001

        return method


def wall_time() -> Instant:
    """Return the time on this machine's clock."""
    return Instant(time.time_ns() // 1_000_000)
