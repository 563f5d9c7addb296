"""One seeded run: a stormy phase for safety, a calm one for progress. The seed draws everything.

A failing seed prints the end of what happened; `tell(seed)` replays it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from dure.consensus.pbft import PbftEngine
from tests.simulation.byzantine import LIARS, Forger, Liar
from tests.simulation.fakes import Violation
from tests.simulation.network import Faults, Network, Node

STORM = 12_000
CALM = 90_000
TRANSACTIONS = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did."""

    seed: int
    events: int
    heights: int
    restarts: int
    accusations: int
    liar: str


def draw_faults(random: Random) -> Faults:
    """Draw which kinds of faults this seed has; most seeds have some, few have all."""

    def maybe(value: float) -> float:
        return value if random.random() < 0.5 else 0.0

    return Faults(
        loss=maybe(random.uniform(0.02, 0.3)),
        duplication=maybe(0.1),
        delay_max=random.choice((10, 50, 400)),
        slow=maybe(random.uniform(0.02, 0.15)),
        crash=maybe(random.uniform(0.0005, 0.01)),
        gossip_loss=maybe(0.3),
        hostile=maybe(random.uniform(0.1, 0.9)),
        skew_max=random.choice((0, 0, 500)),
    )


def build_network(
    seed: int, engine_type: type[PbftEngine] = PbftEngine
) -> tuple[Network, Liar | None]:
    """Return the network of a seed, and its liar if it has one."""
    random = Random(f"story {seed}")
    size = random.choice((4, 4, 4, 4, 5, 7))
    byzantine = frozenset({random.randrange(size)}) if random.random() < 0.6 else frozenset[int]()
    network = Network(
        size,
        seed=seed,
        faults=draw_faults(random),
        byzantine=byzantine,
        engine_type=engine_type,
    )
    if not byzantine:
        return network, None
    liar = random.choice(LIARS)(network)
    network.on_byzantine = liar.perform
    if isinstance(liar, Forger):
        network.forged_block = liar.serve_forged
    return network, liar


def run_story(
    seed: int,
    engine_type: type[PbftEngine] = PbftEngine,
    prepare: Callable[[Network], None] | None = None,
) -> Outcome:
    """Run one seed; raise `Violation` with the seed where a promise breaks."""
    network, liar = build_network(seed, engine_type)
    trace: deque[tuple[int, str, object]] = deque(maxlen=60)

    def observe(node: Node, happened: object) -> None:
        if liar is not None and node.index in network.byzantine:
            liar.overhear(happened)
        trace.append((network.tell_time(), node.name, happened))

    network.observe = observe
    if prepare is not None:
        prepare(network)
    try:
        _storm(network)
        _calm(network)
    except Violation as problem:
        lines = "\n".join(f"{at:>7} {name} {what!r:.200}" for at, name, what in trace)
        message = f"seed {seed}: {problem}\n{lines}"
        raise Violation(message) from problem
    return Outcome(
        seed,
        network.events,
        len(network.final),
        network.restarts,
        len(network.accusations),
        type(liar).__name__ if liar else "",
    )


def _storm(network: Network) -> None:
    random = Random(f"weather {network.seed}")
    network.start_crashing()
    begin = network.now
    for number in range(TRANSACTIONS):
        at = random.randint(0, STORM)
        network.call_later(at, lambda number=number: network.submit(b"tx %d" % number))  # type: ignore[misc]
    for _ in range(random.randint(0, 4)):
        network.call_later(random.randint(0, STORM), lambda: _partition(network, random))
    if random.random() < 0.2:
        network.call_later(random.randint(0, STORM), lambda: _crash_all(network, random))
    network.run_until(lambda: False, begin + STORM)


def _partition(network: Network, random: Random) -> None:
    """Cut some links, in both directions or in one, or mend all."""
    network.blocked.clear()
    if random.random() < 0.3:
        return
    side = {node.index for node in network.nodes if random.random() < 0.5}
    one_way = random.random() < 0.3
    for left in range(network.size):
        for right in range(network.size):
            if (left in side) != (right in side) and (left in side or not one_way):
                network.blocked.add((left, right))


def _crash_all(network: Network, random: Random) -> None:
    for node in network.nodes:
        network.crash(node)
        network.call_later(random.randint(10, 2_000), lambda node=node: network.start(node))  # type: ignore[misc]


def _calm(network: Network) -> None:
    network.calm_down()
    for number in range(TRANSACTIONS):
        network.submit(b"tx %d" % number)
    network.submit(b"last")

    def done() -> bool:
        heights = {node.height for node in network.correct}
        return len(heights) == 1 and all(
            b"last" in node.executor.done and not node.executor.waiting for node in network.correct
        )

    if not network.run_until(done, network.now + CALM):
        waits = "; ".join(
            f"{node.name}: {node.engine.describe()}" for node in network.nodes if node.engine
        )
        message = f"no progress in {CALM} ms of calm: {waits}"
        raise Violation(message)
    states = {node.executor.head.header.state_root for node in network.correct}
    if len(states) != 1:
        raise Violation("equal heights, different states")
