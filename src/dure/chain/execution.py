"""Running one block's work on a view: scheduled calls first, then transactions.

Rules
-----
1. Scheduled calls run in order of (due time, number) while the block's share of gas for them lasts; the rest stay for
   the next block. A call that refuses is undone alone and leaves its receipt.
2. While the story clock heads for a target, ledger time stops at each due call on the way (test chains only).
3. A transaction that breaks a rule before any call (time, replay, policy, quota) makes the block invalid; one whose
   call refuses is undone whole, pays its gas and leaves its receipt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from dure.chain import money, schedule, state, system
from dure.chain.parameters import Parameters
from dure.chain.receipt import OK, Kind, Outcome, Receipt, Record, compute_outcomes_root
from dure.chain.session import Session
from dure.chain.transaction import (
    Call,
    PolicyProof,
    Transaction,
    compute_address,
    compute_contract_address,
)
from dure.contract.ports import Invocation, Machine, Meter, Payment, Refusal
from dure.core import hashing
from dure.core.codec import encode
from dure.core.errors import (
    AccountNotEnrolled,
    FeeTooLow,
    GasLimitExceeded,
    QuotaExhausted,
    TransactionExpired,
    TransactionReplayed,
    TransactionTooEarly,
    WrongChain,
    WrongPolicy,
)
from dure.core.types import (
    NO_HASH,
    Address,
    ChainId,
    Digest,
    Gas,
    Hash,
    Height,
    Instant,
    TransactionId,
)

MESSAGE_MAX = 256


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays the same for a chain's whole life."""

    chain_id: ChainId
    authority: Address
    story_clock: Address | None
    machine: Machine
    load_program: Callable[[state.View, Hash], None]


@dataclass(slots=True)
class Execution:
    """The work of one block in progress."""

    rules: Rules
    view: state.View
    queue: schedule.Queue
    height: Height
    header_time: Instant
    is_seen: Callable[[TransactionId], bool]
    """Whether an earlier block inside the replay window holds that transaction."""
    parameters: Parameters = field(init=False)
    clock: state.Clock = field(init=False)
    records: list[Record] = field(default_factory=list)
    executed: dict[TransactionId, Instant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.parameters = self.view.require(Parameters, state.PARAMETERS)
        self.clock = self.view.require(state.Clock, state.CLOCK)

    @property
    def time(self) -> Instant:
        """Ledger time at this point of the block."""
        return Instant(self.header_time + self.clock.offset)

    # Scheduled calls

    def run_scheduled(self) -> None:
        """Run what is due, as far as the block's share of gas goes."""
        budget = self.parameters.scheduled_gas_max
        while (key := self._next_due_key()) is not None:
            call = self.view.require(state.ScheduledCall, key)
            if call.gas > budget:
                return
            budget = Gas(budget - call.gas)
            self._run_scheduled_call(key, call)
        if self.clock.target is not None:
            self._set_clock(self.clock.target, target=None)

    def _next_due_key(self) -> bytes | None:
        key = self.queue.first
        if key is None:
            return None
        due = schedule.get_due(key)
        if due <= self.time:
            return key
        if self.clock.target is not None and due <= self.clock.target:
            self._set_clock(due, target=self.clock.target)
            return key
        return None

    def _set_clock(self, ledger_time: Instant, *, target: Instant | None) -> None:
        offset = max(self.clock.offset, ledger_time - self.header_time)
        self.clock = state.Clock(offset=offset, target=target)
        self.view.save(state.CLOCK, self.clock)

    def _run_scheduled_call(self, key: bytes, call: state.ScheduledCall) -> None:
        number = schedule.get_number(key)
        taken: state.Writes = {key: None, state.key_due(number): None}
        self.view.top.update(taken)
        self.queue = self.queue.apply(taken)
        fork = self.view.fork()
        meter = Meter(call.gas)
        invocation = Invocation(call.contract, call.method, call.arguments, call.contract, None)
        session = self._open_session(fork)
        try:
            result = self.rules.machine.invoke(session, invocation, meter)
            outcomes: tuple[Outcome, ...] = (Outcome(result, session.take_events()),)
            refusal = None
        except Refusal as problem:
            outcomes, refusal = (), problem
        self._close(fork, refusal)
        identity = compute_scheduled_id(self.rules.chain_id, number)
        self._record(Kind.SCHEDULED, identity, outcomes, meter.used, refusal, 0)

    # Transactions

    def run_transaction(self, transaction: Transaction) -> None:
        """Execute one transaction; raise `InvalidTransaction` where it may not stand in this block."""
        payer = validate_admissible(
            transaction,
            view=self.view,
            rules=self.rules,
            parameters=self.parameters,
            time=self.header_time,
        )
        identity = transaction.transaction_id
        if identity in self.executed or self.is_seen(identity):
            raise TransactionReplayed("this transaction was executed before")
        self.executed[identity] = transaction.body.valid_until
        meter = Meter(transaction.body.gas_limit)
        fork = self.view.fork()
        outcomes, refusal, index = self._run_calls(transaction, fork, meter)
        self._close(fork, refusal)
        charge_quota(self.view, payer, self.parameters, self.header_time, meter.used)
        self._record(Kind.TRANSACTION, Digest(identity), outcomes, meter.used, refusal, index)

    def _run_calls(
        self, transaction: Transaction, fork: state.View, meter: Meter
    ) -> tuple[tuple[Outcome, ...], Refusal | None, int]:
        session = self._open_session(fork)
        outcomes: list[Outcome] = []
        try:
            meter.charge(transaction.proof_gas)
            for index, call in enumerate(transaction.body.calls):
                result = self._run_call(transaction, index, call, session, meter)
                outcomes.append(Outcome(result, session.take_events()))
        except Refusal as problem:
            return (), problem, len(outcomes)
        return tuple(outcomes), None, 0

    def _run_call(
        self, transaction: Transaction, index: int, call: Call, session: Session, meter: Meter
    ) -> bytes:
        sender = transaction.body.sender
        if call.contract == money.LEDGER:
            if call.pays is not None:
                raise Refusal("payment_not_accepted", "the ledger's own calls take no payment")
            caller = system.Caller(
                session=session,
                machine=self.rules.machine,
                meter=meter,
                sender=sender,
                new_contract=compute_contract_address(transaction.transaction_id, index),
                parameters=self.parameters,
                authority=self.rules.authority,
                story_clock=self.rules.story_clock,
            )
            return system.call(caller, call.method, call.arguments)
        payment = None
        if call.pays is not None:
            payment = Payment(call.pays.asset, call.pays.amount)
            session.money.transfer(payment.asset, sender, call.contract, payment.amount)
        invocation = Invocation(call.contract, call.method, call.arguments, sender, payment)
        return self.rules.machine.invoke(session, invocation, meter)

    # Both

    def _open_session(self, view: state.View) -> Session:
        return Session(
            view,
            chain_id=self.rules.chain_id,
            height=self.height,
            time=self.time,
            scheduled_gas_max=self.parameters.scheduled_gas_max,
            load_program=self.rules.load_program,
        )

    def _close(self, fork: state.View, refusal: Refusal | None) -> None:
        if refusal is None:
            self.view.merge(fork)
            self.queue = self.queue.apply(fork.top)
            if state.CLOCK in fork.top:
                self.clock = self.view.require(state.Clock, state.CLOCK)

    def _record(  # noqa: PLR0913, PLR0917 - the parts of one receipt, in its order
        self,
        kind: Kind,
        identity: bytes,
        outcomes: tuple[Outcome, ...],
        gas: Gas,
        refusal: Refusal | None,
        index: int,
    ) -> None:
        receipt = Receipt(
            kind=kind,
            id=identity,
            status=OK if refusal is None else refusal.code,
            message="" if refusal is None else refusal.message[:MESSAGE_MAX],
            failed_call=None if refusal is None else index,
            gas_used=gas,
            outcomes_root=compute_outcomes_root(outcomes) if outcomes else NO_HASH,
        )
        self.records.append(Record(receipt=receipt, outcomes=outcomes))


def compute_scheduled_id(chain_id: ChainId, number: int) -> Hash:
    """Return the id of a scheduled call."""
    return hashing.compute_hash(hashing.SCHEDULED, encode((chain_id, number)))


def validate_admissible(
    transaction: Transaction,
    *,
    view: state.View,
    rules: Rules,
    parameters: Parameters,
    time: Instant,
) -> bytes:
    """Check all that must hold before any call, at block time `time`; return whose quota the gas is charged to."""
    body = transaction.body
    if body.chain_id != rules.chain_id:
        raise WrongChain("the transaction is meant for another chain", chain_id=body.chain_id)
    if body.valid_until < time:
        message = "the transaction expired before it could be executed"
        raise TransactionExpired(message, valid_until=body.valid_until, time=time)
    if body.valid_until > time + parameters.replay_window:
        message = f"valid_until may lie at most {parameters.replay_window} ms ahead"
        raise TransactionTooEarly(message, valid_until=body.valid_until, time=time)
    if not transaction.proof_gas <= body.gas_limit <= parameters.block_gas_max:
        message = (
            f"the gas limit lies between {transaction.proof_gas} and {parameters.block_gas_max}"
        )
        raise GasLimitExceeded(message, gas_limit=body.gas_limit)
    if body.fee_limit:
        raise FeeTooLow("this chain has no fee asset, so the fee limit is 0")
    account = _validate_policy_of(view, body.sender, transaction.proofs[0])
    payer = body.sender
    if body.payer is not None:
        payer = body.payer
        account = _validate_policy_of(view, payer, transaction.proofs[1])
    owner = _get_quota_owner(account, payer, parameters)
    left = parameters.quota_gas - _get_usage(view, owner, parameters, time)
    if body.gas_limit > left:
        message = "the organisation's gas of this period is used up; try again in the next"
        raise QuotaExhausted(message, left=left)
    return owner


def charge_quota(
    view: state.View, owner: bytes, parameters: Parameters, time: Instant, gas: Gas
) -> None:
    """Add `gas` to what the quota's owner has used in the period of `time`."""
    used = _get_usage(view, owner, parameters, time)
    period = time // parameters.quota_period
    view.save(state.key_usage(owner), state.Usage(period=period, gas=Gas(used + gas)))


def _get_usage(view: state.View, owner: bytes, parameters: Parameters, time: Instant) -> int:
    usage = view.load(state.Usage, state.key_usage(owner))
    if usage is None or usage.period != time // parameters.quota_period:
        return 0
    return usage.gas


def _get_quota_owner(
    account: state.Account | None, payer: Address, parameters: Parameters
) -> bytes:
    if account is not None and account.organisation is not None:
        return account.organisation.encode()
    if parameters.open_enrolment:
        return payer
    raise AccountNotEnrolled(
        "no member organisation has enrolled the account that pays for the gas"
    )


def _validate_policy_of(
    view: state.View, address: Address, proof: PolicyProof
) -> state.Account | None:
    account = view.load(state.Account, state.key_account(address))
    if account is not None and account.policy is not None:
        if proof.policy != account.policy:
            raise WrongPolicy("the account has another policy now")
    elif compute_address(proof.policy) != address:
        raise WrongPolicy("the policy is not the one that the address stands for")
    return account
