"""A ledger in memory that notes what happens on it.

Rules
-----
1. What a story does is one step, however many transactions it takes; what the chain does by itself
   is a step for each call, in the order in which the ledger told of it.
2. What each person holds is added up from what the ledger said.
3. What a trial takes back is no part of the story.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

from dure.chain import schedule, state
from dure.chain.execution.block import compute_scheduled_id
from dure.chain.receipt import OK, Kind, Record
from dure.chain.transaction import Call, Transaction
from dure.core.codec import decode
from dure.core.types import Address, Instant
from dure.proof.building import FinalBlock
from dure.testing.recording.draft import Draft
from dure.testing.recording.record import RecordedStep, Refusal, StepKind
from dure.testing.recording.sealing import Notary, prove
from dure.testing.recording.telling import Cast, Teller
from dure.testing.world.errors import Refused, StoryMistake
from dure.testing.world.live import THE_CLOCK
from dure.testing.world.memory import MemoryStage, derive_account
from dure.testing.world.stage import Deployment, Done, NamedAccount, validate_person
from dure.testing.world.story import World

Story = Callable[[World], None]

STEPS_MAX: Final = 1_000
THE_MEMBERS: Final = "the members"
THE_TREASURY: Final = "the treasury"
A_MEMBER: Final = "a member"

_SCHEDULED: Final = state.key_scheduled(0, 0)[:1]

_Planned = Mapping[bytes, tuple[int, state.ScheduledCall]]
"""What waits for its time: due time and call by id."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A moment to come back to."""

    mark: object
    steps: int
    cast: Cast


class RecordingStage(MemoryStage):
    """A stage in memory whose steps can be read afterwards."""

    def __init__(self, story: Story, *, at: Instant, assets: Mapping[str, int]) -> None:
        """Take the story for its lines; begin as a `MemoryStage`."""
        super().__init__(at=at, assets=assets)
        self.steps: list[RecordedStep] = []
        self.cast = Cast()
        self.teller = Teller(self.read)
        self._code = getattr(story, "__code__", None)
        self._draft: Draft | None = None
        executor = self._executor
        self._notary = Notary(executor.genesis, executor.chain_id, self._member.keys[0])
        for account, name in (
            (self._authority, THE_MEMBERS),
            (self._treasury, THE_TREASURY),
            (self._member, A_MEMBER),
            (self._clock, THE_CLOCK),
        ):
            self.cast.enter(account.address, name, "office", since=0)

    @property
    def chain_id(self) -> str:
        """The chain's id as hexadecimal text."""
        return self._executor.chain_id.hex()

    def read(self, key: bytes) -> bytes | None:
        """Return what the state holds under a key."""
        return self._executor.read(key)

    def holds_as_told(self) -> bool:
        """Say whether what was added up is what the ledger says of each actor's balances."""
        told = self.cast.list_holdings()
        return all(
            str(self.get_balance(asset, address)) == told[actor.name].get(asset.hex(), "0")
            for asset in self.teller.assets
            for address, actor in self.cast.actors.items()
            if actor.name in told
        )

    # What a story does

    def admit(self, name: str, balances: Mapping[str, int]) -> NamedAccount:
        validate_person(name, balances, people=self._names, assets=self.assets)
        # The address has its name before the first money arrives.
        address = derive_account("person", name).address
        self.cast.enter(address, name, "person", since=len(self.steps) + 1)
        with self._step("arrival", name):
            return super().admit(name, balances)

    def deploy(self, deployment: Deployment) -> Address:
        with self._step("deployment", self.cast.name(deployment.owner)) as draft:
            draft.brings = deployment.source.class_name
            return super().deploy(deployment)

    def decide(self, calls: Sequence[Call]) -> Done:
        with self._step("decision", THE_MEMBERS):
            return super().decide(calls)

    def advance(self, to: Instant) -> None:
        with self._step("wait", THE_CLOCK) as draft:
            draft.until = to
            super().advance(to)

    def send(self, sender: NamedAccount, calls: Sequence[Call]) -> Done:
        with self._step("call", sender.name) as draft:
            draft.calls = calls
            return super().send(sender, calls)

    def save(self) -> object:
        return _Kept(super().save(), len(self.steps), deepcopy(self.cast))

    def restore(self, mark: object) -> None:
        assert isinstance(mark, _Kept), "a mark of another stage"
        super().restore(mark.mark)
        del self.steps[mark.steps :]
        self.cast = deepcopy(mark.cast)

    # What is noted of it

    @contextmanager
    def _step(self, kind: StepKind, who: str) -> Iterator[Draft]:
        """Note what happens inside as one step; inside of another one it belongs to that."""
        if self._draft is not None:
            yield self._draft
            return
        self._draft = draft = Draft(kind, who, self._find_line(), self.ledger_time)
        try:
            yield draft
        except Refused as refusal:
            if draft.id is None:
                # Refused before any block: nothing of it was heard.
                draft.refusal = Refusal(refusal.reason, refusal.message)
                self._note_state(draft)
            raise
        finally:
            self._draft = None
            self._finish(draft)

    def _finish(self, draft: Draft) -> None:
        own = [draft] if draft.id is not None or draft.refusal is not None else []
        for each in (*draft.earlier, *own, *draft.later):
            if not each.told:
                each.told = tuple(
                    self.teller.tell_call(call, None, self.cast) for call in each.calls
                )
            self.steps.append(each.complete(len(self.steps) + 1))
        if len(self.steps) > STEPS_MAX:
            raise StoryMistake(f"a story that is recorded has at most {STEPS_MAX} steps")

    def _find_line(self) -> int:
        frame = inspect.currentframe()
        while frame is not None:
            if frame.f_code is self._code:
                return int(frame.f_lineno - frame.f_code.co_firstlineno + 1)
            frame = frame.f_back
        return 0

    def _make_block(self, transactions: Sequence[Transaction]) -> tuple[Record, ...]:
        planned = self._list_planned()
        made = len(self.blocks)
        records = super()._make_block(transactions)
        if len(self.blocks) > made:
            final = self._notary.seal(self.blocks[-1], records)
            for record in records:
                self._hear(record, final, planned)
        return records

    def _list_planned(self) -> _Planned:
        chain_id = self._executor.chain_id
        return {
            compute_scheduled_id(chain_id, schedule.get_number(key)): (
                schedule.get_due(key),
                decode(state.ScheduledCall, value),
            )
            for key, value in self._executor.view().base.items()
            if key[:1] == _SCHEDULED
        }

    def _hear(self, record: Record, final: FinalBlock, planned: _Planned) -> None:
        outer = self._draft
        assert outer is not None, "blocks are made by steps"
        draft = outer
        if record.receipt.kind is Kind.SCHEDULED:
            draft = self._begin_scheduled(outer, planned.get(record.receipt.id))
        elif outer.kind != "wait":
            draft.time = self.ledger_time
        draft.id = record.receipt.id.hex()
        draft.gas += record.receipt.gas_used
        draft.proof = prove(final, record)
        if record.receipt.status != OK:
            draft.refusal = Refusal(record.receipt.status, record.receipt.message)
        elif draft.brings:
            self._enter_contract(draft.brings, decode(Address, record.outcomes[0].result))
            draft.brings = ""
        self._hear_outcomes(draft, record)
        self._note_state(draft)

    def _begin_scheduled(
        self, outer: Draft, planned: tuple[int, state.ScheduledCall] | None
    ) -> Draft:
        draft = Draft("scheduled", None, outer.line, outer.clock)
        if planned is not None:
            # A call that was planned on the way there is known by what it says alone.
            due, call = planned
            draft.time = Instant(max(outer.clock, due))
            draft.calls = (Call(call.contract, call.method, call.arguments, None),)
        outer.clock = draft.time
        (outer.later if outer.id is not None else outer.earlier).append(draft)
        return draft

    def _hear_outcomes(self, draft: Draft, record: Record) -> None:
        events = [event for outcome in record.outcomes for event in outcome.events]
        for event in events:
            movement = self.teller.tell_movement(event, self.cast)
            if movement is not None:
                self.cast.move(movement)
                draft.moved.append(movement)
            else:
                draft.events += self.teller.tell_event(event, self.cast)
        if not draft.calls:
            return
        results: list[bytes | None] = [outcome.result for outcome in record.outcomes]
        results = results or [None] * len(draft.calls)
        draft.told += tuple(
            self.teller.tell_call(call, result, self.cast)
            for call, result in zip(draft.calls, results, strict=True)
        )

    def _enter_contract(self, name: str, address: Address) -> None:
        since = len(self.steps) + 1
        self.cast.enter(address, name, "contract", since=since, contract_class=name)

    def _note_state(self, draft: Draft) -> None:
        draft.height = self.height
        draft.holds = self.cast.list_holdings()
