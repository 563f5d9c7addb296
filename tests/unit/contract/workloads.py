"""Chains to execute again: stories of every application, and programs that call away."""

from collections.abc import Iterable
from contextlib import suppress

from dure.application import find_applications
from dure.chain.transaction import Call
from dure.contract.source import bundle
from dure.core.codec import encode
from dure.core.types import Instant
from dure.testing import Deployment, MemoryStage, Refused, World
from tests.unit.contract.program_files import AROUND_BODY
from tests.unit.contract.stored_chains import Workload

START = Instant(1_800_000_000_000)


def play_stories() -> list[Workload]:
    """Return a chain for each story of each application."""
    chains = []
    for application in find_applications():
        for story in application.stories:
            stage = MemoryStage(at=START, assets={"won": 0, "usd": 2})
            story(World(stage))
            chains.append(Workload(story.__name__, stage.genesis, tuple(stage.blocks)))
    return chains


def play_programs(bodies: Iterable[str]) -> Workload:
    """Return a chain on which each body (of `program_files.AROUND_BODY`) was deployed and called.

    The second call of each finds what the first one stored.
    """
    stage = MemoryStage(at=START, assets={"won": 0})
    caller = stage.admit("caller", {"won": 1_000_000})
    for body in bodies:
        source = bundle(AROUND_BODY + body, "Example")
        with suppress(Refused):
            address = stage.deploy(Deployment(source, caller.address, encode(()), {}))
            for text in ("abc", "é"):
                values = (5, text, b"xyz", [3, 1, 2], caller.address, stage.assets["won"])
                with suppress(Refused):
                    stage.send(caller, [Call(address, "probe", encode(values), None)])
    return Workload("programs", stage.genesis, tuple(stage.blocks))
