"""The library's token issues, destroys and stops money of the ledger; it keeps no balances."""

import pytest

from dure.chain.transaction import Call
from dure.contract.language import Amount
from dure.contract.library.allowances import Allowances, Allowed
from dure.contract.library.issuance import Destroyed, Issued, Released, Stopped
from dure.contract.library.token import Token
from dure.core.types import AssetId
from dure.sdk import ledger_calls
from dure.testing import Deployed, MemoryStage, Person, World


class Scene:
    """A mint, two holders, and a shop that may be allowed to take money."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mint, self.ann, self.bob, self.shop = world.people("mint", "ann", "bob", "shop")
        self.token: Deployed = world.deploy(
            Token, by=self.mint, roles={"issuer": self.mint}, code="PT", decimals=2
        )
        self.asset: AssetId = self.token.asset()

    def issue(self, to: Person, amount: int) -> None:
        self.token.issue(by=self.mint, to=to, amount=Amount(amount))

    def transfer(self, by: Person, to: Person, amount: int) -> None:
        """Move money by the ledger's own transfer."""
        stage = self.world._stage
        assert isinstance(stage, MemoryStage)
        calls: list[Call] = [ledger_calls.transfer(self.asset, to.address, amount)]
        stage.send(by.account, calls)

    def held(self, by: Person) -> int:
        return self.world.balance(by, self.asset)


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


# Issuing and destroying


def test_only_the_issuer_issues(scene: Scene) -> None:
    with scene.world.refused("not an issuer"):
        scene.token.issue(by=scene.ann, to=scene.ann, amount=Amount(5))
    scene.issue(scene.ann, 5)
    assert (scene.token.supply(), scene.held(scene.ann)) == (Amount(5), 5)


def test_a_holder_destroys_only_what_is_their_own(scene: Scene) -> None:
    scene.issue(scene.ann, 5)
    scene.token.destroy(by=scene.ann, amount=Amount(2))
    assert (scene.token.supply(), scene.held(scene.ann)) == (Amount(3), 3)
    for person, amount in ((scene.bob, 1), (scene.ann, 4)):
        with scene.world.refused("insufficient_balance"):
            scene.token.destroy(by=person, amount=Amount(amount))


def test_nothing_is_not_an_amount(scene: Scene) -> None:
    with scene.world.refused("nothing to issue"):
        scene.issue(scene.ann, 0)
    with scene.world.refused("nothing to destroy"):
        scene.token.destroy(by=scene.ann, amount=Amount(0))


def test_a_token_has_a_code(scene: Scene) -> None:
    with scene.world.refused("a token needs a code"):
        scene.world.deploy(Token, by=scene.mint, code="", decimals=0)


def test_holders_move_it_by_the_ledger(scene: Scene) -> None:
    scene.issue(scene.ann, 5)
    scene.transfer(scene.ann, scene.bob, 2)
    assert (scene.held(scene.ann), scene.held(scene.bob)) == (3, 2)
    assert scene.world.conserved()


# Freezing


def test_a_stopped_holder_cannot_move_money_until_released(scene: Scene) -> None:
    scene.issue(scene.ann, 5)
    scene.token.stop(by=scene.mint, holder=scene.ann)
    with scene.world.refused("frozen"):
        scene.transfer(scene.ann, scene.bob, 1)
    with scene.world.refused("frozen"):
        scene.token.destroy(by=scene.ann, amount=Amount(1))
    scene.token.release(by=scene.mint, holder=scene.ann)
    scene.transfer(scene.ann, scene.bob, 1)


def test_only_the_issuer_stops_and_releases(scene: Scene) -> None:
    with scene.world.refused("not an issuer"):
        scene.token.stop(by=scene.bob, holder=scene.ann)
    scene.token.stop(by=scene.mint, holder=scene.ann)
    with scene.world.refused("not an issuer"):
        scene.token.release(by=scene.ann, holder=scene.ann)


# Allowances


def test_who_is_allowed_moves_a_holders_money_up_to_the_sum(scene: Scene) -> None:
    scene.issue(scene.ann, 10)
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(6))
    scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.bob, amount=Amount(4))
    assert (scene.held(scene.ann), scene.held(scene.bob)) == (6, 4)
    assert scene.token.allowance(scene.ann, scene.shop) == Amount(2)
    with scene.world.refused("the holder has not allowed so much"):
        scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(3))
    scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(2))
    with scene.world.refused("the holder has not allowed so much"):
        scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(1))


def test_nobody_moves_money_without_an_allowance(scene: Scene) -> None:
    scene.issue(scene.ann, 10)
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(6))
    for person in (scene.bob, scene.mint):
        with scene.world.refused("the holder has not allowed so much"):
            scene.token.transfer_from(by=person, holder=scene.ann, to=person, amount=Amount(1))
    with scene.world.refused("the holder has not allowed so much"):
        scene.token.transfer_from(by=scene.shop, holder=scene.bob, to=scene.shop, amount=Amount(1))
    with scene.world.refused("nothing to move"):
        scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(0))


def test_an_allowance_is_ended_before_another_is_granted(scene: Scene) -> None:
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(6))
    with scene.world.refused("another allowance is in force"):
        scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(3))
    scene.token.approve(by=scene.ann, spender=scene.bob, amount=Amount(3))
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(0))
    with scene.world.refused("the holder has not allowed so much"):
        scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(1))
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(3))


def test_an_allowance_moves_no_more_than_there_is_and_nothing_frozen(scene: Scene) -> None:
    scene.issue(scene.ann, 1)
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(6))
    with scene.world.refused("insufficient_balance"):
        scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(2))
    scene.token.stop(by=scene.mint, holder=scene.ann)
    with scene.world.refused("frozen"):
        scene.token.transfer_from(by=scene.shop, holder=scene.ann, to=scene.shop, amount=Amount(1))
    assert scene.token.allowance(scene.ann, scene.shop) == Amount(6)


# Events


def test_everything_is_told(scene: Scene) -> None:
    scene.issue(scene.ann, 5)
    scene.token.destroy(by=scene.ann, amount=Amount(2))
    scene.token.stop(by=scene.mint, holder=scene.ann)
    scene.token.release(by=scene.mint, holder=scene.ann)
    scene.token.approve(by=scene.ann, spender=scene.shop, amount=Amount(6))
    ann = scene.ann.address
    assert scene.world.events(Issued) == [Issued(ann, Amount(5))]
    assert scene.world.events(Destroyed) == [Destroyed(ann, Amount(2))]
    assert scene.world.events(Stopped) == [Stopped(ann)]
    assert scene.world.events(Released) == [Released(ann)]
    assert scene.world.events(Allowed) == [Allowed(ann, scene.shop.address, Amount(6))]


def test_allowances_alone_move_nothing(world: World) -> None:
    ann, shop = world.people("ann", "shop")
    plain = world.deploy(Allowances, by=ann)
    plain.approve(by=ann, spender=shop, amount=Amount(6))
    assert plain.allowance(ann, shop) == Amount(6)
