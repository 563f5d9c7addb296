"""One seeded run: a storm for safety, then calm for progress. The seed draws everything.

In the storm everything goes wrong that this seed has drawn: most seeds have some kinds of faults,
few have all. All promises are checked at every step. In the calm nothing goes wrong any more but
what liars do: then every member that does not lie must come to the same state, with every order of
every client in it exactly once.

`run_seed(seed)` replays a seed exactly, and raises with its story where a promise breaks.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from dure.core.errors import DureError
from dure.testing.simulation.checks.violations import SafetyViolation, Stalled
from dure.testing.simulation.clients import Clients
from dure.testing.simulation.faults import Fault, Faults
from dure.testing.simulation.liars import HABITS
from dure.testing.simulation.liars.liar import Habit
from dure.testing.simulation.narration import Narrator
from dure.testing.simulation.network import Simulation

HEIGHTS: Final = 10
"""Blocks that a run makes at least, where nobody says otherwise."""
SPELL_MS: Final = 12_000
"""Faults of single moments are drawn anew for each such stretch of the storm."""
ORDERS_A_SPELL: Final = 10
CALM_MS: Final = 120_000
"""Virtual time in which a network that is left alone must have caught up."""
ORDER_MS: Final = 30_000
"""Virtual time in which an order must be final in the calm."""
EVENTS_TOLD: Final = 400
"""Happenings of which a failing seed tells."""
JUMP_MS_MAX: Final = 30_000
SIZES: Final = (4, 4, 4, 4, 5, 7)


@dataclass(frozen=True, slots=True)
class Weather:
    """What a seed has drawn before anything happens."""

    members: int
    spares: int
    faults: Faults
    liars: Mapping[int, Sequence[type[Habit]]]
    fragile: tuple[int, ...]
    """Members that may lose their memory: with the liars no more than may be faulty."""
    slow: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did."""

    seed: int
    events: int
    """Events that engines took in."""
    heights: int
    """Blocks that became final."""
    faults: Mapping[Fault, int]
    liars: Mapping[str, int]
    """Lies told, by habit."""
    accusations: int
    """Evidence that honest members found."""
    validator_changes: int
    """Sets of validators that took the place of another."""
    virtual_ms: int


def draw_weather(seed: int, members: int | None = None) -> Weather:
    """Return what this seed's network is like."""
    random = Random(f"weather {seed}")
    size = members or random.choice(SIZES)
    tolerated = max(count for count in range(size) if 3 * count < size)
    impaired = random.sample(range(size), tolerated)
    liars = [index for index in impaired if random.random() < 0.6]
    return Weather(
        members=size,
        spares=random.choice((0, 0, 1)),
        faults=_draw_faults(random),
        liars={index: random.sample(HABITS, random.choice((1, 2, 3, 4))) for index in liars},
        fragile=tuple(index for index in impaired if index not in liars),
        slow=tuple(i for i in range(size) if random.random() < 0.15),
    )


def _draw_faults(random: Random) -> Faults:
    def maybe(value: float, chance: float = 0.5) -> float:
        return value if random.random() < chance else 0.0

    return Faults(
        delay_ms_max=random.choice((10, 50, 400)),
        loss=maybe(random.uniform(0.02, 0.3)),
        duplication=maybe(0.1),
        slow=maybe(random.uniform(0.02, 0.15)),
        gossip_loss=maybe(0.3),
        crash=maybe(random.uniform(0.0005, 0.01)),
        torn=0.7,
        hostile=maybe(random.uniform(0.2, 0.9), 0.7),
        clock_skew_ms_max=random.choice((0, 0, 500)),
        work_ms_max=random.choice((50, 700)),
    )


def run_seed(
    seed: int,
    *,
    heights: int = HEIGHTS,
    spells: int | None = None,
    members: int | None = None,
    prepare: Callable[[Simulation], None] | None = None,
) -> Outcome:
    """Run one seed until `heights` blocks are final.

    The storm lasts `spells` stretches of `SPELL_MS`, or one for each `ORDERS_A_SPELL` blocks; what
    the blocks then lack to `heights` is made in the calm. `prepare` may tamper with the network
    before it begins. Raises `SafetyViolation` or `Stalled` with the seed and the story of the last
    moments.
    """
    run = Run(seed, heights, spells, draw_weather(seed, members))
    if prepare is not None:
        prepare(run.simulation)
    try:
        run.storm()
        run.calm()
    except (SafetyViolation, Stalled) as problem:
        raise type(problem)(run.tell(problem)) from problem
    except (DureError, AssertionError) as problem:
        raise SafetyViolation(run.tell(problem)) from problem
    return run.conclude()


def narrate_seed(
    seed: int,
    *,
    heights: int = HEIGHTS,
    spells: int | None = None,
    members: int | None = None,
) -> str:
    """Run one seed and return its whole story, with what went wrong at its end."""
    run = Run(seed, heights, spells, draw_weather(seed, members), is_told_whole=True)
    try:
        run.storm()
        run.calm()
    except (DureError, AssertionError) as problem:
        return run.tell(problem)
    return "\n".join(run.narrator.take_lines())


class Run:
    """One seed's network, its clients, and what will happen to it."""

    def __init__(
        self,
        seed: int,
        heights: int,
        spells: int | None,
        weather: Weather,
        *,
        is_told_whole: bool = False,
    ) -> None:
        self.seed = seed
        self.heights = heights
        self.spells = max(1, heights // ORDERS_A_SPELL) if spells is None else spells
        self.weather = weather
        self.simulation = Simulation(
            seed,
            members=weather.members,
            spares=weather.spares,
            faults=weather.faults,
            liars=weather.liars,
        )
        self.simulation.is_closed = True
        self.narrator = Narrator(self.simulation, None if is_told_whole else EVENTS_TOLD)
        self.clients = Clients(self.simulation)
        self._random = Random(f"storm {seed}")
        self._skews = [node.skew_ms for node in self.simulation.nodes]
        self._voters = list(range(weather.members))

    def tell(self, problem: Exception) -> str:
        """Return what went wrong, and the story of how."""
        text = str(problem) or repr(problem)
        lines = "\n".join(self.narrator.take_lines())
        return f"seed {self.seed}: {text}\n{lines}"

    def conclude(self) -> Outcome:
        """Return what was done."""
        simulation = self.simulation
        lies: Counter[str] = Counter()
        for node in simulation.nodes:
            if node.liar is not None:
                lies.update(node.liar.lies)
        return Outcome(
            seed=self.seed,
            events=simulation.steps,
            heights=simulation.agreement.height,
            faults=simulation.count_faults(),
            liars=lies,
            accusations=sum(simulation.wire.accused.values()),
            validator_changes=simulation.agreement.validator_changes,
            virtual_ms=simulation.scheduler.elapsed_ms,
        )

    # The storm

    def storm(self) -> None:
        """Let everything go wrong that this seed has drawn."""
        simulation = self.simulation
        for index in self.weather.slow:
            simulation.nodes[index].work_ms_max = simulation.faults.work_ms_max
        simulation.unleash()
        for _ in range(self.spells):
            self._draw_spell()
            simulation.run_for(SPELL_MS)

    def _draw_spell(self) -> None:
        random = self._random
        for _ in range(ORDERS_A_SPELL):
            self._later(lambda: self.clients.give(random.randrange(len(self.simulation.nodes))))
        for _ in range(random.randint(0, 4)):
            self._later(self._partition)
        for chance, strike in (
            (0.2, self._crash_all),
            (0.4, self._shake_memory),
            (0.4, self._jump_clock),
            (0.3, self._change_validators),
            (0.5, self._restore_votes),
        ):
            if random.random() < chance:
                self._later(strike)

    def _later(self, action: Callable[[], None]) -> None:
        self.simulation.scheduler.call_later(self._random.randint(0, SPELL_MS), action)

    def _partition(self) -> None:
        """Cut some links, in both directions or in one, or mend all."""
        simulation, random = self.simulation, self._random
        if random.random() < 0.3:
            simulation.links.cut = set()
            return
        count = len(simulation.nodes)
        side = [index for index in range(count) if random.random() < 0.5]
        rest = [index for index in range(count) if index not in side]
        simulation.partition(side, rest, one_way=random.random() < 0.3)

    def _crash_all(self) -> None:
        for node in self.simulation.nodes:
            self._crash(node.index)

    def _crash(self, index: int) -> None:
        self.simulation.crash(index)
        after = self._random.randint(10, 2_000)
        self.simulation.scheduler.call_later(after, lambda: self.simulation.try_restart(index))

    def _shake_memory(self) -> None:
        """Take the disk of a member that may lose its memory, or damage its journal."""
        if not self.weather.fragile:
            return
        index = self._random.choice(self.weather.fragile)
        self._crash(index)
        if self._random.random() < 0.5:
            self.simulation.wipe(index)
        else:
            self.simulation.corrupt_journal(index)

    def _jump_clock(self) -> None:
        index = self._random.randrange(len(self.simulation.nodes))
        skew = self._random.randint(-JUMP_MS_MAX, JUMP_MS_MAX)
        self.simulation.jump_clock(index, skew)
        if self._random.random() < 0.7:
            self._later(lambda: self.simulation.jump_clock(index, self._skews[index]))

    def _change_validators(self) -> None:
        """Put a spare member in, or in the place of an honest one, or take it out again."""
        random, weather = self._random, self.weather
        if not weather.spares:
            return
        spare = weather.members
        honest = [index for index in self._voters if index not in (*weather.liars, spare)]
        if spare in self._voters:
            chosen = list(range(weather.members))
        elif random.random() < 0.5 and not weather.fragile:
            chosen = [*self._voters, spare]
            chosen.remove(random.choice(honest))
        else:
            chosen = [*self._voters, spare]
        order = self.simulation.change_validators(*chosen, after=random.randint(1, 4))
        self._voters = chosen
        for node in self.simulation.nodes:
            if node.driver is not None:
                self.simulation.submit(node.index, order)

    def _restore_votes(self) -> None:
        for index in self.weather.fragile:
            self.simulation.declare_votes_lost(index)

    # The calm

    def calm(self) -> None:
        """End all faults: from here on the network must make progress, liars or not."""
        simulation, clients = self.simulation, self.clients
        simulation.heal()
        for node in simulation.nodes:
            node.skew_ms = self._skews[node.index]
            simulation.try_restart(node.index)
        clients.give(0)
        self._settle(CALM_MS)
        self._haul()
        self._check_all_is_there()

    def _haul(self) -> None:
        """Make the blocks that are still to be made, with liars at rest: they slow a run down."""
        simulation, clients = self.simulation, self.clients
        for node in simulation.nodes:
            if node.liar is not None:
                node.liar.rest()
        while (height := simulation.agreement.height) < self.heights:
            clients.give(self._random.choice(simulation.honest).index)
            simulation.run_until(lambda: simulation.agreement.height > height, ORDER_MS)
        self._settle(ORDER_MS)

    def _settle(self, limit_ms: int) -> None:
        """Run until all orders are final and all honest members are at one head."""
        simulation = self.simulation
        end = simulation.scheduler.now_ms + limit_ms
        while not self._is_settled():
            if simulation.scheduler.now_ms > end:
                what = f"{len(self.clients.list_open())} orders open after {limit_ms} ms of calm"
                raise Stalled(f"{what}; {simulation.describe()}")
            self._restore_votes()
            self.clients.ask_again()
            try:
                simulation.run_until(self._is_settled, limit_ms=2_000)
            except Stalled:
                continue

    def _is_settled(self) -> bool:
        drivers = [node.driver for node in self.simulation.honest]
        if None in drivers or self.clients.list_open():
            return False
        heads = {driver.executor.head.block_id for driver in drivers if driver is not None}
        waiting = any(len(driver.mempool) for driver in drivers if driver is not None)
        return len(heads) == 1 and not waiting

    def _check_all_is_there(self) -> None:
        simulation = self.simulation
        final = self.clients.list_final()
        for node in simulation.honest:
            simulation.agreement.check_disk(node.name, node.disk)
            missing = sum(node.disk.find_transaction(identity) is None for identity in final)
            if missing:
                raise SafetyViolation(f"{node.name} lacks {missing} final transactions")
        roots = {simulation.state_root(node.index) for node in simulation.honest}
        if len(roots) != 1:
            raise SafetyViolation("equal heads, different states")
