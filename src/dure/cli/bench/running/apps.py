"""The hottest call of each application, through one validator and through four.

What is measured
----------------
Each application says which call it gets most (`dure.application.HottestCall`), and makes ready what
that needs: its contracts, and people who may call. Then such calls are sent as fast as the nodes
take them, each a transaction of its own, by several people in turn. Everything is on, as in
`transfer`: every validator checks every signature and executes every call under its meter, what the
call changes goes under the state root, its events into the receipt and into every node's index, and
the clock stops when the client has checked the block.

What is not
-----------
* Making ready, and signing most of the transactions. Where they do not last, the rest is signed
  while the clock runs, by the client's share of the processor.
* The application's other calls: `gas` says how much the hottest one uses, for comparing.
* What `transfer` does not measure.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from dure.application import Application, HottestCall
from dure.chain.genesis.document import EngineKind, decode_genesis_file
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.cli.access import connect
from dure.cli.bench.machine import describe_machine
from dure.cli.bench.running.course import Pace, measure_course
from dure.cli.bench.running.stock import VALID_FOR_MS, Prepared, Stock, sign_calls
from dure.cli.bench.running.town import QUOTA_GAS, REPLAY_WINDOW, Population, Town
from dure.cli.demo.stories import found_story_network, open_office
from dure.core.types import AssetId, Gas
from dure.testing import DraftCall, LiveStage, World

PREPARED_RATE: Final = 2_500
"""Transactions a second that are signed before the clock starts."""
TRIALS: Final = 4
"""Calls that are sent one by one first: what they use says how much gas each may use."""
GAS_ROOM: Final = 2
"""How many times that each may use: what is stored grows."""
GAS_LEAST: Final = Gas(10_000)

_KEPT: Final = (
    "latency_ms_p50",
    "latency_ms_p95",
    "sent",
    "final",
    "refused",
    "refusals",
    "lost",
    "doubled",
    "blocks",
    "node_cpu_us",
    "client_cpu_us",
    "state_roots_equal",
    "load_average",
)

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class AppsPlan:
    """What to measure."""

    applications: Sequence[Application]
    sizes: Sequence[int]
    """Numbers of validators: 1 or 4."""
    seconds: float
    """Measured time of each application and size; the warm-up comes before it."""
    in_flight: int


def measure_apps(plan: AppsPlan, report: Report) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    rows = []
    for application in plan.applications:
        hottest = application.hottest
        if hottest is None:
            continue
        for validators in plan.sizes:
            report(f"{application.slug}, validators: {validators} …")
            row = _measure_one(hottest, validators, Pace(plan.seconds, plan.in_flight))
            rows.append({"application": application.slug, "method": hottest.method, **row})
    return {
        "applications": rows,
        "none_declared": [each.slug for each in plan.applications if each.hottest is None],
        "seconds": plan.seconds,
        "in_flight": plan.in_flight,
        "machine": describe_machine(),
    }


def _measure_one(hottest: HottestCall, validators: int, pace: Pace) -> dict[str, Any]:
    engine = EngineKind.SOLO if validators == 1 else EngineKind.PBFT
    parameters = msgspec.structs.replace(
        DEFAULT_PARAMETERS, replay_window=REPLAY_WINDOW, quota_gas=QUOTA_GAS
    )
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as name:
        folder = Path(name)
        network = found_story_network(folder, engine, parameters)
        genesis = decode_genesis_file((folder / "genesis.dure").read_bytes()).genesis
        town = Town(
            folder=folder,
            network=network,
            population=Population((), ()),
            asset=AssetId(bytes(32)),
            validators=genesis.validators,
        )
        ready = _Ready(town, hottest, pace)
        figures = measure_course(town, ready.supply, pace)
    return {
        "validators": len(network.members),
        "calls_per_second": figures.pop("tx_per_second"),
        "gas": ready.gas,
        **{name: figures[name] for name in _KEPT},
    }


@dataclass(slots=True)
class _Ready:
    """Makes one application ready on a network that runs."""

    town: Town
    hottest: HottestCall
    pace: Pace
    gas: int = 0
    """The most that one of the calls sent one by one used."""

    def supply(self) -> Stock:
        """Return signed calls, after the first few were sent one by one."""
        with connect(self.town.folder) as client:
            stage = LiveStage(client, open_office(self.town.folder))
            drafts = self.hottest.begin(World(stage))
            for draft in itertools.islice(drafts, TRIALS):
                self.gas = max(self.gas, stage.send(draft.by.account, [draft.call]).gas_used)
        signing = self._sign(drafts, Gas(GAS_ROOM * self.gas + GAS_LEAST))
        count = self.pace.count_needed(PREPARED_RATE)
        return Stock(list(itertools.islice(signing, count)), signing)

    def _sign(self, drafts: Iterator[DraftCall], gas_limit: Gas) -> Iterator[Prepared]:
        pairs = ((draft.by.account.key, [draft.call]) for draft in drafts)
        return sign_calls(self.town.chain_id, pairs, VALID_FOR_MS, gas_limit)
