"""What Prometheus reads. Values of the node are looked up when it asks; only counts are kept here.

The registry is this API's own, so that several nodes in one process do not mix.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from dure.core.types import Height
from dure.index import Index
from dure.node.driver.phases import BOUNDS_S
from dure.node.gateway import Gateway, PeerStatus
from dure.node.pressure.turns import BOUNDS_S as TURN_BOUNDS_S

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Indexed:
    """How far the index has read."""

    height: Height
    transactions: int
    """In all the blocks that it holds."""


def measure_index(index: Index) -> Indexed:
    """Ask the index. It blocks, so call it in a thread."""
    head = index.get_head()
    return Indexed(Height(0) if head is None else head[0], index.count_transactions())


class Metrics:
    """The registry and the counters of one API."""

    def __init__(self, gateway: Gateway) -> None:
        self.registry = CollectorRegistry()
        self._node = _NodeCollector(gateway)
        self.registry.register(self._node)
        self.requests = Counter(
            "dure_api_requests",
            "Requests answered, by route and status.",
            ("route", "status"),
            registry=self.registry,
        )
        self.callers = Counter(
            "dure_api_authorized",
            "Requests that were let in, by the caller's role; nobody: without one.",
            ("role",),
            registry=self.registry,
        )
        self.submitted = Counter(
            "dure_api_transactions_submitted",
            "Transactions that clients sent to this node.",
            registry=self.registry,
        )
        self.refused = Counter(
            "dure_api_transactions_refused",
            "Transactions that were refused at admission, by code.",
            ("code",),
            registry=self.registry,
        )

    def render(self, indexed: Indexed) -> bytes:
        """Return everything in the text format."""
        self._node.indexed = indexed
        return generate_latest(self.registry)


class _NodeCollector(Collector):
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.indexed = Indexed(Height(0), 0)

    def describe(self) -> Iterable[Metric]:
        """Nothing: the node is asked at each scrape, not when the collector is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        status = self._gateway.get_status()
        gauges: dict[str, tuple[str, float]] = {
            "dure_height": ("Height of the newest block.", status.height),
            "dure_block_time_seconds": (
                "Header time of the newest block, since 1970.",
                status.block_time / 1000,
            ),
            "dure_block_interval_seconds": (
                "Time between the two newest blocks.",
                self._measure_interval(),
            ),
            "dure_mempool_transactions": ("Transactions that wait for a block.", status.waiting),
            "dure_peers": ("Other members that this node knows.", len(status.peers)),
            "dure_peers_connected": (
                "Other members that are connected.",
                sum(peer.connected for peer in status.peers),
            ),
            "dure_index_behind_blocks": (
                "Blocks of the chain that lists and searches do not show yet.",
                max(0, status.height - self.indexed.height),
            ),
            "dure_syncing": ("1 while the node catches up.", status.syncing),
        }
        for name, (text, value) in gauges.items():
            yield GaugeMetricFamily(name, text, value)
        total = CounterMetricFamily("dure_transactions", "Transactions in indexed blocks.")
        total.add_metric([], self.indexed.transactions)
        yield total
        yield from _collect_traffic(status.peers)
        yield self._collect_phases()
        yield from self._collect_turns()
        yield from self._collect_bodies()
        yield from self._collect_verification()
        phases = self._gateway.phases
        since = GaugeMetricFamily(
            "dure_consensus_phase_since_seconds",
            "When the phase in which the engine stands began, since 1970.",
            labels=["phase"],
        )
        since.add_metric([phases.current], phases.since / 1000)
        yield since

    def _collect_phases(self) -> Metric:
        family = HistogramMetricFamily(
            "dure_consensus_phase_seconds", "Stays of the engine in each phase.", labels=["phase"]
        )
        names = [*map(str, BOUNDS_S), "+Inf"]
        for phase, time in sorted(self._gateway.phases.times.items()):
            buckets = list(zip(names, accumulate(time.counts), strict=True))
            family.add_metric([phase], buckets, time.total_s)
        return family

    def _collect_bodies(self) -> Iterator[Metric]:
        counts = self._gateway.bodies
        families: dict[str, tuple[str, int]] = {
            "dure_block_bytes_spared": (
                "Bytes of envelopes named and not sent, once a message, to however many peers.",
                counts.bytes_spared,
            ),
            "dure_block_bodies_joined": (
                "Messages whose block was put together from envelopes that were named.",
                counts.bodies_joined,
            ),
            "dure_block_envelopes_fetched": (
                "Envelopes that a block named, that were not here, and that a peer sent.",
                counts.envelopes_fetched,
            ),
        }
        for name, (text, value) in families.items():
            family = CounterMetricFamily(name, text)
            family.add_metric([], value)
            yield family

    def _collect_verification(self) -> Iterator[Metric]:
        counts = self._gateway.verification
        signatures = CounterMetricFamily(
            "dure_verification_signatures",
            "Signatures that worker processes were asked for, by whether an answer came in time.",
            labels=["answered"],
        )
        signatures.add_metric(["yes"], counts.checked)
        signatures.add_metric(["no"], counts.left)
        yield signatures
        lost = CounterMetricFamily(
            "dure_verification_workers_lost", "Worker processes that had to be started again."
        )
        lost.add_metric([], counts.lost)
        yield lost

    def _collect_turns(self) -> Iterator[Metric]:
        turns = self._gateway.turns
        family = HistogramMetricFamily(
            "dure_loop_turn_seconds",
            "Turns of the node's event loop: while one lasts, the node hears nobody.",
        )
        names = [*map(str, TURN_BOUNDS_S), "+Inf"]
        family.add_metric(
            [], list(zip(names, accumulate(turns.counts), strict=True)), turns.total_s
        )
        yield family
        lately = turns.describe()
        yield GaugeMetricFamily(
            "dure_loop_turn_longest_seconds",
            "The longest of the last minute or two.",
            lately.lasted_max_ms / 1000,
        )
        yield GaugeMetricFamily(
            "dure_loop_turn_longest_work_seconds",
            "The most processor time of the loop's thread in one of them.",
            lately.worked_max_ms / 1000,
        )

    def _measure_interval(self) -> float:
        header = self._gateway.executor.head.header
        if not header.height:
            return 0.0
        before = self._gateway.load_block(Height(header.height - 1))
        return 0.0 if before is None else (header.time - before.block.header.time) / 1000


def _collect_traffic(peers: Iterable[PeerStatus]) -> Iterator[Metric]:
    sent = CounterMetricFamily(
        "dure_peer_bytes_sent", "Bytes sent over the present connection to a peer.", labels=["peer"]
    )
    frames = CounterMetricFamily("dure_peer_frames_sent", "Messages sent over it.", labels=["peer"])
    for peer in peers:
        sent.add_metric([peer.name], peer.bytes_sent)
        frames.add_metric([peer.name], peer.frames_sent)
    yield sent
    yield frames
