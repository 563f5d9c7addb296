"""The first page: where the chain stands, how much it carries, who is here, what came last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.chain import state
from dure.console.facts.consensus import find_presence
from dure.console.facts.flow import BLOCKS_READ, measure_blocks, measure_minutes
from dure.console.facts.names import Names
from dure.console.facts.transactions import show_transaction
from dure.console.language import choose_language
from dure.console.site import Entry, Group, Page, Site
from dure.core.address import encode_address
from dure.core.types import Address
from dure.core.validators import compute_quorum
from dure.index import BlockRow, Query
from dure.node.gateway import Gateway

BLOCKS_SHOWN: Final = 12
TRANSACTIONS_SHOWN: Final = 8
RECENT_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class MemberPresence:
    """One organisation, and whether this node hears its validators."""

    name: str
    account: str
    presence: str
    """`here`, `connected`, `away`, `unknown`; `none` for an organisation without a validator."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """Whether those who are here are enough."""

    here: int
    validators: int
    needed: int

    @property
    def words(self) -> str:
        """Which sentence says it: a key of the texts."""
        if self.here < self.needed:
            return "quorum_short"
        if self.validators == 1:
            return "quorum_one"
        return "quorum_all" if self.here == self.validators else "quorum_enough"


async def show_overview(site: Site, request: Request) -> Response:
    language = choose_language(request)
    blocks = await site.ask_index(lambda index: index.list_blocks(None, BLOCKS_READ))
    newest = await site.ask_index(
        lambda index: index.lists.list_transactions(Query(limit=TRANSACTIONS_SHOWN))
    )
    names = Names(site.gateway, choose_language(request))
    return site.renderer.render(
        request,
        "chain/overview.html",
        blocks=list(reversed(blocks))[:BLOCKS_SHOWN],
        proposers=_name_proposers(site.gateway),
        names=names,
        total=await site.ask_index(lambda index: index.count_transactions()),
        transactions=[show_transaction(row, names, language) for row in newest.rows],
        flow=measure_blocks(blocks),
        minutes=measure_minutes(blocks),
        lately=_count_recent(blocks),
        members=list_presence(site.gateway),
        quorum=describe_quorum(site.gateway),
        contracts=await site.list_contracts(),
    )


def list_presence(gateway: Gateway) -> list[MemberPresence]:
    """Return every member organisation with the presence of its validators, sorted by name."""
    view, status = gateway.executor.view(), gateway.get_status()
    validators = gateway.executor.head.validators.members
    found: list[MemberPresence] = []
    for name in state.list_organisations(view):
        account = view.get(state.key_organisation(name))
        keys = [member.key for member in validators if member.organisation == name]
        presences = [find_presence(status, key) for key in keys]
        presence = min(presences, key=_ORDER.index) if presences else "none"
        text = "" if account is None else encode_address(Address(account))
        found.append(MemberPresence(name, text, presence))
    return found


def describe_quorum(gateway: Gateway) -> Quorum:
    """Return how many validators this node hears, itself counted where it is one."""
    status, validators = gateway.get_status(), gateway.executor.head.validators
    presences = [find_presence(status, member.key) for member in validators.members]
    here = sum(presence in {"here", "connected"} for presence in presences)
    return Quorum(here, len(validators), compute_quorum(len(validators)))


def _count_recent(blocks: Sequence[BlockRow]) -> int:
    """Return how many transactions the newest minute of header time had."""
    end = blocks[-1].time if blocks else 0
    return sum(row.transactions for row in blocks if row.time > end - RECENT_MS)


def _name_proposers(gateway: Gateway) -> dict[str, str]:
    members = gateway.executor.head.validators.members
    return {member.key.hex(): member.organisation for member in members}


_ORDER: Final = ("away", "unknown", "connected", "here")
"""Of several validators of one organisation the worst presence is told."""

PAGES: Final = (Page("/", show_overview, menu=Entry(Group.CHAIN, "overview")),)
