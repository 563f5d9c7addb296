"""What may go wrong between and inside the simulated nodes.

`Faults` holds the chances that are drawn again and again; what happens once at a chosen moment (a
partition, a wiped disk, a clock that jumps) is a method of `Simulation`. Each kind is counted when
it really happened, so that a run can say what it was tested against.
"""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """The kinds of faults, by the names under which a run counts them."""

    DELAY = "delay"
    LOSS = "loss"
    DUPLICATION = "duplication"
    REORDERING = "reordering"
    PARTITION = "partition"
    ONE_WAY_PARTITION = "one_way_partition"
    CRASH = "crash"
    CRASH_AT_EFFECT = "crash_at_effect"
    TORN_WRITE = "torn_write"
    WIPED_DISK = "wiped_disk"
    CORRUPTED_JOURNAL = "corrupted_journal"
    CLOCK_SKEW = "clock_skew"
    CLOCK_JUMP = "clock_jump"
    SLOW_NODE = "slow_node"
    GOSSIP_LOSS = "gossip_loss"
    HOSTILE_SCHEDULE = "hostile_schedule"


DELAYED_MS = 20
"""A frame that takes longer than this counts as delayed."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances and bounds; the default is a good network of good machines."""

    delay_ms_min: int = 1
    delay_ms_max: int = 5
    loss: float = 0.0
    """Chance that a frame is lost."""
    duplication: float = 0.0
    """Chance that a frame arrives twice."""
    slow: float = 0.0
    """Chance that a frame takes up to `slow_ms_max` instead, and is overtaken by later ones."""
    slow_ms_max: int = 2_000
    gossip_loss: float = 0.0
    """Chance that a frame of transactions is lost, beside `loss`."""
    crash: float = 0.0
    """Chance that a node dies before any single effect on its disk, network, clock or signer."""
    torn: float = 0.0
    """Chance that a death during a journal append leaves a piece of the record, or garbage."""
    hostile: float = 0.0
    """Chance that a round's commits reach one node only, which is cut off once it decided.

    This is what forks a chain whose members forget, and far too rare by mere bad luck.
    """
    clock_skew_ms_max: int = 0
    """Each node's clock differs by up to this much, either way."""
    work_ms_max: int = 0
    """How long a slow node takes to build or judge a block."""
