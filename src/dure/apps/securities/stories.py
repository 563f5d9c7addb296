"""Runs of the market as a reader should see them: demo, test and documentation from one text."""

from dataclasses import dataclass

from dure.apps.securities.contracts.agent import (
    Flow,
    FlowChanged,
    FlowKind,
    FlowState,
    PayingAgent,
)
from dure.apps.securities.contracts.counter import Counter, PledgeState
from dure.apps.securities.contracts.depository import Depository, Kind, Security
from dure.apps.securities.contracts.market import Market, Settled
from dure.apps.securities.contracts.offering import Offering
from dure.contract.language import Amount, Time, days
from dure.contract.library.payouts import Money
from dure.contract.library.record_dates import PaymentWithheld
from dure.testing import Deployed, Person, World

SHARE = "KR7005930003"
PAPER = "KR6000000010"
RICH = 100_000_000
PAPER_NOMINAL = 1_000_000
LOT = 10


@dataclass(frozen=True)
class House:
    """The depository and the systems that settle in it."""

    depository: Deployed
    agent: Deployed
    counter: Deployed


def open_house(world: World, registrar: Person, court: Person, holders: list[Person]) -> House:
    """Open a depository with a paying agent and a counter, and admit the holders."""
    won = world.asset("won")
    depository = world.deploy(
        Depository,
        by=registrar,
        roles={"registrar": registrar, "court": court},
        operator=registrar,
    )
    agent = world.deploy(
        PayingAgent, by=registrar, roles={"registrar": registrar}, depository=depository, money=won
    )
    counter = world.deploy(Counter, by=registrar, depository=depository, money=won)
    depository.name_agent(by=registrar, agent=agent)
    depository.appoint(by=registrar, system=counter)
    for holder in holders:
        depository.admit(by=registrar, holder=holder)
    return House(depository, agent, counter)


def register_share(house: House, registrar: Person, issuer: Person, units: int) -> None:
    """Register a share and issue units into the issuer's account."""
    security = Security(Kind.SHARE, "Hanbit Electronics", issuer.address, 5_000, 10_000, Time(0))
    house.depository.register_security(by=registrar, isin=SHARE, security=security)
    house.depository.issue(by=issuer, isin=SHARE, units=units)


def open_market(world: World, house: House, registrar: Person) -> Deployed:
    """List the share, in lots of ten."""
    market = world.deploy(
        Market,
        by=registrar,
        depository=house.depository,
        isin=SHARE,
        money=world.asset("won"),
        lot=LOT,
    )
    house.depository.appoint(by=registrar, system=market)
    return market


def shares_change_hands_at_the_same_instant(world: World) -> None:
    """A company lists its share; orders meet by price and time, and units and money move at once.

    One seller's units are frozen by a court while the order stands: the next one sells instead.
    """
    registrar, court, company, fund, broker, saver = world.people(
        "registrar", "court", "company", "fund", "broker", "saver", won=RICH
    )
    house = open_house(world, registrar, court, [company, fund, broker, saver])
    register_share(house, registrar, company, 1_000)
    for holder, units in ((fund, 600), (broker, 400)):
        number = house.counter.propose_sale(
            by=company,
            isin=SHARE,
            buyer=holder,
            units=units,
            price=units * 5_000,
            until=world.now + days(1),
        )
        house.counter.confirm_purchase(by=holder, pay=units * 5_000, number=number)
    assert company.won == RICH + 1_000 * 5_000

    market = open_market(world, house, registrar)
    market.sell(by=fund, lots=5, price=Amount(70_000))
    market.sell(by=broker, lots=5, price=Amount(71_000))
    market.buy(by=saver, pay=144_000, lots=2, price=Amount(72_000))
    first = Settled(saver.address, fund.address, 20, Amount(70_000), Amount(140_000))
    assert world.events(Settled) == [first]

    house.depository.freeze_holding(by=court, isin=SHARE, holder=fund, order="2026-77")
    with world.refused("the units may not leave"):
        house.depository.transfer(by=fund, isin=SHARE, to=saver, units=1)
    market.buy(by=saver, pay=71_000, lots=1, price=Amount(71_000))
    assert world.events(Settled)[-1].seller == broker.address

    market.withdraw(by=fund)
    market.withdraw(by=broker)
    market.withdraw(by=saver)
    assert saver.won == RICH - 140_000 - 71_000
    assert house.depository.holding(SHARE, saver).units == 30


def commercial_paper_is_paid_back_by_itself(world: World) -> None:
    """Paper is sold below its nominal over the counter, and changes hands before it matures.

    The company has not funded the redemption in time. The flow is missed for all to see, and is
    paid the moment that the money comes.
    """
    registrar, court, company, fund, bank = world.people(
        "registrar", "court", "company", "fund", "bank", won=RICH
    )
    house = open_house(world, registrar, court, [company, fund, bank])
    matures = world.now + days(91)
    paper = Security(Kind.PAPER, "Hanbit CP 91 days", company.address, PAPER_NOMINAL, 50, matures)
    with world.refused("check digit"):
        house.depository.register_security(by=registrar, isin="KR6000000013", security=paper)
    house.depository.register_security(by=registrar, isin=PAPER, security=paper)
    house.agent.announce(
        by=registrar, isin=PAPER, flows=[Flow(FlowKind.REDEMPTION, matures, PAPER_NOMINAL)]
    )
    house.depository.issue(by=company, isin=PAPER, units=20)
    number = house.counter.propose_sale(
        by=company,
        isin=PAPER,
        buyer=fund,
        units=20,
        price=19_800_000,
        until=world.now + days(1),
    )
    house.counter.confirm_purchase(by=fund, pay=19_800_000, number=number)

    world.wait(days=40)
    bid = house.counter.propose_purchase(
        by=bank,
        pay=4_960_000,
        isin=PAPER,
        seller=fund,
        units=5,
        price=4_960_000,
        until=world.now + days(1),
    )
    house.counter.confirm_sale(by=fund, number=bid)

    world.wait_until(matures)
    total = Money.of(20 * PAPER_NOMINAL)
    missed = FlowChanged(PAPER, 1, FlowKind.REDEMPTION, FlowState.MISSED, total)
    assert world.events(FlowChanged) == [missed]
    house.agent.fund(by=company, pay=20 * PAPER_NOMINAL, isin=PAPER)
    world.wait(seconds=1)
    assert fund.won == RICH - 19_800_000 + 4_960_000 + 15 * PAPER_NOMINAL
    assert bank.won == RICH - 4_960_000 + 5 * PAPER_NOMINAL
    assert company.won == RICH + 19_800_000 - 20 * PAPER_NOMINAL
    assert house.depository.holdings(PAPER) == []


def dividend_split_and_pledge_reach_every_holder(world: World) -> None:
    """A dividend goes to whoever is in the register at its moment, then each share becomes five.

    One holder's units are pledged and grow with the split; another's are frozen, so the dividend
    waits for the court. The claim is not paid, and the lender takes the units.
    """
    registrar, court, company, fund, saver, bank = world.people(
        "registrar", "court", "company", "fund", "saver", "bank", won=RICH
    )
    house = open_house(world, registrar, court, [company, fund, saver, bank])
    register_share(house, registrar, company, 1_000)
    house.depository.transfer(by=company, isin=SHARE, to=fund, units=700)
    house.depository.transfer(by=company, isin=SHARE, to=saver, units=300)
    pledge = house.counter.pledge_units(
        by=fund,
        isin=SHARE,
        lender=bank,
        units=200,
        claim=8_000_000,
        due=world.now + days(30),
    )
    house.depository.freeze_holding(by=court, isin=SHARE, holder=saver, order="2026-78")

    house.agent.declare_dividend(
        by=company, pay=361_000, isin=SHARE, amount=361, at=world.now + days(7)
    )
    house.agent.announce_split(by=company, isin=SHARE, factor=5, at=world.now + days(14))
    world.wait(days=15)
    assert fund.won == RICH + 700 * 361
    assert world.events(PaymentWithheld) == [
        PaymentWithheld(SHARE, saver.address, Amount(300 * 361))
    ]
    held = house.depository.holding(SHARE, fund)
    assert (held.units, held.blocked) == (3_500, 1_000)

    house.depository.release_holding(by=court, isin=SHARE, holder=saver)
    house.agent.collect_withheld(by=saver, isin=SHARE)
    world.wait(seconds=1)
    assert saver.won == RICH + 300 * 361
    with world.refused("the claim is not due"):
        house.counter.take_pledged(by=bank, number=pledge)
    world.wait(days=16)
    house.counter.take_pledged(by=bank, number=pledge)
    assert house.depository.holding(SHARE, bank).units == 1_000
    assert house.counter.unit_pledge(pledge).state is PledgeState.TAKEN


def open_offering(world: World, house: House, registrar: Person) -> Deployed:
    """Open the place where new units are offered to the public."""
    money = world.asset("won")
    offering = world.deploy(Offering, by=registrar, depository=house.depository, money=money)
    house.depository.appoint(by=registrar, system=offering)
    return offering


def new_shares_are_offered_to_the_public(world: World) -> None:
    """A company offers new shares at a price; more are asked for than there are.

    Everybody gets a part in proportion, and the money of the rest comes back at once. A dividend
    then goes to whoever held at the record date; who buys afterwards buys without it.
    """
    registrar, court, company, fund, broker, saver = world.people(
        "registrar", "court", "company", "fund", "broker", "saver", won=RICH
    )
    house = open_house(world, registrar, court, [company, fund, broker, saver])
    register_share(house, registrar, company, 1_000)
    offering = open_offering(world, house, registrar)
    number = offering.open_offer(
        by=company,
        isin=SHARE,
        units=1_000,
        price=Amount(5_000),
        minimum=500,
        closes=world.now + days(7),
    )
    for bidder, units in ((fund, 900), (broker, 700), (saver, 500)):
        offering.bid(by=bidder, pay=units * 5_000, number=number, units=units)
    with world.refused("there is a bid already"):
        offering.bid(by=saver, pay=5_000, number=number, units=1)
    world.wait(days=8)
    got = [house.depository.holding(SHARE, each).units for each in (fund, broker, saver)]
    assert got == [429, 333, 238]
    assert saver.won == RICH - 238 * 5_000
    assert company.won == RICH + 1_000 * 5_000

    record = world.now + days(5)
    house.agent.declare_dividend_of_record(
        by=company, pay=100_000, isin=SHARE, amount=100, at=record + days(5), record=record
    )
    world.wait_until(record)
    house.depository.transfer(by=saver, isin=SHARE, to=fund, units=238)
    world.wait(days=5)
    assert saver.won == RICH - 238 * 5_000 + 238 * 100
    assert fund.won == RICH - 429 * 5_000 + 429 * 100
