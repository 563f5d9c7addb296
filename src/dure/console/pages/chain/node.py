"""This node itself: whom it is connected to, what it keeps on its disk, what it fetches.

These are the node's own figures, which whoever may read the chain may see (`Act.READ`), as at
`/metrics`. Addresses of other nodes stand nowhere: they are the operator's affair.
"""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dure.console.facts.listing import Row
from dure.console.language import choose_language, get_text
from dure.console.site import Entry, Group, Page, Site
from dure.console.tables import Cell, Column, Kind, Query, Rows, Table, read_table, select_rows
from dure.contract.agreement import LanguageCode
from dure.core.types import Height
from dure.node.gateway import PeerStatus


async def fetch_peers(site: Site, request: Request, asked: Query) -> Rows:
    status = site.gateway.get_status()
    language = choose_language(request)
    organisations = {
        member.key: member.organisation for member in site.gateway.executor.head.validators.members
    }
    rows = [
        _show_peer(peer, status.height, organisations.get(peer.key), language)
        for peer in status.peers
    ]
    return select_rows(PEERS.columns, rows, asked)


PEERS: Final = Table(
    "peers",
    (
        Column("name", "name", is_sortable=True, is_filterable=True),
        Column("organisation", "organisation", is_sortable=True, is_filterable=True),
        Column("link", "peers_link", Kind.PILL, is_sortable=True),
        Column("height", "peers_height", Kind.HEIGHT, is_sortable=True),
        Column("lag", "peers_lag", Kind.NUMBER, is_sortable=True),
        Column("bytes", "peers_bytes", Kind.NUMBER, is_sortable=True),
        Column("frames", "peers_frames", Kind.NUMBER, is_sortable=True),
        Column("key", "validators_key", Kind.HASH, is_filterable=True),
    ),
    fetch_peers,
    label="peers_title",
)


async def show_peers(site: Site, request: Request) -> Response:
    return site.renderer.render(
        request, "chain/peers.html", peers=await read_table(site, request, PEERS)
    )


async def show_storage(site: Site, request: Request) -> Response:
    gateway = site.gateway
    head = await site.ask_index(lambda index: index.get_head())
    indexed = Height(0) if head is None else head[0]
    return site.renderer.render(
        request,
        "chain/storage.html",
        use=await asyncio.to_thread(gateway.measure_storage),
        index_bytes=await site.ask_index(lambda index: index.measure_bytes()),
        indexed=indexed,
        behind=max(0, gateway.get_status().height - indexed),
        kept=gateway.get_history(),
    )


def _show_peer(
    peer: PeerStatus, height: Height, organisation: str | None, language: LanguageCode
) -> Row:
    link = "connected" if peer.connected else "away"
    lag = None if peer.height is None or not peer.connected else max(0, height - peer.height)
    return {
        "name": peer.name,
        "organisation": organisation,
        "link": Cell(
            link,
            get_text(language, f"presence_{link}"),
            tone="good" if peer.connected else "bad",
        ),
        "height": peer.height,
        "lag": lag,
        "bytes": peer.bytes_sent,
        "frames": peer.frames_sent,
        "key": peer.key.hex(),
    }


PAGES: Final = (
    Page("/peers", show_peers, menu=Entry(Group.NETWORK, "peers_title"), tables=(PEERS,)),
    Page("/storage", show_storage, menu=Entry(Group.NETWORK, "storage_title")),
)
