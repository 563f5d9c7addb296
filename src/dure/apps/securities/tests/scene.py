"""The parties and the contracts with which every test of this folder begins."""

from dataclasses import dataclass

from dure.apps.securities.contracts.agent import Flow, FlowKind, PayingAgent
from dure.apps.securities.contracts.counter import Counter
from dure.apps.securities.contracts.depository import Depository, Kind, Security
from dure.apps.securities.contracts.market import Market
from dure.contract.language import Amount, Time, days
from dure.testing import Deployed, Person, World

SHARE = "KR7005930003"
BOND = "KR103502G990"
RICH = 1_000_000_000
NOMINAL = 10_000


@dataclass(frozen=True)
class Scene:
    """Two securities, of which ann and bob hold some; cho has money only."""

    world: World
    depository: Deployed
    agent: Deployed
    counter: Deployed
    market: Deployed
    registrar: Person
    court: Person
    issuer: Person
    ann: Person
    bob: Person
    cho: Person
    stranger: Person

    @property
    def people(self) -> tuple[Person, ...]:
        return self.issuer, self.ann, self.bob, self.cho

    def units(self, person: Person, isin: str = SHARE) -> tuple[int, int]:
        """What a person holds, and what of it is held back."""
        found = self.depository.holding(isin, person)
        return found.units, found.blocked

    def buy(self, by: Person, lots: int, price: int) -> int:
        number = self.market.buy(by=by, pay=lots * price, lots=lots, price=Amount(price))
        assert isinstance(number, int)
        return number

    def sell(self, by: Person, lots: int, price: int) -> int:
        number = self.market.sell(by=by, lots=lots, price=Amount(price))
        assert isinstance(number, int)
        return number

    def freeze(self, person: Person, isin: str = SHARE) -> None:
        self.depository.freeze_holding(by=self.court, isin=isin, holder=person, order="2026-77")

    def announce(self, *flows: tuple[FlowKind, Time, int], isin: str = BOND) -> None:
        self.agent.announce(
            by=self.registrar,
            isin=isin,
            flows=[Flow(kind, at, amount) for kind, at, amount in flows],
        )


def open_depository(world: World) -> Scene:
    registrar, court, issuer, ann, bob, cho, stranger = world.people(
        "registrar", "court", "issuer", "ann", "bob", "cho", "stranger", won=RICH
    )
    depository = world.deploy(
        Depository,
        by=registrar,
        roles={"registrar": registrar, "court": court},
        operator=registrar,
    )
    for holder in (issuer, ann, bob, cho):
        depository.admit(by=registrar, holder=holder)
    register(depository, registrar, issuer, SHARE, Kind.SHARE, Time(0))
    register(depository, registrar, issuer, BOND, Kind.BOND, world.now + days(365))
    won = world.asset("won")
    agent = world.deploy(
        PayingAgent, by=registrar, roles={"registrar": registrar}, depository=depository, money=won
    )
    depository.name_agent(by=registrar, agent=agent)
    counter = world.deploy(Counter, by=registrar, depository=depository, money=won)
    market = world.deploy(
        Market, by=registrar, depository=depository, isin=SHARE, money=won, lot=10
    )
    for system in (counter, market):
        depository.appoint(by=registrar, system=system)
    for isin in (SHARE, BOND):
        depository.issue(by=issuer, isin=isin, units=1_000)
        for holder, units in ((ann, 600), (bob, 400)):
            depository.transfer(by=issuer, isin=isin, to=holder, units=units)
    return Scene(
        world, depository, agent, counter, market, registrar, court, issuer, ann, bob, cho, stranger
    )


def register(
    depository: Deployed, registrar: Person, issuer: Person, isin: str, kind: Kind, matures: Time
) -> None:
    depository.register_security(
        by=registrar,
        isin=isin,
        security=Security(kind, f"Hanbit {kind}", issuer.address, NOMINAL, 10_000, matures),
    )
