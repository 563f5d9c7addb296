"""Only registered holders send and receive, less a fee, and nothing moves in a pause."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.contract.language import Amount
from dure.contract.library.regulated_token import (
    FeesCollected,
    FeeSet,
    HolderRegistered,
    HolderStruck,
    RegulatedToken,
    TransferFee,
)
from dure.core.types import AssetId
from dure.sdk import ledger_calls
from dure.testing import Deployed, MemoryStage, Person, World


class Scene:
    """A bank that issues, registers and guards; ann has 1,000 and bob is registered too."""

    def __init__(self, world: World, *, share: str = "0.01", most: int = 5) -> None:
        self.world = world
        self.bank, self.treasurer = world.people("bank", "treasurer")
        self.ann, self.bob, self.stranger = world.people("ann", "bob", "stranger")
        roles = dict.fromkeys(("issuer", "registrar", "guardian"), self.bank)
        self.token: Deployed = world.deploy(
            RegulatedToken,
            by=self.bank,
            roles=roles,
            code="REG",
            decimals=0,
            collector=self.treasurer,
            share=TransferFee(share),
            most=Amount(most),
        )
        self.asset: AssetId = self.token.asset()
        for person in (self.ann, self.bob):
            self.token.register(by=self.bank, holder=person)
        self.token.issue(by=self.bank, to=self.ann, amount=Amount(1_000))

    def transfer(self, by: Person, to: Person, amount: int) -> None:
        """Move money by the ledger's own transfer."""
        stage = self.world._stage
        assert isinstance(stage, MemoryStage)
        stage.send(by.account, [ledger_calls.transfer(self.asset, to.address, amount)])

    def held(self, by: Person | Deployed) -> int:
        return self.world.balance(by, self.asset)


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


# The register


def test_registered_holders_transfer(scene: Scene) -> None:
    scene.transfer(scene.ann, scene.bob, 100)
    assert (scene.held(scene.ann), scene.held(scene.bob)) == (900, 99)


def test_nobody_else_receives_or_sends(scene: Scene) -> None:
    with scene.world.refused("the receiver is not a registered holder"):
        scene.transfer(scene.ann, scene.stranger, 100)
    with scene.world.refused("the receiver is not a registered holder"):
        scene.token.issue(by=scene.bank, to=scene.stranger, amount=Amount(1))
    scene.token.strike(by=scene.bank, holder=scene.ann)
    assert not scene.token.is_registered(scene.ann)
    with scene.world.refused("the sender is not a registered holder"):
        scene.transfer(scene.ann, scene.bob, 100)
    assert scene.held(scene.ann) == 1_000


def test_only_the_registrar_registers_and_each_holder_once(scene: Scene) -> None:
    with scene.world.refused("not a registrar"):
        scene.token.register(by=scene.stranger, holder=scene.stranger)
    with scene.world.refused("not a registrar"):
        scene.token.strike(by=scene.stranger, holder=scene.ann)
    with scene.world.refused("the holder is registered already"):
        scene.token.register(by=scene.bank, holder=scene.ann)
    with scene.world.refused("the holder is not registered"):
        scene.token.strike(by=scene.bank, holder=scene.stranger)


# The fee


def test_the_fee_is_a_share_up_to_a_most(scene: Scene) -> None:
    assert scene.token.fee_of(Amount(99)) == Amount(0)
    assert scene.token.fee_of(Amount(100)) == Amount(1)
    assert scene.token.fee_of(Amount(100_000)) == Amount(5)
    scene.transfer(scene.ann, scene.bob, 900)
    assert (scene.held(scene.bob), scene.held(scene.token)) == (895, 5)


def test_only_the_collector_takes_the_fees(scene: Scene) -> None:
    scene.transfer(scene.ann, scene.bob, 900)
    with scene.world.refused("not_permitted"):
        scene.token.collect_fees(by=scene.bank)
    scene.token.collect_fees(by=scene.treasurer)
    assert (scene.held(scene.treasurer), scene.held(scene.token)) == (5, 0)
    told = FeesCollected(scene.treasurer.address, Amount(5))
    assert scene.world.events(FeesCollected) == [told]
    with scene.world.refused("there are no fees to collect"):
        scene.token.collect_fees(by=scene.treasurer)


def test_only_the_issuer_sets_the_fee_and_within_a_tenth(scene: Scene) -> None:
    with scene.world.refused("not an issuer"):
        scene.token.set_fee(by=scene.treasurer, share=TransferFee("0"), most=Amount(0))
    for share, reason in (
        ("-0.0001", "a fee is not below zero"),
        ("0.1001", "a fee is at most a tenth"),
    ):
        with scene.world.refused(reason):
            scene.token.set_fee(by=scene.bank, share=TransferFee(share), most=Amount(1))
    scene.token.set_fee(by=scene.bank, share=TransferFee("0.1"), most=Amount(1_000))
    scene.transfer(scene.ann, scene.bob, 900)
    assert (scene.held(scene.bob), scene.held(scene.token)) == (810, 90)
    assert scene.world.events(FeeSet)[1:] == [FeeSet(TransferFee("0.1"), Amount(1_000))]


@settings(max_examples=20, deadline=None)
@given(
    units=st.integers(0, 1_000),
    most=st.integers(0, 200),
    amounts=st.lists(st.integers(0, 400), max_size=4),
)
def test_no_unit_is_lost_to_rounding(units: int, most: int, amounts: list[int]) -> None:
    scene = Scene(World(), share=str(TransferFee.from_units(units)), most=most)
    fees = 0
    for amount in amounts:
        if amount > scene.held(scene.ann):
            break
        scene.transfer(scene.ann, scene.bob, amount)
        fees += min(amount * units // 10_000, most)
    assert scene.held(scene.token) == fees
    assert scene.held(scene.ann) + scene.held(scene.bob) + fees == 1_000
    assert scene.token.supply() == Amount(1_000)
    assert scene.world.conserved()


# Allowances keep the same rule


def test_an_allowed_transfer_keeps_the_same_rule(scene: Scene) -> None:
    token, shop = scene.token, scene.stranger
    token.approve(by=scene.ann, spender=shop, amount=Amount(500))
    with scene.world.refused("the receiver is not a registered holder"):
        token.transfer_from(by=shop, holder=scene.ann, to=shop, amount=Amount(100))
    token.transfer_from(by=shop, holder=scene.ann, to=scene.bob, amount=Amount(100))
    assert (scene.held(scene.ann), scene.held(scene.bob), scene.held(token)) == (900, 99, 1)
    token.pause(by=scene.bank, reason="an audit")
    with scene.world.refused("the contract is paused"):
        token.transfer_from(by=shop, holder=scene.ann, to=scene.bob, amount=Amount(100))
    assert token.allowance(scene.ann, shop) == Amount(400)


# The pause


def test_nothing_moves_in_a_pause(scene: Scene) -> None:
    scene.token.pause(by=scene.bank, reason="an audit")
    with scene.world.refused("the contract is paused"):
        scene.transfer(scene.ann, scene.bob, 1)
    with scene.world.refused("the contract is paused"):
        scene.token.issue(by=scene.bank, to=scene.ann, amount=Amount(1))
    scene.token.resume(by=scene.bank)
    scene.transfer(scene.ann, scene.bob, 1)


def test_changes_of_the_register_are_told(scene: Scene) -> None:
    scene.token.strike(by=scene.bank, holder=scene.bob)
    ann, bob = scene.ann.address, scene.bob.address
    assert scene.world.events(HolderRegistered) == [HolderRegistered(ann), HolderRegistered(bob)]
    assert scene.world.events(HolderStruck) == [HolderStruck(bob)]
