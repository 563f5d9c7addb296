"""One more organisation: its node is made, started, catches up, and the members let it decide."""

import time
from pathlib import Path
from typing import Final

from dure.chain.genesis.document import EngineKind
from dure.cli.access import connect, load_authority
from dure.cli.network.founding import (
    LOOPBACK,
    MEMBERS_MAX,
    Network,
    Place,
    load_network,
)
from dure.cli.network.hosting.life import find_member, hold, start_node
from dure.cli.network.membership.change import ChangeRefused, Wish
from dure.cli.network.membership.gathering import Proposal, build_proposal
from dure.cli.network.membership.joining import join_network, tell_nodes
from dure.cli.network.processes import find_pid, wait_for_nodes
from dure.core.errors import ConfigurationError
from dure.core.types import Height

BLOCKS_AHEAD: Final = 5
"""From which height on the new one decides, counted from the newest block."""
START_TIMEOUT_S: Final = 180.0
"""A busy host starts one node more slowly than an idle one four."""
ATTEMPTS: Final = 90
PAUSE_S: Final = 1.0


def add_member(
    folder: Path, organisation: str, *, ports_taken: frozenset[int] = frozenset()
) -> Height:
    """Make, start and admit an organisation's node; return the first height that it decides.

    An attempt that failed after the node was made goes on where it ended: the same name continues.
    Raise `ConfigurationError`, `Unavailable`, or `ChangeRefused` with what the chain would say.
    """
    with hold(folder) as network:
        _validate(folder, network, organisation)
        if not any(member.name == organisation for member in network.members):
            place = Place(organisation, LOOPBACK, 0)
            join_network(folder, network, place, ports_taken)
        grown = load_network(folder)
        tell_nodes(folder, grown)
        member = find_member(grown, organisation)
        if find_pid(folder, member) is None:
            wait_for_nodes([start_node(folder, member)], START_TIMEOUT_S)
        proposal = _propose(folder, organisation)
        with connect(folder) as client:
            client.submit_and_wait(proposal.calls, by=load_authority(folder))
        return proposal.given.from_height


def _validate(folder: Path, network: Network, organisation: str) -> None:
    if network.engine == EngineKind.SOLO:
        raise ConfigurationError("the solo engine has exactly one member")
    others = [member for member in network.members if member.name != organisation]
    if len(others) >= MEMBERS_MAX:
        raise ConfigurationError(f"a network on one host has at most {MEMBERS_MAX} members")
    stopped = [member.name for member in others if find_pid(folder, member) is None]
    if stopped:
        message = f"start the network first: {', '.join(stopped)} must say that they are there"
        raise ConfigurationError(message)


def _propose(folder: Path, organisation: str) -> Proposal:
    """Return the change as soon as the chain would take it: a node first has to catch up."""
    for attempt in range(ATTEMPTS):
        proposal = build_proposal(folder, Wish(add=(organisation,)), f"+{BLOCKS_AHEAD}", (), ())
        refusal = proposal.refusal
        if refusal is None:
            return proposal
        is_patient = refusal.code == "validators_absent" and attempt + 1 < ATTEMPTS
        if not is_patient:
            reasons = "; ".join(sorted(set(proposal.absent.values())))
            message = f"{refusal.code}: {refusal.message}" + (f" ({reasons})" if reasons else "")
            raise ChangeRefused(message, refusal=refusal.code)
        time.sleep(PAUSE_S)
    raise AssertionError("the last attempt returns or raises")
