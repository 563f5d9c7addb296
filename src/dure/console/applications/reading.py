"""What an application's own page may ask of the console: about its own contracts, and no others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request

from dure.api.routes.operation import read_address
from dure.application import Application, DeployedContract, KnownMoney, ToldEvent
from dure.application.pages import EVENTS_MAX
from dure.console.applications.tables import list_own_contracts
from dure.console.facts.forms import find_money
from dure.console.language import choose_language
from dure.console.site import Site
from dure.core.errors import NotFound
from dure.core.types import NO_HASH, Address
from dure.proof.json_form import Json

_NOBODY = Address(NO_HASH)


@dataclass(frozen=True, slots=True)
class SiteReader:
    """A `Reader` for one request to one application's page."""

    site: Site
    application: Application
    request: Request

    @property
    def language(self) -> str:
        """The language of the page."""
        return choose_language(self.request)

    @property
    def ledger_time(self) -> int:
        """Ledger time in milliseconds."""
        return self.site.gateway.executor.ledger_time

    @property
    def query(self) -> Mapping[str, str]:
        """What was asked behind the path."""
        return self.request.query_params

    async def list_contracts(self) -> Sequence[DeployedContract]:
        """Return the application's contracts, the oldest first."""
        return [
            DeployedContract(each.address, each.name, each.version, each.deployed)
            for each in await list_own_contracts(self.site, self.application)
        ]

    async def list_events(
        self, contract: DeployedContract, names: Collection[str] = (), limit: int = EVENTS_MAX
    ) -> Sequence[ToldEvent]:
        """Return a contract's newest events, the newest first."""
        address = await self._find(contract)
        items = await self.site.list_events(address, min(limit, EVENTS_MAX))
        return [
            ToldEvent(item.event.name, item.event.fields or {}, item.height, item.time)
            for item in items
            if not names or item.event.name in names
        ]

    async def find_money(self, contract: DeployedContract) -> Mapping[str, KnownMoney]:
        """Return the assets in a contract's state, by the name of the field."""
        address = await self._find(contract)
        interface = self.site.contracts.get_interface(address)
        found = find_money(self.site.gateway.executor.view(), address, interface)
        return {name: KnownMoney(each.code, each.decimals) for name, each in found.items()}

    async def view(self, contract: DeployedContract, method: str, **arguments: object) -> Any:
        """Return the JSON form of a read-only method's result."""
        address = await self._find(contract)
        given = cast("dict[str, Json]", arguments)
        return self.site.contracts.call_view(address, method, given, _NOBODY)

    async def _find(self, contract: DeployedContract) -> Address:
        if contract.address not in {each.address for each in await self.list_contracts()}:
            raise NotFound("the application has no such contract on this chain")
        return read_address(contract.address)
