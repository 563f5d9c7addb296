"""The pages: each reads from node and index what one template shows."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dure.api.answers.accounts import describe_status
from dure.api.answers.agreements import Agreements
from dure.api.answers.blocks import describe_block, describe_transaction
from dure.api.answers.contracts import Contracts
from dure.api.answers.proofs import get_stored
from dure.api.answers.shapes import ContractSummary, EventItem, TransactionAnswer
from dure.api.routes.contracts import describe_event_row
from dure.api.routes.operation import read_address, read_height, read_id
from dure.application import Application, load_texts
from dure.chain.money import LEDGER
from dure.chain.state import key_contract
from dure.chain.transaction import compute_contract_address
from dure.console.agreement import read_agreement
from dure.console.language import choose_language
from dure.console.rendering import Renderer, show_offset
from dure.console.threads import build_threads, list_time_fields
from dure.core.errors import NotFound
from dure.core.types import Address, TransactionId
from dure.index import EventFilter, Index
from dure.node.gateway import Gateway

BLOCKS_SHOWN: Final = 12
CONTRACTS_SHOWN: Final = 100
EVENTS_SHOWN: Final = 30
EVENTS_READ: Final = 2_000
THREADS_SHOWN: Final = 200


@dataclass(slots=True)
class Pages:
    """Handlers of all pages over one node."""

    gateway: Gateway
    index: Index
    contracts: Contracts
    applications: Sequence[Application]
    renderer: Renderer = field(init=False)
    agreements: Agreements = field(init=False)

    def __post_init__(self) -> None:
        self.agreements = Agreements(self.contracts)
        self.renderer = Renderer(self._describe_frame)

    def _describe_frame(self) -> dict[str, Any]:
        status = describe_status(self.gateway)
        return {
            "status": status,
            "offset": show_offset(status.offset),
            "applications": self.applications,
        }

    async def overview(self, request: Request) -> Response:
        blocks = await asyncio.to_thread(self.index.list_blocks, None, BLOCKS_SHOWN)
        total = await asyncio.to_thread(self.index.count_transactions)
        return self.renderer.render(
            request,
            "overview.html",
            blocks=list(reversed(blocks)),
            total=total,
            contracts=await self._list_contracts(),
        )

    async def block(self, request: Request) -> Response:
        stored = get_stored(self.gateway, read_height(request))
        names = {
            member.key.hex(): member.organisation
            for member in self.gateway.executor.head.validators.members
        }
        return self.renderer.render(
            request, "block.html", block=describe_block(stored), names=names
        )

    async def transaction(self, request: Request) -> Response:
        place = self.gateway.find_transaction(TransactionId(read_id(request)))
        if place is None:
            raise NotFound("no block of this node holds that transaction")
        stored = get_stored(self.gateway, place[0])
        shown = describe_transaction(stored, place[1], self.contracts)
        return self.renderer.render(
            request, "transaction.html", transaction=shown, times=self._list_times(shown)
        )

    async def contract(self, request: Request) -> Response:
        address = read_address(request.path_params["address"])
        interface = self.contracts.get_interface(address)
        agreement = await self.agreements.read(address)
        language = choose_language(request)
        return self.renderer.render(
            request,
            "contract.html",
            contract=self.contracts.describe(address),
            versions=self.contracts.list_versions(address).versions,
            reading=await asyncio.to_thread(read_agreement, agreement, language),
            interface=interface,
            times=list_time_fields(interface),
            events=await self._list_events(address, EVENTS_SHOWN),
        )

    async def application(self, request: Request) -> Response:
        slug = request.path_params["slug"]
        found = next((each for each in self.applications if each.slug == slug), None)
        if found is None:
            raise NotFound("there is no such application here")
        names = {contract.__name__ for contract in found.contracts}
        deployed = [each for each in await self._list_contracts() if each.name in names]
        return self.renderer.render(
            request,
            "application.html",
            application=found,
            labels=_load_labels(found, choose_language(request)),
            sections=[await self._describe_section(each) for each in deployed],
        )

    async def wallet(self, request: Request) -> Response:
        return self.renderer.render(request, "wallet.html")

    def _list_times(self, transaction: TransactionAnswer) -> frozenset[str]:
        called = {read_address(call.contract) for call in transaction.calls} - {LEDGER}
        known = [each for each in called if self.gateway.executor.read(key_contract(each))]
        return frozenset().union(
            *(list_time_fields(self.contracts.get_interface(each)) for each in known)
        )

    async def _describe_section(self, contract: ContractSummary) -> dict[str, Any]:
        address = read_address(contract.address)
        events = await self._list_events(address, EVENTS_READ)
        interface = self.contracts.get_interface(address)
        threads = build_threads(interface, list(reversed(events)))
        return {
            "contract": contract,
            "times": list_time_fields(interface),
            "counts": await asyncio.to_thread(self.index.count_events, address),
            "threads": threads,
            "threads_shown": THREADS_SHOWN,
            "events": events[:EVENTS_SHOWN],
        }

    async def _list_contracts(self) -> list[ContractSummary]:
        inherited = self.contracts.inherited.list_contracts(None, CONTRACTS_SHOWN)
        left = CONTRACTS_SHOWN - len(inherited)
        rows = await asyncio.to_thread(self.index.list_deployments, None, left)
        found = [address for _, address in inherited]
        found += [compute_contract_address(row.transaction_id, row.call) for row in rows]
        return [self.contracts.summarise(address) for address in found]

    async def _list_events(self, contract: Address, limit: int) -> list[EventItem]:
        """Return a contract's newest events, newest first."""
        wanted = EventFilter(contract=contract, newest_first=True)
        rows = await asyncio.to_thread(self.index.list_events, wanted, limit)
        return [describe_event_row(row, self.contracts) for row in rows]


def _load_labels(application: Application, language: str) -> Mapping[str, str]:
    """Return what the application calls the fields of its events, where it says so."""
    return load_texts(application, application.pages[0], language) if application.pages else {}
