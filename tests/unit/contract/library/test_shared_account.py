"""From an account of several people nobody pays alone."""

import pytest

from dure.contract.language import Amount
from dure.contract.library.approval import Approved, ProposalState
from dure.contract.library.shared_account import PaidIn, PaidOut, SharedAccount
from dure.testing import Deployed, World

RICH = 1_000


class Scene:
    """Three people who hold 500 won together."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann, self.bob, self.cho = world.people("ann", "bob", "cho", won=RICH)
        self.shop, self.stranger = world.people("shop", "stranger", won=RICH)
        self.account: Deployed = world.deploy(
            SharedAccount,
            by=self.ann,
            money=world.asset("won"),
            signatories=[self.ann, self.bob, self.cho],
            enough=2,
        )
        self.account.pay_in(by=self.ann, pay=500)

    def propose(self, amount: int, purpose: str = "new tools") -> int:
        number = self.account.propose_payment(
            by=self.ann, to=self.shop, amount=Amount(amount), purpose=purpose
        )
        assert isinstance(number, int)
        return number


@pytest.fixture
def scene(world: World) -> Scene:
    return Scene(world)


def test_anybody_pays_in(scene: Scene) -> None:
    scene.account.pay_in(by=scene.stranger, pay=7)
    assert scene.account.balance() == Amount(507)
    assert scene.world.events(PaidIn)[1] == PaidIn(scene.stranger.address, Amount(7))
    with scene.world.refused("nothing was paid in"):
        scene.account.pay_in(by=scene.stranger, pay=0)


def test_an_approved_payment_is_made_once(scene: Scene) -> None:
    number = scene.propose(200)
    with scene.world.refused("too few signatories have approved"):
        scene.account.pay_out(by=scene.ann, number=number)
    scene.account.approve(by=scene.bob, number=number)
    scene.account.pay_out(by=scene.cho, number=number)
    assert (scene.shop.won, scene.account.balance()) == (RICH + 200, Amount(300))
    assert scene.world.events(PaidOut) == [
        PaidOut(number, scene.shop.address, Amount(200), "new tools")
    ]
    with scene.world.refused("the proposal is closed"):
        scene.account.pay_out(by=scene.cho, number=number)


def test_what_is_to_be_paid_can_be_read(scene: Scene) -> None:
    order = scene.account.order(scene.propose(200))
    assert (order.to, order.amount, order.purpose) == (
        scene.shop.address,
        Amount(200),
        "new tools",
    )


def test_strangers_neither_propose_nor_pay_out(scene: Scene) -> None:
    with scene.world.refused("not_permitted"):
        scene.account.propose_payment(
            by=scene.stranger, to=scene.stranger, amount=Amount(1), purpose="greed"
        )
    number = scene.propose(1)
    scene.account.approve(by=scene.bob, number=number)
    with scene.world.refused("not_permitted"):
        scene.account.pay_out(by=scene.stranger, number=number)


def test_a_payment_has_an_amount_and_a_purpose(scene: Scene) -> None:
    with scene.world.refused("an amount is above zero"):
        scene.propose(0)
    for purpose in ("", "p" * 201):
        with scene.world.refused("the purpose has 1 to 200 characters"):
            scene.propose(1, purpose)


def test_a_proposal_that_is_no_payment_pays_nothing(scene: Scene) -> None:
    number = scene.account.propose(by=scene.ann, action=b"a" * 32)
    scene.account.approve(by=scene.bob, number=number)
    with scene.world.refused("no payment was proposed under this number"):
        scene.account.pay_out(by=scene.ann, number=number)


def test_more_than_there_is_cannot_be_paid_but_later_it_can(scene: Scene) -> None:
    number = scene.propose(600)
    scene.account.approve(by=scene.bob, number=number)
    with scene.world.refused("insufficient_balance"):
        scene.account.pay_out(by=scene.ann, number=number)
    scene.account.pay_in(by=scene.bob, pay=100)
    scene.account.pay_out(by=scene.ann, number=number)
    assert scene.shop.won == RICH + 600


def test_what_it_inherits_is_read_and_told_like_its_own(scene: Scene) -> None:
    number = scene.propose(200)
    proposal = scene.account.proposal(number)
    assert (proposal.proposer, proposal.state) == (scene.ann.address, ProposalState.OPEN)
    assert scene.world.events(Approved) == [Approved(number, scene.ann.address)]
