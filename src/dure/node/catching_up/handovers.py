"""The blocks in which the validators changed: what every proof and every offer of a state needs."""

from typing import Protocol

from dure.chain import state
from dure.core.errors import Unavailable
from dure.core.types import Height
from dure.node.ports import StoredBlock
from dure.proof.building import build_handover
from dure.proof.file import Handover


class HandoverSource(Protocol):
    """Where a node keeps its blocks, and handovers that came without their blocks."""

    def load_block(self, height: Height) -> StoredBlock | None: ...
    def load_handover(self, height: Height) -> Handover | None: ...


def collect_handovers(view: state.View, source: HandoverSource, below: Height) -> list[Handover]:
    """Return the handovers below a height, in rising order; raise `Unavailable` for a missing one.

    `view` is a state at that height or above.
    """
    handovers: list[Handover] = []
    for height, validators in state.list_changes(view):
        if height >= below:
            break
        stored, kept = source.load_block(height), source.load_handover(height)
        if stored is not None:
            kept = build_handover(stored.block.header, stored.certificate, validators)
        if kept is None:
            message = (
                f"this node no longer has block {height}, in which the validators changed: ask one "
                "that keeps all blocks"
            )
            raise Unavailable(message, height=height)
        handovers.append(kept)
    return handovers
