"""In whatever order parties act, no money is made or lost and a container has one open voyage."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dure.apps.shipment.contract import Shipments, Stage
from dure.apps.shipment.tests.scene import FREIGHT, NAMES, RICH, Scene, open_community
from dure.contract.library.claims import ClaimState
from dure.testing import Deployed, Refused, World
from dure.testing.invariants import check_invariants

CONTAINERS = st.sampled_from(["CSQU3054383", "MSKU6011672"])
MOVES = (
    ("gate_in", "busan"),
    ("load", "busan"),
    ("discharge", "rotterdam"),
    ("gate_out", "rotterdam"),
)
PEOPLE = st.sampled_from(NAMES)
UNDER_WAY = {Stage.CONFIRMED, Stage.ASHORE, Stage.ABOARD, Stage.OUT}


class Harbour(RuleBasedStateMachine):
    """Bookings, moves, holds, readings and claims at any time, mostly by who may."""

    @initialize()
    def begin(self) -> None:
        self.scene: Scene = open_community(World())
        self.made = 0

    def attempt(self, action: object) -> bool:
        assert callable(action)
        try:
            action()
        except Refused:
            return False
        return True

    @rule(container=CONTAINERS)
    def book(self, container: str) -> None:
        self.made += self.attempt(lambda: self.scene.book(container, "KRPUS", "NLRTM"))

    @precondition(lambda self: self.made > 0)
    @rule(choice=st.integers(0, 20), what=st.sampled_from(["confirm", "decline", "withdraw"]))
    def answer(self, choice: int, what: str) -> None:
        scene, number = self.scene, choice % self.made + 1
        by = scene.shipper if what == "withdraw" else scene.carrier
        more = {"device": scene.device} if what == "confirm" else {}
        self.attempt(lambda: getattr(scene.at, what)(by=by, number=number, **more))

    @precondition(lambda self: self.made > 0)
    @rule(choice=st.integers(0, 20), upto=st.integers(1, 4))
    def sail(self, choice: int, upto: int) -> None:
        scene, number = self.scene, choice % self.made + 1
        self.attempt(lambda: scene.cleared(number, "KR", "shipper"))
        self.attempt(lambda: scene.cleared(number, "NL", "consignee"))
        for name, by in MOVES[:upto]:
            self.attempt(lambda name=name, by=by: scene.act(name, by, number))

    @precondition(lambda self: self.made > 0)
    @rule(choice=st.integers(0, 20), who=PEOPLE, move=st.sampled_from(MOVES))
    def meddle(self, choice: int, who: str, move: tuple[str, str]) -> None:
        number = choice % self.made + 1
        is_right = who == move[1]
        did = self.attempt(lambda: self.scene.act(move[0], who, number))
        assert is_right or not did

    @precondition(lambda self: self.made > 0)
    @rule(choice=st.integers(0, 20), temperature=st.integers(-3_000, 0))
    def report(self, choice: int, temperature: int) -> None:
        number = choice % self.made + 1
        self.attempt(lambda: self.scene.report(number, temperature))

    @precondition(lambda self: self.made > 0)
    @rule(choice=st.integers(0, 20), amount=st.integers(0, FREIGHT + 1))
    def settle(self, choice: int, amount: int) -> None:
        scene, number = self.scene, choice % self.made + 1
        self.attempt(lambda: scene.at.accept(by=scene.consignee, number=number))
        self.attempt(lambda: scene.at.offer(by=scene.carrier, number=number, amount=amount))
        self.attempt(lambda: scene.at.agree(by=scene.consignee, number=number, amount=amount))

    @precondition(lambda self: self.made > 0)
    @rule(choice=st.integers(0, 20), amount=st.integers(0, FREIGHT + 1))
    def decide(self, choice: int, amount: int) -> None:
        scene, number = self.scene, choice % self.made + 1
        self.attempt(lambda: scene.at.decide(by=scene.surveyor, number=number, amount=amount))

    @rule(count=st.integers(1, 100))
    def wait(self, count: int) -> None:
        self.scene.world.wait(hours=count)

    @invariant()
    def the_contract_holds_the_freight_of_what_is_not_settled(self) -> None:
        scene = self.scene
        waiting = sum(self.is_waiting(number) for number in range(1, self.made + 1))
        people = (scene.shipper, scene.carrier, scene.consignee)
        owed = sum(scene.owed(name) for name in ("shipper", "carrier", "consignee"))
        assert scene.held == waiting * FREIGHT + owed
        assert sum(person.won for person in people) + scene.held == 3 * RICH
        assert scene.world.conserved()

    @invariant()
    def a_container_has_one_open_voyage(self) -> None:
        open_voyages = [
            booking.container
            for booking in map(self.scene.booking, range(1, self.made + 1))
            if booking.stage in UNDER_WAY
        ]
        assert len(open_voyages) == len(set(open_voyages))

    def is_waiting(self, number: int) -> bool:
        stage = self.scene.booking(number).stage
        if stage is Stage.DELIVERED:
            is_open: bool = self.scene.at.claim_of(number).claim is ClaimState.OPEN
            return is_open
        return stage is not Stage.ENDED


Harbour.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestHarbour = Harbour.TestCase


def open_harbour(world: World) -> Deployed:
    return open_community(world).at


test_no_call_breaks_a_promise = check_invariants(
    Shipments, start=open_harbour, examples=6, steps=20
)
