"""What every page reads from, and what a page is.

A page is a path and a function of the site and the request. The modules of `dure.console.pages`
name theirs in `PAGES`; `build_pages` puts each behind the rule of who may read the chain.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.agreements import Agreements
from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import ContractSummary, EventItem
from dure.api.http.access import Access
from dure.api.routes.contracts import describe_event_row
from dure.application import Application
from dure.chain.transaction import compute_contract_address
from dure.console.applications.playing import Player
from dure.console.codes import Painter
from dure.console.facts.scan import StateScan
from dure.console.rendering import Renderer
from dure.console.retracing import Retracer
from dure.core.errors import NotFound
from dure.core.types import Address
from dure.index import EventFilter, Index
from dure.node.gateway import Gateway

if TYPE_CHECKING:  # a table's rows are fetched from a site
    from dure.console.tables.model import Table

CONTRACTS_SHOWN: Final = 100

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Site:
    """One node and what was made over it, for all pages."""

    gateway: Gateway
    index: Index
    contracts: Contracts
    agreements: Agreements
    applications: Sequence[Application]
    access: Access
    renderer: Renderer
    reports: Path | None = None
    """The folder in which demos leave their closing reports."""
    scan: StateScan = field(default_factory=StateScan)
    retracer: Retracer = field(default_factory=Retracer)
    player: Player = field(default_factory=Player)
    painter: Painter = field(default_factory=Painter)

    async def ask_index(self, question: Callable[[Index], _Answer]) -> _Answer:
        """Return what the index answers; it blocks, so it is asked in a thread."""
        return await asyncio.to_thread(question, self.index)

    def find_application(self, slug: str) -> Application:
        """Return an application of this console; raise `NotFound`."""
        for each in self.applications:
            if each.slug == slug:
                return each
        raise NotFound("there is no such application here")

    async def list_contracts(self) -> list[ContractSummary]:
        """Return the contracts of genesis and the first ones deployed."""
        inherited = self.contracts.inherited.list_contracts(None, CONTRACTS_SHOWN)
        left = CONTRACTS_SHOWN - len(inherited)
        rows = await self.ask_index(lambda index: index.list_deployments(None, left))
        found = [address for _, address in inherited]
        found += [compute_contract_address(row.transaction_id, row.call) for row in rows]
        return [self.contracts.summarise(address) for address in found]

    async def list_events(self, contract: Address, limit: int) -> list[EventItem]:
        """Return a contract's newest events, newest first."""
        wanted = EventFilter(contract=contract, newest_first=True)
        rows = await self.ask_index(lambda index: index.list_events(wanted, limit))
        return [describe_event_row(row, self.contracts) for row in rows]


Handler = Callable[[Site, Request], Awaitable[Response]]
FindTables = Callable[[Site, Request], Awaitable[Sequence["Table"]]]


class Group(StrEnum):
    """The parts of the menu, in their order; each has its name in the texts as `menu_<value>`."""

    CHAIN = "chain"
    APPLICATIONS = "applications"
    WALLET = "wallet"
    PROOF = "proof"
    GOVERNANCE = "governance"
    NETWORK = "network"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Entry:
    """A page's line in the menu; within a group they stand as in `PAGES`."""

    group: Group
    label: str
    """A key of the texts."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page stands, and what answers."""

    path: str
    """As Starlette reads it: `/blocks/{height}`."""
    handler: Handler
    methods: tuple[str, ...] = ("GET",)
    is_live: bool = True
    """Whether it is rendered again as blocks come; not what stays, costs much or is a file.

    Of such a page only the frame goes on.
    """
    menu: Entry | None = None
    """Only of a page whose path has no parameters."""
    tables: "Sequence[Table] | FindTables" = ()
    """The page's tables, for downloads; a function where they depend on what is asked for."""
