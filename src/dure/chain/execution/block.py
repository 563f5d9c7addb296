"""Running one block's work on a view: scheduled calls first, then transactions.

Rules
-----
1. Scheduled calls run in order of (due time, number) while the block's share of gas for them lasts;
   the rest stay for the next block, where they come first. The first call of a block always runs,
   so that a share that was lowered later holds nobody up. A call that refuses is undone alone and
   leaves its receipt; one of a stopped contract is put aside until it starts.
2. While the story clock heads for a target, ledger time stops at each due call on the way (test
   chains only).
3. A transaction that breaks a rule before any call (time, replay, policy, quota) makes the block
   invalid; one whose call refuses is undone whole, pays its gas and leaves its receipt.
4. Parameters are those at the beginning of the block, whatever a transaction in it changes.
5. Where the machine dies under a call, nothing of the block stands; the error says which call.
6. What a call says (result and events) costs gas by the byte, so that receipts stay small enough to
   be stored and sent.
7. Money moves by the rule of its asset. A payment moves before its call, which sees what arrived.
8. What a session key spends is written with what its transaction does, and dropped with it; the gas
   that it used is written in any case.
9. The gas of a scheduled call is paid whole when it is scheduled, and no part of it comes back: it
   kept room in a block that nobody else could have.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from functools import partial

from dure.chain import money, schedule, state, system
from dure.chain.execution import waiting
from dure.chain.execution.delegation import GAS_PER_SESSION, charge_session, save_sessions
from dure.chain.execution.later import Later
from dure.chain.execution.quota import OwnersShare, Quota
from dure.chain.execution.rules import Checks, Rules
from dure.chain.execution.session import Moment, Session
from dure.chain.parameters import GAS_PER_OUTPUT_BYTE, Parameters
from dure.chain.receipt import Kind, Receipt, build_receipt, build_refusal, encode_record
from dure.chain.transaction import Call, Transaction
from dure.contract.ports import Invocation, Meter, Payment, Refusal, Running, TransferOrder
from dure.core import hashing
from dure.core.codec import encode
from dure.core.errors import WorkerDied
from dure.core.types import Address, ChainId, Gas, Hash, Height, Instant, TransactionId


@dataclass(slots=True)
class Execution:
    """The work of one block in progress."""

    rules: Rules
    view: state.View
    queue: schedule.Queue
    """The parent's; copied before this block changes it."""
    height: Height
    header_time: Instant
    parameters: Parameters
    clock: state.Clock
    seen: tuple[Container[TransactionId], ...]
    """The transactions of earlier blocks inside the replay window."""
    receipts: list[bytes] = field(default_factory=list)
    """Canonical bytes of each `Receipt` so far."""
    records: list[bytes] = field(default_factory=list)
    """Of each `Record`: the same with what it commits to."""
    executed: dict[TransactionId, Instant] = field(default_factory=dict)
    _quota: Quota = field(init=False)
    _checks: Checks = field(init=False)
    _moment: Moment = field(init=False)
    _owns_queue: bool = False

    def __post_init__(self) -> None:
        self._quota = Quota(self.view, self.parameters, self.header_time)
        self._checks = Checks(
            self.rules.chain_id,
            (self.executed, *self.seen),
            view=self.view,
            parameters=self.parameters,
            time=self.header_time,
            quota=self._quota,
        )
        self._moment = self._build_moment()

    @property
    def time(self) -> Instant:
        """Ledger time at this point of the block."""
        return Instant(self.header_time + self.clock.offset)

    def finish(self) -> None:
        """Write what is kept until the end of the block."""
        self._quota.save()
        system.apply_due_validators(self.view, self.height)
        system.apply_due_version(self.view, self.height)

    # Scheduled calls

    def run_scheduled(self) -> None:
        """Run what is due, as far as the block's share of gas goes."""
        share = self.parameters.scheduled_gas_max
        left = share
        while (key := self._find_due()) is not None:
            call = self.view.require(state.ScheduledCall, key)
            if call.gas > left and left < share:
                return
            left = Gas(left - call.gas)
            number = self._take_due(key)
            if call.contract == money.LEDGER or not waiting.park(self.view, number, call):
                self._run_scheduled_call(number, call)
        if self.clock.target is not None:
            self._set_clock(self.clock.target, target=None)

    def _find_due(self) -> bytes | None:
        """Return the key of the next call that is due, moving the story clock up to it."""
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
        self._moment = self._build_moment()

    def _take_due(self, key: bytes) -> int:
        number = schedule.get_number(key)
        taken: state.Writes = {key: None, state.key_due(number): None}
        self.view.top.update(taken)
        self._follow_schedule(taken)
        return number

    def _run_scheduled_call(self, number: int, call: state.ScheduledCall) -> None:
        identity = compute_scheduled_id(self.rules.chain_id, number)
        invocation = Invocation(call.contract, call.method, call.arguments, call.contract, None)
        fork = self.view.fork()
        share = OwnersShare(self._quota, self.view, self.parameters, contract=call.contract)
        session = Session(fork, self._moment, share)
        meter = Meter(call.gas)
        try:
            if call.contract == money.LEDGER:
                result = system.run_due_call(session, meter, call.arguments)
            else:
                result = self.rules.machine.open(session, meter).invoke(invocation)
            outcome = session.end_call(result)
            meter.charge(GAS_PER_OUTPUT_BYTE * len(outcome))
        except Refusal as refusal:
            receipt = build_refusal(
                Kind.SCHEDULED, identity, gas_used=meter.used, refusal=refusal, failed_call=0
            )
            self._record(receipt, ())
        except WorkerDied as death:
            death.facts["scheduled"] = identity
            raise
        else:
            self._merge(fork)
            share.settle()
            outcomes = (outcome,)
            receipt = build_receipt(
                Kind.SCHEDULED, identity, gas_used=meter.used, outcomes=outcomes
            )
            self._record(receipt, outcomes)

    # Transactions

    def run_transaction(self, transaction: Transaction) -> None:
        """Execute one transaction; raise `InvalidTransaction` where it may not stand here."""
        payer, sessions = self._checks.validate(transaction)
        identity = transaction.transaction_id
        self.executed[identity] = transaction.body.valid_until
        meter = Meter(transaction.body.gas_limit)
        fork = self.view.fork()
        outcomes: list[bytes] = []
        try:
            if sessions:
                meter.charge(GAS_PER_SESSION)
                save_sessions(fork, transaction.body.sender, sessions)
            self._run_calls(transaction, fork, meter, outcomes=outcomes)
        except Refusal as refusal:
            receipt = build_refusal(
                Kind.TRANSACTION,
                identity,
                gas_used=meter.used,
                refusal=refusal,
                failed_call=len(outcomes),
            )
            self._record(receipt, ())
        except WorkerDied as death:
            death.facts["transaction"] = identity
            raise
        else:
            self._merge(fork)
            receipt = build_receipt(
                Kind.TRANSACTION, identity, gas_used=meter.used, outcomes=outcomes
            )
            self._record(receipt, outcomes)
        self._quota.charge(payer, meter.used)
        if sessions:
            charge_session(self.view, transaction, meter.used)

    def _run_calls(
        self,
        transaction: Transaction,
        fork: state.View,
        meter: Meter,
        *,
        outcomes: list[bytes],
    ) -> None:
        """Run all calls; append to `outcomes` what each leaves."""
        body = transaction.body
        session = Session(fork, self._moment)
        running = self.rules.machine.open(session, meter)
        later = Later()
        session.door = partial(self._decide, later, meter, transaction)
        caller = None
        meter.charge(transaction.proof_gas)
        for call in body.calls:
            if call.contract == money.LEDGER:
                if caller is None:
                    caller = self._build_caller(session, running, meter, transaction)
                caller.call_index = len(outcomes)
                result = system.run_call(caller, call)
            else:
                result = _run_contract(running, call, body.sender, meter)
            later.run(running)
            outcome = session.end_call(result)
            meter.charge(GAS_PER_OUTPUT_BYTE * len(outcome))
            outcomes.append(outcome)

    def _decide(  # noqa: PLR0913, PLR0917 - the first three are bound once a transaction
        self,
        later: Later,
        meter: Meter,
        transaction: Transaction,
        session: Session,
        contract: Address,
        method: str,
        arguments: bytes,
    ) -> bytes:
        """Do what `contract` has the ledger do; see `system.decisions`."""
        caller = self._build_caller(session, later, meter, transaction)
        caller.sender, caller.call_index = contract, later.take_number()
        return system.decide(caller, method, arguments)

    def _build_caller(
        self, session: Session, running: Running, meter: Meter, transaction: Transaction
    ) -> system.Caller:
        return system.Caller(
            session=session,
            running=running,
            meter=meter,
            sender=transaction.body.sender,
            transaction_id=transaction.transaction_id,
            header_time=self.header_time,
            parameters=self.parameters,
            rules=self.rules,
        )

    # Both

    def _build_moment(self) -> Moment:
        return Moment(
            chain_id=self.rules.chain_id,
            height=self.height,
            time=self.time,
            scheduled_gas_max=self.parameters.scheduled_gas_max,
            consult=system.consult,
            load_program=self.rules.load_program,
        )

    def _merge(self, fork: state.View) -> None:
        self.view.merge(fork)
        if schedule.has_calls(fork.top):
            self._follow_schedule(fork.top)
        if state.CLOCK in fork.top:
            self.clock = self.view.require(state.Clock, state.CLOCK)

    def _follow_schedule(self, writes: state.Writes) -> None:
        if not self._owns_queue:
            self.queue, self._owns_queue = self.queue.copy(), True
        self.queue.apply(writes)

    def _record(self, receipt: Receipt, outcomes: Sequence[bytes]) -> None:
        data = encode(receipt)
        self.receipts.append(data)
        self.records.append(encode_record(data, outcomes))


def compute_scheduled_id(chain_id: ChainId, number: int) -> Hash:
    """Return the id of a scheduled call."""
    return hashing.compute_hash(hashing.SCHEDULED, encode((chain_id, number)))


def _run_contract(running: Running, call: Call, sender: Address, meter: Meter) -> bytes:
    payment = None
    if call.pays is not None:
        meter.charge(system.GAS_PER_TRANSFER)
        asset, amount = call.pays.asset, call.pays.amount
        order = TransferOrder(asset, sender, call.contract, amount)
        payment = Payment(asset, running.transfer(order))
    return running.invoke(Invocation(call.contract, call.method, call.arguments, sender, payment))
