"""Whatever is planned, withdrawn, stopped, started and upgraded: each call runs once or waits.

A second node judges every block, and now and then begins again from what the first one holds.
"""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dure.chain import schedule, state, system
from dure.chain.receipt import Kind
from dure.chain.replay import list_executed
from dure.contract.bundle import Source
from dure.core.codec import decode, encode
from dure.core.types import Address, Instant, Unsigned
from tests.unit.chain.ledger import (
    Ledger,
    ask,
    copy_of,
    items_of,
    ledger_call,
)
from tests.unit.chain.machine import script

GAS = 6_000_000
"""Three calls fill the share of a block."""
WAITS = st.lists(st.integers(0, 40), min_size=1, max_size=4)


class Bells(RuleBasedStateMachine):
    """Two contracts with bells; `waiting` has each bell that was planned and not heard yet."""

    @initialize()
    def found(self) -> None:
        self.ledger = Ledger()
        self.follower = copy_of(self.ledger)
        self.contracts = [self.deploy(), self.deploy()]
        self.stopped: set[Address] = set()
        self.waiting: dict[int, Address] = {}
        self.heard: list[int] = []

    def deploy(self) -> Address:
        source = Source("Script", "bells", ())
        authority = self.ledger.build_body("authority").sender
        call = ledger_call("deploy", system.DeployArguments(source, authority, script(), ()))
        return decode(Address, self.make("authority", call))

    def make(self, sender: str, *calls: object, after: int = 1) -> bytes:
        """Make a block with one transaction; return its first result."""
        envelope = self.ledger.sign(sender, *calls, gas_limit=60_000_000)  # type: ignore[arg-type]  # senders are names here
        self.block(envelope, after=after)
        record = self.records[-1]
        assert record.receipt.status == "ok", record.receipt
        return record.outcomes[0].result

    def block(self, *envelopes: bytes, after: int = 1) -> None:
        candidate = self.ledger.build(*envelopes, after=after)
        header = candidate.block.header
        judged = self.follower.judge(candidate.block)
        assert judged.position.block_id == candidate.position.block_id
        for executor in (self.ledger.executor, self.follower):
            executor.commit(candidate.position.block_id)
        self.records = candidate.records
        self.last = candidate.block
        for record in candidate.records:
            if record.receipt.kind is Kind.SCHEDULED:
                assert record.receipt.status == "ok", (header.height, record.receipt)
                self.hear(decode(Unsigned, record.outcomes[0].events[0].data))

    def hear(self, number: int) -> None:
        assert self.waiting.pop(number) not in self.stopped
        self.heard.append(number)

    @rule(index=st.integers(0, 1), waits=WAITS)
    def plan(self, index: int, waits: list[int]) -> None:
        contract = self.contracts[index]
        if contract in self.stopped:
            return
        # What is due in this very block schedules nothing, so the numbers are known before.
        first = self.ledger.executor.view().load(Unsigned, state.SEQUENCE) or 0
        now = self.ledger.executor.ledger_time
        steps = [
            ("schedule", now + wait, script(("emit", "rang", encode(first + place))), GAS)
            for place, wait in enumerate(waits)
        ]
        self.make("bob", ask(contract, *steps))
        self.waiting |= dict.fromkeys(range(first, first + len(waits)), contract)

    @rule(index=st.integers(0, 1), data=st.data())
    def withdraw_in_a_migration(self, index: int, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from([99, *sorted(self.waiting)]))
        contract = self.contracts[index]
        source = Source("Script", f"bells {number}", ())
        given = system.UpgradeArguments(contract, source, script(("tell cancelled", number)))
        envelope = self.ledger.sign("authority", ledger_call("upgrade", given))
        self.block(envelope)
        record = self.records[-1]
        assert record.receipt.status == "ok"
        told = decode(bool, record.outcomes[0].events[1].data)
        assert told == (self.waiting.get(number) == contract)
        if told:
            del self.waiting[number]

    @rule(index=st.integers(0, 1))
    def stop_or_start(self, index: int) -> None:
        contract = self.contracts[index]
        if contract in self.stopped:
            self.make("authority", ledger_call("start", system.StartArguments(contract)))
            self.stopped.remove(contract)
        else:
            given = system.StopArguments(contract, "a pause")
            self.make("authority", ledger_call("stop", given))
            self.stopped.add(contract)

    @rule(after=st.integers(1, 60))
    def let_time_pass(self, after: int) -> None:
        time = Instant(self.ledger.time + after)
        if self.ledger.executor.has_scheduled_work(time):
            self.block(after=after)

    @precondition(lambda self: hasattr(self, "last"))
    @rule()
    def begin_the_second_node_again(self) -> None:
        self.follower = copy_of(self.ledger)
        header = self.ledger.executor.head.header
        self.follower.restore(header, items_of(self.ledger.executor), [list_executed(self.last)])

    @invariant()
    def every_call_that_was_not_heard_waits_in_one_place(self) -> None:
        kept = self.ledger.executor.copy_state()
        queued = {schedule.get_number(key) for key in kept if key[:1] == b"q"}
        dated = {int.from_bytes(key[1:], "big") for key in kept if key[:1] == b"m"}
        parked = [decode(state.ParkedCall, kept[key] or b"") for key in kept if key[:1] == b"p"]
        aside = {
            int.from_bytes(key[1:], "big")
            for key in kept
            if key[:1] == b"p" and decode(state.ParkedCall, kept[key] or b"").call is not None
        }
        assert queued == dated
        assert not queued & aside
        assert queued | aside == self.waiting.keys()
        assert len(self.heard) == len(set(self.heard))
        counted = 0
        for contract in self.contracts:
            view = self.ledger.executor.view()
            record = view.require(state.ContractRecord, state.key_contract(contract))
            assert (record.stopped is not None) == (contract in self.stopped)
            counted += 0 if record.stopped is None else record.stopped.parked
        assert counted == len(parked)

    def teardown(self) -> None:
        """In the end, what is started runs."""
        for contract in sorted(self.stopped):
            self.make("authority", ledger_call("start", system.StartArguments(contract)))
            self.stopped.remove(contract)
        while self.ledger.executor.next_due() is not None:
            self.block(after=100)
        assert not self.waiting


TestBells = Bells.TestCase
TestBells.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
