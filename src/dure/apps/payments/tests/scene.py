"""The clearing, two customers and a dealer with which every test of this folder begins."""

from dataclasses import dataclass, field

from dure.apps.payments.stories import Clearing, digest_of, open_account, open_clearing
from dure.contract.language import minutes as minutes_of
from dure.core.types import AssetId
from dure.testing import Deployed, Person, World

START = 1_000_000
LIMIT = 400_000
DAY_LIMIT = 600_000
REPORT = digest_of("report")


@dataclass
class Scene:
    world: World
    clearing: Clearing
    payer: Person
    payee: Person
    dealer: Person
    references: list[str] = field(default_factory=list)

    @property
    def payments(self) -> Deployed:
        return self.clearing.payments

    def order(self, amount: int = 1_000, *, target: AssetId | None = None) -> int:
        """Order a payment to the payee's account at another bank, or in another money."""
        self.references.append(f"reference {len(self.references)}")
        number = self.payments.order(
            by=self.payer,
            money=self.clearing.won_narae,
            amount=amount,
            payee=self.payee,
            target=target or self.clearing.won_maru,
            end_to_end=digest_of(self.references[-1]),
        )
        assert isinstance(number, int)
        return number

    def move(self, number: int) -> None:
        """Bring an order from Created to Sent."""
        clearing = self.clearing
        clearing.move(number, payer_bank=clearing.narae, payee_bank=clearing.maru)

    def quote(self, *, most: int = 50_000, rate: str = "0.07", minutes: int = 60) -> int:
        """Have the dealer offer dollars for the payer's won."""
        number = self.payments.make_quote(
            by=self.dealer,
            takes=self.clearing.won_narae,
            gives=self.clearing.dollar,
            rate=rate,
            most=most,
            until=self.world.now + minutes_of(minutes),
        )
        assert isinstance(number, int)
        return number

    def step_of(self, number: int) -> str:
        return str(self.payments.find(number).step.name)

    def holds(self, person: Person, money: AssetId | None = None) -> int:
        """What a person holds, in the payer's money where no other is named."""
        return self.world.balance(person, money or self.clearing.won_narae)


def open_scene(world: World) -> Scene:
    clearing = open_clearing(world)
    payments = clearing.payments
    payer, payee, dealer = world.people("payer", "payee", "dealer")
    narae, maru, abroad = clearing.narae, clearing.maru, clearing.abroad
    open_account(payments, narae, clearing.won_narae, payer, amount=START)
    open_account(payments, narae, clearing.won_narae, payee)
    open_account(payments, maru, clearing.won_maru, payee)
    open_account(payments, abroad, clearing.dollar, payee)
    open_account(payments, abroad, clearing.dollar, payer)
    open_account(payments, narae, clearing.won_narae, dealer)
    open_account(payments, abroad, clearing.dollar, dealer, amount=100_000)
    payments.change_limits(
        by=narae,
        money=clearing.won_narae,
        holder=payer,
        payment_most=LIMIT,
        day_most=DAY_LIMIT,
    )
    return Scene(world, clearing, payer, payee, dealer)
