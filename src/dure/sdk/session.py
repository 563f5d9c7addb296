"""What a client does, without doing it: every operation of `Client` and `AsyncClient`.

Which chain
-----------
A node can serve any chain that it likes. The caller therefore pins one by its id, or says
`trust_first_use=True`: then the first answer names the chain, and everything later must be of it. A
program that handles more than play money pins.

What is believed
----------------
Receipts and proved state, because they are checked against the pinned chain before they are
returned. All else (status, lists, views) is one node's word, and its type says so.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from dure.chain import state
from dure.chain.transaction import Call
from dure.contract.bundle import Source
from dure.contract.interface import build_interface
from dure.contract.values import encode_arguments
from dure.core.address import encode_address
from dure.core.codec import decode, encode
from dure.core.errors import (
    ConfigurationError,
    InvalidEncoding,
    NodeBusy,
    NotFound,
    TimedOut,
    TransactionExpired,
    TransactionReplayed,
)
from dure.core.types import Address, Amount, AssetId, ChainId, Gas, Height, Instant
from dure.core.validators import ValidatorSet
from dure.proof.claims import StateClaim
from dure.proof.file import ProofFile, decode_proof, parse_proof
from dure.sdk import answers, governance, ledger_calls
from dure.sdk.accounts import Account
from dure.sdk.connection.exchange import (
    BINARY,
    Operation,
    Pause,
    Request,
    Response,
    get,
    post,
    read_answer,
    send,
)
from dure.sdk.errors import InvalidAnswer
from dure.sdk.governance import Authority, Voters
from dure.sdk.receipts import FinalReceipt, verify_on_chain, verify_receipt
from dure.sdk.transactions import VALID_FOR, SignedTransaction, build_transaction

FINAL_TIMEOUT_S: Final = 30.0
WAIT_MAX_S: Final = 10.0
"""How long one request waits; the client asks again until its own time is up."""
POLL_S: Final = 0.02
EVENTS_PAGE: Final = 500
BUSY_S: Final = 1.0
"""How long a client rests where a busy node does not say when to try again."""


class Session:
    """One client's view of one chain: what is pinned, and the operations."""

    def __init__(
        self,
        *,
        chain_id: ChainId | None,
        trust_first_use: bool,
        now: Callable[[], Instant],
        draw_salt: Callable[[], bytes] = lambda: secrets.token_bytes(16),
    ) -> None:
        if chain_id is None and not trust_first_use:
            message = "say which chain: chain_id=…, or trust_first_use=True to believe the node"
            raise ConfigurationError(message)
        self._chain_id = chain_id
        self._pinned = chain_id is not None
        self._now = now
        self._draw_salt = draw_salt

    @property
    def trust(self) -> str:
        """Why the client believes that it talks to the right chain, in words."""
        if self._pinned:
            return "the chain was named by the caller"
        if self._chain_id is None:
            return "the first answer will say which chain this is"
        return "the chain was taken from the node's first answer"

    # Which chain

    def get_chain_id(self) -> Operation[ChainId]:
        """Return the pinned chain; on first use ask for it."""
        if self._chain_id is None:
            yield from self.get_status()
        assert self._chain_id is not None
        return self._chain_id

    def get_status(self) -> Operation[answers.Status]:
        """Return where the chain stands; raise `ConfigurationError` where it is another chain."""
        status = yield from get(answers.Status, "/v1/status")
        named = _read_chain_id(status.chain_id)
        if self._chain_id is None:
            self._chain_id = named
        if named != self._chain_id:
            message = f"the node serves another chain, {status.chain_id}"
            raise ConfigurationError(message, chain_id=named)
        return status

    # Sending

    def sign(
        self,
        by: Account,
        calls: Sequence[Call],
        *,
        payer: Account | None = None,
        gas_limit: int | None = None,
        valid_for_ms: int = VALID_FOR,
    ) -> Operation[SignedTransaction]:
        """Return the calls as a transaction of this chain, signed with the accounts' keys."""
        chain_id = yield from self.get_chain_id()
        return build_transaction(
            chain_id,
            by,
            calls,
            valid_until=Instant(self._now() + valid_for_ms),
            gas_limit=None if gas_limit is None else Gas(gas_limit),
            payer=payer,
            salt=self._draw_salt(),
        )

    def submit(self, signed: SignedTransaction) -> Operation[SignedTransaction]:
        """Hand a transaction in; it waits for a block when this returns."""
        request = Request("POST", "/v1/transactions", {}, signed.envelope, BINARY)
        response = yield from send(request)
        accepted = read_answer(answers.Accepted, response)
        if accepted.transaction_id != signed.transaction_id.hex():
            raise InvalidAnswer("the node accepted another transaction than was sent")
        return signed

    def wait(
        self, signed: SignedTransaction, timeout_s: float = FINAL_TIMEOUT_S
    ) -> Operation[FinalReceipt]:
        """Return the proved receipt of a transaction sent before.

        Raise `ContractRefused` where a call refused, `TransactionExpired` where its time is up,
        `TimedOut` where it did not become final in time; it may still.
        """
        path = f"/v1/transactions/{signed.transaction_id.hex()}/proof"
        start = (yield Pause(0)).at_s
        while True:
            # Asked before the proof is, so that no block can slip in between.
            expired = yield from self._is_expired(signed)
            try:
                proof = yield from self.fetch_proof(path)
            except NotFound:
                proof = None
            if proof is not None:
                return (yield from self._believe(proof, signed))
            if expired:
                message = "the transaction expired before it could be executed; sign it anew"
                raise TransactionExpired(message, valid_until=signed.valid_until)
            if (yield Pause(POLL_S)).at_s - start >= timeout_s:
                raise _timed_out(signed, timeout_s)

    def submit_and_wait(
        self, signed: SignedTransaction, timeout_s: float = FINAL_TIMEOUT_S
    ) -> Operation[FinalReceipt]:
        """Hand a transaction in and return its proved receipt; raises as `wait`.

        Where a node stops answering on the way, another is asked: sending again is safe. Where all
        have too much to do, it is tried again when they say, and at last `NodeBusy` is raised.
        """
        start = (yield Pause(0)).at_s
        wait_s = min(timeout_s, WAIT_MAX_S)
        query: dict[str, str | float] = {"wait": "final", "timeout_s": wait_s}
        request = Request(
            "POST", "/v1/transactions", query, signed.envelope, BINARY, timeout_s=wait_s + 5
        )
        try:
            response = yield from _send_when_not_busy(request, start + timeout_s)
        except (TransactionReplayed, TimedOut):
            left = timeout_s - ((yield Pause(0)).at_s - start)
            return (yield from self.wait(signed, max(left, POLL_S)))
        proof = parse_proof(read_answer(answers.WithProof, response).proof)
        return (yield from self._believe(proof, signed))

    def _believe(self, proof: ProofFile, signed: SignedTransaction) -> Operation[FinalReceipt]:
        chain_id = yield from self.get_chain_id()
        return verify_receipt(proof, signed, chain_id).raise_refusal()

    def _is_expired(self, signed: SignedTransaction) -> Operation[bool]:
        if self._now() <= signed.valid_until:
            return False
        return (yield from self.get_status()).block_time > signed.valid_until

    # Proofs

    def fetch_proof(self, path: str) -> Operation[ProofFile]:
        """Return a proof file that the node made; it is not checked yet."""
        response = yield from send(Request("GET", path))
        return decode_proof(response.content)

    def prove_transaction(self, transaction_id: bytes) -> Operation[ProofFile]:
        """Return the checked proof of a stored transaction."""
        path = f"/v1/transactions/{transaction_id.hex()}/proof"
        return (yield from self._prove_receipt(path, transaction_id))

    def prove_scheduled(self, call_id: bytes) -> Operation[ProofFile]:
        """Return the checked proof of a call that the chain made by itself."""
        return (yield from self._prove_receipt(f"/v1/scheduled/{call_id.hex()}/proof", call_id))

    def _prove_receipt(self, path: str, identity: bytes) -> Operation[ProofFile]:
        proof = yield from self.fetch_proof(path)
        verify_on_chain(proof, (yield from self.get_chain_id()))
        if isinstance(proof.claim, StateClaim) or proof.claim.receipt.receipt.id != identity:
            raise InvalidAnswer("the node proved something else than was asked for")
        return proof

    def prove_state(self, key: bytes) -> Operation[ProofFile]:
        """Return the checked proof of what the state holds under a key at the newest block."""
        proof = yield from self.fetch_proof(f"/v1/state/{key.hex()}/proof")
        verify_on_chain(proof, (yield from self.get_chain_id()))
        if not isinstance(proof.claim, StateClaim) or proof.claim.key != key:
            raise InvalidAnswer("the node proved another key than was asked for")
        return proof

    def read_state(self, key: bytes) -> Operation[bytes | None]:
        """Return the proved value of a state key at the newest block, or None."""
        proof = yield from self.prove_state(key)
        assert isinstance(proof.claim, StateClaim)
        return proof.claim.value

    def read_validators(self) -> Operation[tuple[Height, ValidatorSet]]:
        """Return the newest block's height and the set that decides after it; proved."""
        proof = yield from self.prove_state(state.VALIDATORS)
        assert isinstance(proof.claim, StateClaim)
        if proof.claim.value is None:
            raise InvalidAnswer("the chain has no validators")
        return proof.header.height, decode(ValidatorSet, proof.claim.value)

    def read_pending_validators(self) -> Operation[state.PendingValidators | None]:
        """Return the validator set that waits for its height, or None; proved."""
        value = yield from self.read_state(state.VALIDATORS_NEXT)
        return None if value is None else decode(state.PendingValidators, value)

    def read_balance(self, asset: AssetId, holder: Address) -> Operation[int]:
        """Return what an account holds at the newest block, in minor units; proved."""
        value = yield from self.read_state(state.key_balance(asset, holder))
        return 0 if value is None else decode(Amount, value)

    # Reading what a node says

    def get_account(self, address: Address) -> Operation[answers.AccountState]:
        return (yield from get(answers.AccountState, f"/v1/accounts/{encode_address(address)}"))

    def list_assets(self) -> Operation[list[answers.AssetState]]:
        return (yield from get(answers.AssetList, "/v1/assets")).assets

    def find_asset(self, code: str) -> Operation[AssetId]:
        """Return the asset of that code; raise `NotFound` where it is none or not the only one."""
        found = [each for each in (yield from self.list_assets()) if each.code == code]
        if len(found) != 1:
            raise NotFound(f"{len(found)} assets are called {code}; name the asset by its id")
        return AssetId(bytes.fromhex(found[0].asset))

    def list_blocks(self, from_height: int, limit: int) -> Operation[answers.BlockList]:
        query = {"from": from_height, "limit": limit}
        return (yield from get(answers.BlockList, "/v1/blocks", **query))

    def get_contract(self, address: Address) -> Operation[answers.ContractState]:
        return (yield from get(answers.ContractState, f"/v1/contracts/{encode_address(address)}"))

    def list_versions(self, address: Address) -> Operation[list[answers.VersionState]]:
        path = f"/v1/contracts/{encode_address(address)}/versions"
        return (yield from get(answers.VersionList, path)).versions

    def call_view(
        self, address: Address, method: str, arguments: Mapping[str, object]
    ) -> Operation[answers.ViewResult]:
        """Ask a read-only method; arguments and result are JSON as `dure.contract.values` says."""
        path = f"/v1/contracts/{encode_address(address)}/views/{method}"
        return (yield from post(answers.ViewResult, path, dict(arguments)))

    def list_events(
        self, *, from_height: int = 0, contract: Address | None = None, name: str | None = None
    ) -> Operation[list[answers.EventItem]]:
        """Return the stored events that fit, page by page."""
        query: dict[str, str | int | float] = {"from_height": from_height, "limit": EVENTS_PAGE}
        if contract is not None:
            query["contract"] = encode_address(contract)
        if name is not None:
            query["name"] = name
        found: list[answers.EventItem] = []
        while True:
            page = yield from get(answers.EventList, "/v1/events", **query)
            found.extend(page.events)
            if page.next is None:
                return found
            query["after"] = page.next

    # What is done often

    def send(
        self,
        by: Authority,
        calls: Sequence[Call],
        *,
        payer: Account | None = None,
        gas_limit: int | None = None,
        timeout_s: float = FINAL_TIMEOUT_S,
    ) -> Operation[FinalReceipt]:
        """Sign, hand in and wait; `Voters` propose and vote instead, each for itself."""
        if isinstance(by, Voters):
            return (yield from governance.decide(self, by, calls, timeout_s))
        return (
            yield from self.send_alone(
                by, calls, payer=payer, gas_limit=gas_limit, timeout_s=timeout_s
            )
        )

    def send_alone(
        self,
        by: Account,
        calls: Sequence[Call],
        *,
        payer: Account | None = None,
        gas_limit: int | None = None,
        timeout_s: float = FINAL_TIMEOUT_S,
    ) -> Operation[FinalReceipt]:
        """Sign, hand in and wait."""
        signed = yield from self.sign(by, calls, payer=payer, gas_limit=gas_limit)
        return (yield from self.submit_and_wait(signed, timeout_s))

    def deploy(
        self,
        source: Source,
        *,
        by: Authority,
        owner: Address | None = None,
        roles: Mapping[str, Iterable[Address]] | None = None,
        arguments: Mapping[str, object] | None = None,
    ) -> Operation[Address]:
        """Put a contract on the chain and return its address.

        `by` is the authority, or the owner where deployment is open. `arguments` are those of the
        contract's `init`. Raise `UnsafeSource` before anything is sent where the checker objects.
        """
        interface = build_interface(source)
        has_init = interface.initialiser is not None
        given = encode_arguments(interface, "init", (), arguments or {}) if has_init else encode(())
        call = ledger_calls.deploy(
            source,
            owner=by.address if owner is None else owner,
            arguments=given,
            roles=roles,
        )
        receipt = yield from self.send(by, [call])
        return Address(decode(bytes, receipt.results[0]))

    def advance(
        self, to: Instant, *, by: Account, timeout_s: float = FINAL_TIMEOUT_S
    ) -> Operation[Instant]:
        """Raise ledger time to `to` and return it when it is there.

        Calls that are due on the way run first, which may take several blocks.
        """
        start = (yield Pause(0)).at_s
        yield from self.send(by, [ledger_calls.advance(to)], timeout_s=timeout_s)
        while True:
            status = yield from self.get_status()
            if status.ledger_time >= to:
                return Instant(status.ledger_time)
            if (yield Pause(POLL_S)).at_s - start >= timeout_s:
                message = f"ledger time is {status.ledger_time}, still short of {to}"
                raise TimedOut(message, ledger_time=status.ledger_time)

    def read_field(self, contract: Address, name: str) -> Operation[bytes]:
        """Return the proved value of a contract's `Var` field, as canonical bytes."""
        value = yield from self.read_state(state.key_storage(contract, encode((name,))))
        if value is None:
            raise NotFound(f"the contract has not set {name} yet")
        return value


def _read_chain_id(text: str) -> ChainId:
    try:
        return decode_chain_id(text)
    except InvalidEncoding as problem:
        raise InvalidAnswer("the node names no chain") from problem


def decode_chain_id(text: str) -> ChainId:
    """Return the chain id that is written as 64 hexadecimal characters; raise `InvalidEncoding`."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 32:
        raise InvalidEncoding("a chain id is 64 hexadecimal characters")
    return ChainId(data)


def _send_when_not_busy(request: Request, until_s: float) -> Operation[Response]:
    """Send a request, again and again while the nodes have too much to do and it is not too late.

    Then raise `NodeBusy`.
    """
    while True:
        try:
            return (yield from send(request))
        except NodeBusy as busy:
            retry_ms = busy.facts.get("retry_after_ms")
            pause_s = max(retry_ms / 1000, POLL_S) if isinstance(retry_ms, int) else BUSY_S
            if (yield Pause(0)).at_s + pause_s > until_s:
                raise
        yield Pause(pause_s)


def _timed_out(signed: SignedTransaction, timeout_s: float) -> TimedOut:
    message = f"not final after {timeout_s:g} s; it may still become so until it expires"
    return TimedOut(message, transaction_id=signed.transaction_id)
