"""A node as a keeper of sealed data: its desk and its task, put together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dure.node.gateway import Gateway
from dure.node.sealed.desk import Desk, PlaceLocks
from dure.node.sealed.following import Following
from dure.node.sealed.keeping import Keeping
from dure.node.sealed.ledger import KeeperLedger
from dure.node.sealed.shelf import Shelf
from dure.node.sealed.store import Store
from dure.sdk.accounts import LocalAccount


@dataclass(frozen=True, slots=True)
class Party:
    """One keeper."""

    desk: Desk
    keeping: Keeping


def open_party(
    gateway: Gateway, account: LocalAccount, *, folder: Path, shelf: Shelf, bytes_max: int
) -> Party:
    """Return a keeper whose files lie in `folder`, and whole ones on the shelf."""
    ledger, locks = KeeperLedger(gateway, account), PlaceLocks()
    store = Store(folder, shelf, bytes_max=bytes_max)
    following = Following(folder)
    keeping = Keeping(ledger, store, locks, following)
    desk = Desk(ledger, store, locks, is_followed=following.is_followed, wake=keeping.wake)
    return Party(desk, keeping)


@asynccontextmanager
async def keep(party: Party | None) -> AsyncIterator[None]:
    """Have the keeper do its work for the time of a `with` block."""
    if party is None:
        yield
        return
    task = asyncio.create_task(party.keeping.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
