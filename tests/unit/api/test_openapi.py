"""One table: what is served, what is described, and what answers look like are the same thing."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import httpx
import msgspec

from dure.api.access.roles import Act
from dure.api.routes.operation import Operation
from dure.api.routes.table import OPERATIONS, SOCKETS
from dure.core.address import encode_address
from dure.core.types import Instant
from dure.index import EventFilter
from dure.node.dissemination import BodyCounts
from dure.node.verification.requests import Counts
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import START, SoloChain


def test_the_document_has_every_operation_and_nothing_else(desk: Desk) -> None:
    document = desk.get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    served = {(each.method, each.path) for each in OPERATIONS}
    served |= {("X-WEBSOCKET", each.path) for each in SOCKETS}
    assert described == served | {("GET", "/openapi.json"), ("GET", "/docs")}


def test_every_reference_in_the_document_leads_somewhere(desk: Desk) -> None:
    text = desk.run(lambda client: client.get("/openapi.json")).text
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names
    assert names <= set(desk.get("/openapi.json")["components"]["schemas"])


def test_the_page_needs_no_script_and_nothing_from_outside(desk: Desk) -> None:
    answer = desk.run(lambda client: client.get("/docs"))
    assert answer.status_code == 200
    for operation in OPERATIONS:
        assert operation.path in answer.text
    assert "<script" not in answer.text
    links = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert all(link.startswith(("/", "#")) for link in links)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    style = desk.run(lambda client: client.get("/docs/style.css"))
    assert style.headers["content-type"].startswith("text/css")


def is_for_everybody(operation: Operation) -> bool:
    """Say whether a stranger gets an answer; others: `test_sealed`, `test_roles`."""
    return "/sealed/" not in operation.path and operation.act is not Act.AUDIT


def test_every_answer_has_the_shape_that_the_table_says(desk: Desk) -> None:
    chain = desk.chain
    book = chain.deploy()
    signed = chain.sign(book.call("remind", text="tea"))
    chain.send(signed)
    chain.make_block(2_000)
    desk.catch_up()
    written = EventFilter(contract=book.address, name="Written")
    scheduled = desk.index.list_events(written, 1)[0].source
    values = {
        "height": "1",
        "address": encode_address(book.address),
        "method": "line",
        "key": "00",
    }

    def fill(path: str) -> str:
        identity = scheduled if "/scheduled/" in path else signed.transaction_id
        return path.format(**values, id=identity.hex(), version=1)

    async def ask(client: httpx.AsyncClient) -> None:
        chain.send(chain.sign(book.call("write", text="x")))
        for operation in filter(is_for_everybody, OPERATIONS):
            content, headers = b"[0]", {"content-type": "application/json"}
            if operation.takes_binary:
                content = chain.pay(3).envelope
                headers = {"content-type": "application/octet-stream"}
            answer = await client.request(
                operation.method, fill(operation.path), content=content, headers=headers
            )
            assert answer.status_code in operation.answers, (operation.path, answer.text)
            shape = operation.answers[answer.status_code]
            media = answer.headers["content-type"].partition(";")[0]
            assert media == operation.media
            if shape is not None:
                msgspec.json.decode(answer.content, type=shape)

    desk.run(ask)


def read_figures(text: str) -> dict[str, float]:
    lines: Iterable[str] = (line for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_tell_height_transactions_refusals_and_requests(desk: Desk) -> None:
    async def ask(client: httpx.AsyncClient) -> str:
        headers = {"content-type": "application/octet-stream"}
        for content in (desk.chain.pay(1).envelope, b"garbage"):
            await client.post("/v1/transactions", content=content, headers=headers)
        behind.append(read_figures((await client.get("/metrics")).text))
        desk.catch_up()
        desk.chain.phases.move("building a block", Instant(START + 7))
        desk.chain.phases.move("idle", Instant(START + 10))
        desk.chain.turns.note(0.003, 0.002, 1.0)
        desk.chain.bodies = BodyCounts(bytes_spared=7000, bodies_joined=20, envelopes_fetched=4)
        desk.chain.verification = Counts(checked=100, left=3, lost=2)
        await client.get("/v1/nonsense")
        return (await client.get("/metrics")).text

    behind: list[dict[str, float]] = []
    figures = read_figures(desk.run(ask))
    assert figures["dure_height"] == 1
    assert [each["dure_index_behind_blocks"] for each in (*behind, figures)] == [1, 0]
    bucket = 'dure_consensus_phase_seconds_bucket{{le="{}",phase="{}"}}'
    assert figures[bucket.format(0.002, "building a block")] == 0
    assert figures[bucket.format(0.005, "building a block")] == 1
    assert figures[bucket.format("+Inf", "building a block")] == 1
    assert figures['dure_consensus_phase_seconds_sum{phase="idle"}'] == 0.007
    turns = [figures[f'dure_loop_turn_seconds_bucket{{le="{le}"}}'] for le in ("0.002", "0.005")]
    assert turns == [0, 1]
    assert figures["dure_loop_turn_longest_seconds"] == 0.003
    assert figures["dure_loop_turn_longest_work_seconds"] == 0.002
    assert figures['dure_verification_signatures_total{answered="yes"}'] == 100
    assert figures['dure_verification_signatures_total{answered="no"}'] == 3
    assert figures["dure_verification_workers_lost_total"] == 2
    assert figures["dure_block_bytes_spared_total"] == 7000
    assert figures["dure_block_bodies_joined_total"] == 20
    assert figures["dure_block_envelopes_fetched_total"] == 4
    since = figures['dure_consensus_phase_since_seconds{phase="idle"}']
    assert since == (START + 10) / 1000
    assert figures["dure_transactions_total"] == 1
    assert figures["dure_peers_connected"] == 1
    assert figures['dure_peer_bytes_sent_total{peer="neighbour"}'] == 4_096
    assert figures['dure_peer_frames_sent_total{peer="neighbour"}'] == 7
    assert figures["dure_block_interval_seconds"] == 1.0
    assert figures["dure_api_transactions_submitted_total"] == 2
    assert figures['dure_api_transactions_refused_total{code="malformed_transaction"}'] == 1
    requests = 'dure_api_requests_total{{route="{}",status="{}"}}'
    assert figures[requests.format("/v1/transactions", 422)] == 1
    assert figures[requests.format("other", 404)] == 1


def test_metrics_of_two_nodes_in_one_process_do_not_mix(tmp_path: Path) -> None:
    heights = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        desk = Desk(folder, SoloChain(instant=False))
        for amount in range(number):
            desk.chain.send(desk.chain.pay(amount + 1))
        text = asyncio.run(_scrape(desk))
        heights.append(read_figures(text)["dure_height"])
        desk.index.close()
    assert heights == [1, 2]


async def _scrape(desk: Desk) -> str:
    async with desk.open_client() as client:
        return (await client.get("/metrics")).text
