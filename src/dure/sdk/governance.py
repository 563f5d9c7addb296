"""Deciding by votes: proposals, votes, and what came of them.

What a proposal is about is a call of the ledger's own, as `ledger_calls` makes it. Where the
members vote, `Voters` stand for the authority wherever an account could: `by=Voters(accounts)`
proposes each call, votes with the accounts at hand, and returns when it is carried out.

What is read of proposals and votes is proved; who decides now is one node's word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Protocol

from msgspec import Meta

from dure.chain import state, system
from dure.chain.genesis.governance import GOVERNANCE
from dure.chain.money import LEDGER
from dure.chain.receipt import Event, Outcome
from dure.chain.transaction import Call
from dure.core.address import decode_address
from dure.core.attestation import Attestation
from dure.core.codec import Wire, decode, encode
from dure.core.errors import DureError, NotFound
from dure.core.types import Address, Gas, Height, Instant, Unsigned
from dure.sdk import answers
from dure.sdk.accounts import Account
from dure.sdk.connection.exchange import Operation
from dure.sdk.receipts import FinalReceipt
from dure.sdk.transactions import estimate_gas

GAS_PER_KEPT_BYTE: Final = 60
"""Of a proposal's arguments: they are passed on, examined, stored and told."""
PROPOSALS_SHOWN: Final = 50


class VotesMissing(DureError):
    """The accounts at hand are too few: the proposal is open, and others have to vote on it."""


class NothingToDecide(DureError):
    """That call is none that the members decide together."""


@dataclass(frozen=True, slots=True)
class Voters:
    """Organisations whose accounts are at hand; together they decide, where members vote."""

    accounts: tuple[Account, ...]

    @property
    def address(self) -> Address:
        """The governance contract's: what is decided by votes it does."""
        return GOVERNANCE


Authority = Account | Voters
"""Who acts for the members: their common account, or those of them that vote."""


class ProposalRecord(Wire, frozen=True):
    """A proposal as the contract stores it."""

    organisation: str
    account: Address
    action: str
    summary: str
    proposed: Instant
    deadline: Instant
    closed: Instant
    state: str
    expiry: Unsigned
    result: bytes


class Vote(Wire, frozen=True):
    """What an organisation said to a proposal, and when."""

    organisation: str
    account: Address
    in_favour: bool
    cast: Instant


_Votes = Annotated[tuple[Vote, ...], Meta(max_length=10_000)]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal with its votes."""

    number: int
    record: ProposalRecord
    arguments: bytes
    """Of the act, as `dure.chain.system.DECISIONS` types them."""
    votes: tuple[Vote, ...]

    def open_arguments(self) -> Wire:
        """Return the arguments, typed."""
        opened: Wire = system.DECISIONS[self.record.action].read(self.arguments)
        return opened


@dataclass(frozen=True, slots=True)
class Voted:
    """What came of a vote, or of a proposal, which is its organisation's vote for it."""

    number: int
    is_carried_out: bool
    result: bytes
    """What the ledger's call returned, in canonical bytes; empty while it is open."""
    receipt: FinalReceipt


class Speaker(Protocol):
    """What a session does here."""

    def get_status(self) -> Operation[answers.Status]: ...
    def read_state(self, key: bytes) -> Operation[bytes | None]: ...
    def call_view(
        self, address: Address, method: str, arguments: Mapping[str, object]
    ) -> Operation[answers.ViewResult]: ...
    def send_alone(
        self, by: Account, calls: Sequence[Call], *, gas_limit: Gas, timeout_s: float
    ) -> Operation[FinalReceipt]: ...


def propose(
    session: Speaker, call: Call, *, by: Account, summary: str, timeout_s: float
) -> Operation[Voted]:
    """Propose a call of the ledger's own, and vote for it.

    Attestations come with the call; they count where this vote decides already.
    """
    height = Height((yield from session.get_status()).height)
    action, arguments, attestations = _read_call(call, height)
    given = encode((action, arguments, summary, attestations))
    sent = Call(GOVERNANCE, "propose", given, None)
    gas = _estimate(sent, call, by)
    receipt = yield from session.send_alone(by, [sent], gas_limit=gas, timeout_s=timeout_s)
    return _read_voted(decode(Unsigned, receipt.results[0]), receipt)


def vote(
    session: Speaker,
    number: int,
    *,
    by: Account,
    in_favour: bool,
    attestations: Iterable[Attestation],
    timeout_s: float,
) -> Operation[Voted]:
    """Vote on an open proposal; where that decides, it is carried out in the same transaction."""
    proposal = yield from read_proposal(session, number)
    call = Call(LEDGER, proposal.record.action, proposal.arguments, None)
    return (
        yield from _vote(
            session,
            number,
            call,
            by=by,
            in_favour=in_favour,
            attestations=_write_attestations(attestations),
            timeout_s=timeout_s,
        )
    )


def carry_out(
    session: Speaker,
    number: int,
    *,
    by: Account,
    attestations: Iterable[Attestation],
    timeout_s: float,
) -> Operation[Voted]:
    """Have a proposal happen that enough are for, because fewer are enough since the last vote."""
    proposal = yield from read_proposal(session, number)
    call = Call(LEDGER, proposal.record.action, proposal.arguments, None)
    given = encode((number, _write_attestations(attestations)))
    sent = Call(GOVERNANCE, "carry_out", given, None)
    gas = _estimate(sent, call, by)
    receipt = yield from session.send_alone(by, [sent], gas_limit=gas, timeout_s=timeout_s)
    return _read_voted(number, receipt)


def withdraw(
    session: Speaker, number: int, *, by: Account, timeout_s: float
) -> Operation[FinalReceipt]:
    """Withdraw an open proposal of one's own."""
    sent = Call(GOVERNANCE, "withdraw", encode((number,)), None)
    gas = estimate_gas([sent], [by.policy])
    return (yield from session.send_alone(by, [sent], gas_limit=gas, timeout_s=timeout_s))


def decide(
    session: Speaker, voters: Voters, calls: Sequence[Call], timeout_s: float
) -> Operation[FinalReceipt]:
    """Have each call proposed, voted for and carried out; return the last one's receipt.

    Its outcomes are those of the calls. Raise `VotesMissing` where the accounts at hand are too
    few; the first proposal is open then, and the calls behind it are not proposed.
    """
    approvers = yield from list_approvers(session)
    accounts = [each for each in voters.accounts if each.address in approvers.values()]
    if not accounts:
        raise VotesMissing("no account at hand is one that decides", approvers=len(approvers))
    outcomes: list[Outcome] = []
    receipt = None
    for call in calls:
        done = yield from _decide_one(session, accounts, call, timeout_s)
        receipt = done.receipt
        outcomes.append(Outcome(done.result, tuple(_list_ledger_events(receipt))))
    assert receipt is not None, "somebody decides something"
    return replace(receipt, outcomes=tuple(outcomes))


def list_approvers(session: Speaker) -> Operation[dict[str, Address]]:
    """Return the organisations that decide now, with the accounts by which they vote."""
    answer = yield from session.call_view(GOVERNANCE, "approvers", {})
    found: list[dict[str, Any]] = answer.result
    return {each["organisation"]: decode_address(each["account"]) for each in found}


def read_tally(session: Speaker, number: int) -> Operation[dict[str, int]]:
    """Return how many `approvers` there are, `needed`, `in_favour` and `against`."""
    answer = yield from session.call_view(GOVERNANCE, "tally", {"number": number})
    tally: dict[str, int] = answer.result
    return tally


def read_proposal(session: Speaker, number: int) -> Operation[Proposal]:
    """Return a proposal with its votes, proved; raise `NotFound`."""
    record = yield from session.read_state(_key("proposals", number))
    arguments = yield from session.read_state(_key("arguments", number))
    votes = yield from session.read_state(_key("votes_cast", number))
    if record is None or arguments is None or votes is None:
        raise NotFound(f"there is no proposal {number}, or the members of this chain do not vote")
    return Proposal(
        number=number,
        record=decode(ProposalRecord, record),
        arguments=decode(bytes, arguments),
        votes=decode(_Votes, votes),
    )


def list_proposals(session: Speaker, before: int | None) -> Operation[list[Proposal]]:
    """Return the newest proposals with a number below `before`, the newest first, proved."""
    made = yield from session.read_state(state.key_storage(GOVERNANCE, encode(("proposals_made",))))
    last = 0 if made is None else decode(Unsigned, made)
    if before is not None:
        last = min(last, before - 1)
    numbers = range(last, max(0, last - PROPOSALS_SHOWN), -1)
    found: list[Proposal] = []
    for number in numbers:
        proposal = yield from read_proposal(session, number)
        found.append(proposal)
    return found


def _decide_one(
    session: Speaker, accounts: Sequence[Account], call: Call, timeout_s: float
) -> Operation[Voted]:
    done = yield from propose(session, call, by=accounts[0], summary="", timeout_s=timeout_s)
    attestations = _read_call(call, Height(0))[2]
    for account in accounts[1:]:
        if done.is_carried_out:
            break
        done = yield from _vote(
            session,
            done.number,
            call,
            by=account,
            in_favour=True,
            attestations=attestations,
            timeout_s=timeout_s,
        )
    if not done.is_carried_out:
        message = (
            f"proposal {done.number} is open: {len(accounts)} accounts are at hand, and more have "
            f"to vote for it"
        )
        raise VotesMissing(message, proposal=done.number)
    return done


def _vote(  # noqa: PLR0913 - what a vote consists of
    session: Speaker,
    number: int,
    call: Call,
    *,
    by: Account,
    in_favour: bool,
    attestations: bytes,
    timeout_s: float,
) -> Operation[Voted]:
    sent = Call(GOVERNANCE, "vote", encode((number, in_favour, attestations)), None)
    gas = _estimate(sent, call, by)
    receipt = yield from session.send_alone(by, [sent], gas_limit=gas, timeout_s=timeout_s)
    return _read_voted(number, receipt)


def _read_call(call: Call, height: Height) -> tuple[str, bytes, bytes]:
    """Return what is proposed of a call: method, arguments, and the attestations with it."""
    if call.method == "set_validators":
        change = decode(system.SetValidatorsArguments, call.arguments)
        heights = max(1, change.from_height - height)
        chosen = system.DecideValidatorsArguments(change.members, heights)
        return call.method, encode(chosen), _write_attestations(change.attestations)
    if call.method == "expel_organisation":
        expulsion = decode(system.ExpelOrganisationArguments, call.arguments)
        name = system.DecideExpulsionArguments(expulsion.name)
        return call.method, encode(name), _write_attestations(expulsion.attestations)
    if call.method not in system.DECISIONS:
        raise NothingToDecide(f"{call.method} is nothing that the members decide together")
    return call.method, call.arguments, b""


def _write_attestations(attestations: Iterable[Attestation]) -> bytes:
    given = tuple(attestations)
    return encode(given) if given else b""


def _estimate(sent: Call, call: Call, by: Account) -> Gas:
    """Return a limit for a vote that carries the call out."""
    both = estimate_gas([sent, call], [by.policy])
    return Gas(both + GAS_PER_KEPT_BYTE * (len(call.arguments) + len(sent.arguments)))


def _read_voted(number: int, receipt: FinalReceipt) -> Voted:
    for event in receipt.events:
        if event.contract == GOVERNANCE and event.name == "ProposalCarriedOut":
            _, _, result = decode(tuple[Unsigned, str, bytes], event.data)
            return Voted(number, is_carried_out=True, result=result, receipt=receipt)
    return Voted(number, is_carried_out=False, result=b"", receipt=receipt)


def _list_ledger_events(receipt: FinalReceipt) -> list[Event]:
    return [event for event in receipt.events if event.contract != GOVERNANCE]


def _key(field: str, number: int) -> bytes:
    return state.key_storage(GOVERNANCE, encode((field, number)))
