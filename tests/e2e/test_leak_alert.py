"""A leaked identity on four real nodes: each member's own node tells it, and how long that takes.

The time is measured and printed, as everywhere: from before the supervisor signs to the moment at
which each member's desk has frozen the account. What is asserted is that every member has it with
the very block in which it was reported.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from dure.apps.leak_alert.contract import ClearReason, LeakAlert
from dure.apps.leak_alert.identities import EpochKey, IdentityKind, draw_key, read_identity
from dure.apps.leak_alert.offchain import (
    Freeze,
    Release,
    Watch,
    build_batches,
    follow_alerts,
)
from dure.cli.access import load_authority
from dure.contract.library.cases import CaseState
from dure.contract.source import read_source
from dure.core.types import Hash
from dure.sdk import AsyncClient, AsyncContractProxy, LocalAccount
from tests.e2e.processes import Town

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SUPERVISOR = "supervisor"
PHONE = read_identity(IdentityKind.PHONE, "010-2345-6789")
OTHER = read_identity(IdentityKind.PHONE, "010-9876-5432")
INCIDENT = Hash(sha256(b"a stolen laptop, and a salt").digest())
ALERTS = 5
PATIENCE_S = 60.0


@dataclass
class Branch:
    """A member's desk that notes when it was told what."""

    name: str
    account: LocalAccount
    state_file: Path
    frozen: dict[int, float] = field(default_factory=dict)
    """When each batch was carried out."""
    heights: dict[int, int] = field(default_factory=dict)
    """The block that told it."""
    cases: list[Hash] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    told: asyncio.Condition = field(default_factory=asyncio.Condition)

    def freeze(self, order: Freeze) -> None:
        self.frozen[order.batch] = time.monotonic()
        self.cases.append(order.case)

    def release(self, order: Release) -> None:
        self.released.append(order.reason)

    async def run(self, url: str, alert: AsyncContractProxy, watch: Watch) -> None:
        """Follow the member's own node."""
        async for handled in follow_alerts(
            url, alert.address, watch, self, state_file=self.state_file, from_height=0
        ):
            for order in handled.orders:
                if isinstance(order, Freeze):
                    self.heights[order.batch] = handled.height
            async with self.told:
                self.told.notify_all()

    async def wait_frozen(self, batch: int) -> None:
        """Return when a batch was carried out."""
        async with asyncio.timeout(PATIENCE_S), self.told:
            await self.told.wait_for(lambda: batch in self.heights)

    async def wait_released(self, count: int) -> None:
        """Return when the accounts were freed so many times."""
        async with asyncio.timeout(PATIENCE_S), self.told:
            await self.told.wait_for(lambda: len(self.released) == count)


@asynccontextmanager
async def follow_everywhere(
    town: Town, alert: AsyncContractProxy, key: EpochKey
) -> AsyncIterator[list[Branch]]:
    members = [name for name in town.names if name != SUPERVISOR]
    branches = [
        Branch(name, town.get_account(name), town.folder / f"{name}.alerts.json")
        for name in members
    ]
    async with asyncio.TaskGroup() as group:
        tasks = []
        for branch in branches:
            customers = {f"customer of {branch.name}": [PHONE], "somebody else": [OTHER]}
            watch = Watch(customers, [key], case_secret=branch.name.encode())
            tasks.append(group.create_task(branch.run(town.get_url(branch.name), alert, watch)))
        yield branches
        for task in tasks:
            task.cancel()


async def open_alert(client: AsyncClient, town: Town, key: EpochKey) -> AsyncContractProxy:
    supervisor = town.get_account(SUPERVISOR)
    alert = await client.deploy(
        read_source(LeakAlert),
        by=load_authority(town.folder),
        owner=supervisor.address,
        roles={"supervisor": [supervisor.address]},
    )
    for name in town.names:
        await alert.admit(by=supervisor, member=town.get_address(name))
    await alert.begin_epoch(by=supervisor, key_check=key.key_check)
    return alert


async def raise_alarm(
    alert: AsyncContractProxy, supervisor: LocalAccount, key: EpochKey, branches: list[Branch]
) -> float:
    """Raise one alarm; return how long it took until all had frozen the account, in seconds."""
    (digests,) = build_batches([PHONE], key)
    begun = time.monotonic()
    done = await alert.report(by=supervisor, epoch=1, incident=INCIDENT, digests=digests)
    for branch in branches:
        await branch.wait_frozen(done.result)
        # With the block itself, and not with one that came later.
        assert branch.heights[done.result] == done.receipt.height
    return max(branch.frozen[done.result] for branch in branches) - begun


async def play(town: Town) -> tuple[list[float], list[Branch]]:
    """Raise and call off one alarm again and again; return how long each took to be everywhere."""
    supervisor, key, times = town.get_account(SUPERVISOR), draw_key(1), []
    urls = [town.get_url(SUPERVISOR)]
    async with AsyncClient(urls, chain_id=town.chain_id) as client:
        alert = await open_alert(client, town, key)
        async with follow_everywhere(town, alert, key) as branches:
            for number in range(1, ALERTS + 1):
                times.append(await raise_alarm(alert, supervisor, key, branches))
                digests = [key.compute_digest(PHONE)]
                reason = ClearReason.WRONG_IDENTITY.name
                await alert.clear(by=supervisor, digests=digests, reason=reason)
                for branch in branches:
                    await branch.wait_released(number)
            await record(alert, branches, town)
    return times, branches


async def record(alert: AsyncContractProxy, branches: list[Branch], town: Town) -> None:
    """Have every member write down what it did, through the chain."""
    for branch in branches:
        await alert.acknowledge(by=branch.account, batch=1)
        await alert.open_cases(by=branch.account, cases=branch.cases)
        await alert.record_told(by=branch.account, cases=branch.cases)
        for case in branch.cases:
            await alert.close_case(by=branch.account, case=case, state=CaseState.UNDONE.name)
        work = await alert.work_of(branch.account.address)
        assert (work["opened"], work["undone"]) == (ALERTS, ALERTS)
    assert await alert.missing(1) == [town.get_address(SUPERVISOR)]


def test_an_alert_is_at_every_member_with_its_block(
    town: Town, record_property: Callable[[str, object], None]
) -> None:
    times, branches = asyncio.run(play(town))
    cases = [case for branch in branches for case in branch.cases]
    assert len(set(cases)) == ALERTS * 3
    assert all(branch.released == ["WRONG_IDENTITY"] * ALERTS for branch in branches)
    in_order = sorted(round(1000 * each) for each in times)
    record_property("alert_at_every_member_ms", in_order)
    print(f"\nfrom signing to frozen at all of {len(branches)} members, ms: {in_order}")  # noqa: T201
