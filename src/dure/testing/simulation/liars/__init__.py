"""Byzantine members: real nodes whose words are twisted on the way out.

A liar runs the same driver as everybody, so that it knows all that a member knows. Its habits
decide what is sent instead, and what is sent besides. It signs with its own key alone, and whatever
it sends is opened, checked and judged by the real driver of the member that receives it.
"""

from dure.testing.simulation.liars.forging import (
    ForgedCertificates,
    InvalidBlocks,
    StitchedCertificates,
    Usurper,
)
from dure.testing.simulation.liars.liar import Habit
from dure.testing.simulation.liars.speaking import (
    EquivocatingProposer,
    EquivocatingVoter,
    LyingSyncServer,
    Replay,
    Silent,
    Spam,
    Withholding,
)

HABITS: tuple[type[Habit], ...] = (
    Silent,
    EquivocatingProposer,
    EquivocatingVoter,
    InvalidBlocks,
    ForgedCertificates,
    StitchedCertificates,
    Usurper,
    Withholding,
    Replay,
    Spam,
    LyingSyncServer,
)
"""Every way to lie, in the order in which they are counted."""

__all__ = [
    "HABITS",
    "EquivocatingProposer",
    "EquivocatingVoter",
    "ForgedCertificates",
    "Habit",
    "InvalidBlocks",
    "LyingSyncServer",
    "Replay",
    "Silent",
    "Spam",
    "StitchedCertificates",
    "Usurper",
    "Withholding",
]
