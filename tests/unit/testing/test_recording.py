"""A story's record: the same each time, complete, and true to what the ledger did."""

from collections.abc import Mapping

import pytest

from dure.apps.flight_delay.stories import late_flight_pays_by_itself
from dure.contract.language import Amount, hours
from dure.contract.library.token import Token
from dure.core.errors import InvalidEncoding
from dure.core.types import ChainId, Instant
from dure.proof.file import parse_proof
from dure.proof.trust import trust_chain
from dure.proof.verification import verify
from dure.testing import MemoryStage, NamedAccount, World
from dure.testing.recording import (
    RecordedStep,
    StoryRecord,
    decode_record,
    encode_record,
    record_story,
    stage,
)
from tests.unit.testing.counter import Counter

HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}\u202e'


class Remembering(MemoryStage):
    """A stage that remembers who came, recording nothing else."""

    def __init__(self) -> None:
        super().__init__(at=Instant(1_767_603_600_000), assets={"won": 0, "usd": 2})
        self.people: dict[str, NamedAccount] = {}

    def admit(self, name: str, balances: Mapping[str, int]) -> NamedAccount:
        self.people[name] = super().admit(name, balances)
        return self.people[name]


def counts_and_waits(world: World) -> None:
    """Ann counts, is refused, and rings a bell."""
    ann = world.person("ann", won=1_000)
    counter = world.deploy(Counter, by=ann, money=world.asset("won"), total=5)
    with world.refused("only forwards"):
        counter.add(by=ann, number=-1)
    counter.ring_after(by=ann, wait=hours(2))
    world.wait(hours=3)
    assert counter.rung() == 1


def issues_and_destroys(world: World) -> None:
    """A bank issues a money of its own."""
    bank, bob = world.people("bank", "bob")
    token = world.deploy(Token, by=bank, roles={"issuer": bank}, code="GIFT", decimals=2)
    token.issue(by=bank, to=bob, amount=Amount(1_250))
    token.destroy(by=bob, amount=Amount(250))


def is_called(world: World) -> None:
    """Somebody has a name that is none."""
    one, two = world.people(HOSTILE, "<b>", won=3)
    world.transfer(by=one, to=two, asset="won", amount=2)


def does_not_hold(world: World) -> None:
    """The guest is rich."""
    guest = world.person("guest", won=1)
    assert guest.won == 2


def takes_something_back(world: World) -> None:
    """A trial leaves nothing behind."""
    ann, bob = world.people("ann", "bob", won=10)
    with world.trial():
        world.person("carol", won=7)
        world.transfer(by=ann, to=bob, asset="won", amount=9)
    world.transfer(by=ann, to=bob, asset="won", amount=1)


def list_kinds(record: StoryRecord) -> list[tuple[str, str | None]]:
    return [(step.kind, step.who) for step in record.steps]


def find(record: StoryRecord, method: str) -> RecordedStep:
    return next(s for s in record.steps for call in s.calls if call.method == method)


def test_two_recordings_of_a_story_are_the_same_bytes() -> None:
    first = encode_record(record_story(late_flight_pays_by_itself))
    assert encode_record(record_story(late_flight_pays_by_itself)) == first
    assert encode_record(decode_record(first)) == first


def test_a_record_tells_who_did_what_and_what_came_of_it() -> None:
    record = record_story(late_flight_pays_by_itself)
    assert list_kinds(record) == [
        ("arrival", "insurer"),
        ("arrival", "traveller"),
        ("arrival", "airline"),
        ("deployment", "insurer"),
        ("call", "insurer"),
        ("call", "traveller"),
        ("wait", "the story clock"),
        ("call", "traveller"),
        ("call", "airline"),
        ("scheduled", None),
    ]
    buy = find(record, "buy")
    (call,) = buy.calls
    assert {each.name: each.value for each in call.arguments}["flight"] == "UA1545 EWR-IAH"
    assert call.pays is not None
    assert (call.pays.amount, call.result) == ("5000", 1)
    assert [event.name for event in buy.events] == ["PolicySold"]
    won = call.pays.asset
    assert buy.holds["traveller"] == {won: "995000"}
    assert buy.holds["FlightDelay"] == {won: "505000"}
    by_itself = record.steps[-1]
    assert [(m.source, m.target, m.amount) for m in by_itself.moved] == [
        ("FlightDelay", "traveller", "200000")
    ]
    assert record.verdict.problem is None
    assert record.verdict.money_conserved


def test_lines_lead_through_the_story_as_it_was_written() -> None:
    record = record_story(counts_and_waits)
    lines = record.source.splitlines()
    refused = find(record, "add")
    assert "counter.add(by=ann, number=-1)" in lines[refused.line - 1]
    assert refused.refusal is not None
    assert refused.refusal.message == "only forwards"
    assert (refused.calls[0].result, refused.events, refused.moved) == (None, (), ())


def test_what_the_chain_does_by_itself_has_its_own_time() -> None:
    record = record_story(counts_and_waits)
    wait, rung = record.steps[-2:]
    assert (wait.kind, rung.kind) == ("wait", "scheduled")
    assert wait.until is not None
    assert wait.until - wait.time == 3 * 3_600_000
    assert wait.time < rung.time < wait.until
    assert rung.calls[0].target == "Counter"


def test_what_is_held_at_the_end_is_what_the_ledger_says_without_a_recorder() -> None:
    plain = Remembering()
    late_flight_pays_by_itself(World(plain))
    record = record_story(late_flight_pays_by_itself)
    assert record.verdict.state_root == plain.state_root.hex()
    ids = {asset.code: asset.id for asset in record.assets}
    for name, account in plain.people.items():
        for code, asset in plain.assets.items():
            told = record.steps[-1].holds[name].get(ids[code], "0")
            assert told == str(plain.get_balance(asset, account.address))


def test_money_that_a_contract_makes_and_burns_is_told() -> None:
    record = record_story(issues_and_destroys)
    gift = next(asset for asset in record.assets if asset.code == "GIFT")
    assert gift.decimals == 2
    moved = [(m.source, m.target, m.amount) for step in record.steps for m in step.moved]
    assert moved == [(None, "bob", "1250"), ("bob", None, "250")]
    assert record.steps[-1].holds["bob"] == {gift.id: "1000"}


def test_every_step_in_a_block_has_a_proof_that_holds() -> None:
    record = record_story(late_flight_pays_by_itself)
    trust = trust_chain(ChainId(bytes.fromhex(record.chain_id)))
    for step in record.steps:
        assert step.proof is not None
        assert verify(parse_proof(step.proof), trust).is_proved
    other = trust_chain(ChainId(bytes(32)))
    assert record.steps[0].proof is not None
    assert not verify(parse_proof(record.steps[0].proof), other).is_proved


def test_names_are_data_whatever_they_say() -> None:
    record = decode_record(encode_record(record_story(is_called)))
    names = [step.who for step in record.steps if step.kind == "arrival"]
    assert names == [HOSTILE, "<b>"]
    assert record.steps[-1].moved[-1].source == HOSTILE


def test_a_story_that_does_not_hold_is_recorded_up_to_there() -> None:
    record = record_story(does_not_hold)
    assert record.verdict.problem is not None
    assert "assert guest.won == 2" in record.verdict.problem
    assert list_kinds(record) == [("arrival", "guest")]


def test_what_a_trial_takes_back_is_no_part_of_the_story() -> None:
    record = record_story(takes_something_back)
    assert list_kinds(record) == [("arrival", "ann"), ("arrival", "bob"), ("call", "ann")]
    assert "carol" not in {actor.name for actor in record.actors}
    assert sorted(record.steps[-1].holds["bob"].values()) == ["11"]


def test_a_story_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "STEPS_MAX", 3)
    record = record_story(late_flight_pays_by_itself)
    assert record.verdict.problem is not None
    assert "at most 3 steps" in record.verdict.problem


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[" * 5_000, b'{"format": "dure-story-2"}', b"\xff", b" " * (32 * 1024**2 + 1)],
)
def test_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidEncoding):
        decode_record(data)


def test_people_cannot_come_twice() -> None:
    def comes_twice(world: World) -> None:
        """Ann comes again."""
        world.people("ann", "ann")

    record = record_story(comes_twice)
    assert record.verdict.problem is not None
    assert "'ann' already" in record.verdict.problem
