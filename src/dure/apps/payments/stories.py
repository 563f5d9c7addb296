"""Runs of the payments as a reader should see them: demo, test and documentation from one text."""

from dataclasses import dataclass
from hashlib import sha256

from dure.apps.payments.cards import CardPayments, PurchaseReversed
from dure.apps.payments.contract import OrderRejected, OrderReturned, OrderSettled, Payments
from dure.apps.payments.purchases import PurchaseEscrow
from dure.contract.language import Hash, days, hours
from dure.core.types import AssetId
from dure.testing import Deployed, Person, World

RICH = 10_000_000
LIMIT = 3_000_000
DAY_LIMIT = 5_000_000
LAMP = 80_000


@dataclass(frozen=True, slots=True)
class Clearing:
    """A clearing with two banks that issue won, and one abroad that issues dollars."""

    payments: Deployed
    operator: Person
    narae: Person
    maru: Person
    abroad: Person
    won_narae: AssetId
    won_maru: AssetId
    dollar: AssetId

    def move(self, order: int, *, payer_bank: Person, payee_bank: Person) -> None:
        """Bring an order that nobody objects to from Created to Sent."""
        payments, report = self.payments, digest_of("screened")
        payments.agree(by=payer_bank, number=order, screening="CLEAR", report=report)
        payments.approve(by=payee_bank, number=order, screening="CLEAR", report=report)
        payments.send(by=payer_bank, number=order)


def digest_of(text: str) -> Hash:
    """Return a digest as a bank's own files would have it, of a text with its salt."""
    return Hash(sha256(b"the salt of this story" + text.encode()).digest())


def open_clearing(world: World) -> Clearing:
    """Admit three banks; each issues its own money."""
    operator, narae, maru, abroad = world.people(
        "clearing house", "payer's bank", "payee's bank", "bank abroad"
    )
    payments = world.deploy(Payments, by=operator)
    for bank, bic in ((narae, "PAYRKRSE"), (maru, "PAYEKRSE"), (abroad, "ABRDUS33")):
        payments.admit_bank(by=operator, bank=bank, bic=bic)
    return Clearing(
        payments,
        operator,
        narae,
        maru,
        abroad,
        payments.found_money(by=narae, currency="KRW", decimals=0),
        payments.found_money(by=maru, currency="KRW", decimals=0),
        payments.found_money(by=abroad, currency="USD", decimals=2),
    )


def open_account(
    payments: Deployed, bank: Person, money: AssetId, holder: Person, *, amount: int = 0
) -> None:
    """Open an account with the usual limits, and pay something in."""
    payments.open_account(
        by=bank, money=money, holder=holder, payment_most=LIMIT, day_most=DAY_LIMIT
    )
    if amount:
        payments.deposit(by=bank, money=money, holder=holder, amount=amount)


def order_travels_between_two_banks(world: World) -> None:
    """Rent goes from one bank to another; twice is once, and a wrong account sends it back."""
    clearing = open_clearing(world)
    payments, narae, maru = clearing.payments, clearing.narae, clearing.maru
    tenant, landlord = world.people("tenant", "landlord")
    open_account(payments, narae, clearing.won_narae, tenant, amount=RICH)
    open_account(payments, maru, clearing.won_maru, landlord)

    rent = {
        "money": clearing.won_narae,
        "amount": 900_000,
        "payee": landlord,
        "target": clearing.won_maru,
    }
    order = payments.order(by=tenant, **rent, end_to_end=digest_of("rent of January"))
    with world.refused("the payment is ordered already"):
        payments.order(by=tenant, **rent, end_to_end=digest_of("rent of January"))
    clearing.move(order, payer_bank=narae, payee_bank=maru)
    with world.refused("the order is sent or at an end"):
        payments.withdraw_order(by=tenant, number=order)
    payments.settle(by=maru, number=order)
    assert world.balance(landlord, clearing.won_maru) == 900_000
    assert world.balance(maru, clearing.won_narae) == 900_000

    second = payments.order(by=tenant, **rent, end_to_end=digest_of("rent of February"))
    clearing.move(second, payer_bank=narae, payee_bank=maru)
    payments.return_order(by=maru, number=second, reason="AC04")
    assert world.balance(tenant, clearing.won_narae) == RICH - 900_000
    assert [each.reason.name for each in world.events(OrderReturned)] == ["AC04"]


def money_abroad_arrives_at_the_quoted_rate(world: World) -> None:
    """A mother sends won and her son gets dollars, at the rate she saw, in one instant."""
    clearing = open_clearing(world)
    payments, narae, abroad = clearing.payments, clearing.narae, clearing.abroad
    mother, son, dealer = world.people("mother", "son", "dealer")
    open_account(payments, narae, clearing.won_narae, mother, amount=RICH)
    open_account(payments, abroad, clearing.dollar, son)
    open_account(payments, narae, clearing.won_narae, dealer)
    open_account(payments, abroad, clearing.dollar, dealer, amount=500_000)

    # One won is 0.07 cents: a dollar costs 1,428.57 won.
    quote = payments.make_quote(
        by=dealer,
        takes=clearing.won_narae,
        gives=clearing.dollar,
        rate="0.07",
        most=300_000,
        until=world.now + hours(1),
    )
    order = payments.order_abroad(
        by=mother, quote=quote, amount=1_000_000, payee=son, end_to_end=digest_of("for my son")
    )
    clearing.move(order, payer_bank=narae, payee_bank=abroad)
    assert world.balance(son, clearing.dollar) == 0
    payments.settle(by=abroad, number=order)
    assert world.balance(son, clearing.dollar) == 70_000
    assert world.balance(dealer, clearing.won_narae) == 1_000_000

    world.wait(hours=2)
    with world.refused("the quote has expired"):
        payments.order_abroad(
            by=mother, quote=quote, amount=1, payee=son, end_to_end=digest_of("too late")
        )
    assert world.balance(dealer, clearing.dollar) == 500_000 - 70_000


def listed_payee_and_silent_bank(world: World) -> None:
    """Screening stops one payment, a bank's silence another; both come back by themselves."""
    clearing = open_clearing(world)
    payments, narae, maru = clearing.payments, clearing.narae, clearing.maru
    exporter, listed = world.people("exporter", "listed firm")
    open_account(payments, narae, clearing.won_narae, exporter, amount=RICH)
    open_account(payments, maru, clearing.won_maru, listed)

    invoice = {"money": clearing.won_narae, "payee": listed, "target": clearing.won_maru}
    with world.refused("that is more than the limit of one payment"):
        payments.order(by=exporter, **invoice, amount=LIMIT + 1, end_to_end=digest_of("invoice 1"))
    first = payments.order(
        by=exporter, **invoice, amount=2_000_000, end_to_end=digest_of("invoice 1")
    )
    report = digest_of("report on the payee")
    payments.agree(by=narae, number=first, screening="CLEARED", report=report)
    payments.approve(by=maru, number=first, screening="HIT", report=report)
    payments.order(by=exporter, **invoice, amount=1_000_000, end_to_end=digest_of("invoice 2"))
    world.wait(hours=25)
    assert [each.reason.name for each in world.events(OrderRejected)] == ["RR04", "AB03"]
    assert world.events(OrderSettled) == []
    assert world.balance(exporter, clearing.won_narae) == RICH


def goods_are_paid_when_they_are_accepted(world: World) -> None:
    """A lamp is accepted, a broken one disputed and shared, a lost parcel paid back by itself."""
    clearing = open_clearing(world)
    payments, narae, money = clearing.payments, clearing.narae, clearing.won_narae
    buyer, shop, arbiter = world.people("buyer", "shop", "arbiter")
    for holder, amount in ((buyer, 500_000), (shop, 0)):
        open_account(payments, narae, money, holder, amount=amount)
    escrow = world.deploy(PurchaseEscrow, by=shop, money=money)
    with world.refused("bank money moves by payment orders"):
        buy(world, escrow, buyer, shop, arbiter)
    payments.admit_service(by=clearing.operator, service=escrow)

    accepted = buy(world, escrow, buyer, shop, arbiter)
    escrow.release(by=buyer, number=accepted)
    assert world.balance(shop, money) == 80_000

    broken = buy(world, escrow, buyer, shop, arbiter)
    escrow.dispute(by=buyer, number=broken)
    escrow.decide(by=arbiter, number=broken, to_seller=30_000)
    assert world.balance(shop, money) == 110_000

    buy(world, escrow, buyer, shop, arbiter)
    world.wait(days=15)
    assert world.balance(buyer, money) == 500_000 - 110_000


def car_pays_at_the_charger_and_no_more(world: World) -> None:
    """A car authorises 50,000 won and is charged 31,200; its card buys nothing dearer."""
    clearing = open_clearing(world)
    payments, narae, money = clearing.payments, clearing.narae, clearing.won_narae
    car, charger = world.people("car", "charger")
    open_account(payments, narae, money, car, amount=200_000)
    open_account(payments, narae, money, charger)
    cards = world.deploy(CardPayments, by=narae, money=money)
    payments.admit_service(by=clearing.operator, service=cards)
    cards.issue_card(by=narae, holder=car, purchase_most=60_000, day_most=100_000)

    charge = cards.authorise(by=car, shop=charger, pay=50_000)
    with world.refused("no more is captured than was authorised"):
        cards.capture(by=charger, number=charge, amount=50_001)
    cards.capture(by=charger, number=charge, amount=31_200)
    assert world.balance(charger, money) == 31_200
    with world.refused("that is more than the card's limit of one purchase"):
        cards.authorise(by=car, shop=charger, pay=60_001)

    cards.authorise(by=car, shop=charger, pay=50_000)
    world.wait(days=8)
    assert len(world.events(PurchaseReversed)) == 1
    assert world.balance(car, money) == 200_000 - 31_200


def buy(world: World, escrow: Deployed, buyer: Person, shop: Person, arbiter: Person) -> int:
    """Put 80,000 won into escrow for two weeks; they come back if nobody says anything."""
    number = escrow.open_deal(
        by=buyer,
        seller=shop,
        arbiter=arbiter,
        terms=digest_of("one lamp"),
        milestones=[LAMP],
        deadline=world.now + days(14),
        at_deadline="BUYER",
        pay=LAMP,
    )
    assert isinstance(number, int)
    return number
