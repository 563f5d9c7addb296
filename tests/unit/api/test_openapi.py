"""One table: what is served, what is described, and what answers look like are the same thing."""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

import httpx
import msgspec

from dure.api.access.audit import Act as Administered
from dure.api.access.audit import AuditLog
from dure.api.access.roles import Act, Role
from dure.api.routes.operation import Operation
from dure.api.routes.table import OPERATIONS, SOCKETS
from dure.core.address import encode_address
from dure.core.types import Instant
from dure.identity.envelopes.requests import HEADER
from dure.index import EventFilter
from dure.node.dissemination import BodyCounts
from dure.node.verification.requests import Counts
from dure.sdk import LocalAccount
from dure.sdk.sealed.keeper_node import KeysBody
from tests.unit.api.access.callers import Gate, show
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import BANK, START, SoloChain
from tests.unit.node.sealed.scene import ANN, INSURER, NAME, Scene


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


def is_about_sealed_data(operation: Operation) -> bool:
    return operation.path.startswith("/v1/sealed/")


def is_for_auditors(operation: Operation) -> bool:
    return operation.act is Act.AUDIT


def is_for_everybody(operation: Operation) -> bool:
    return not is_about_sealed_data(operation) and not is_for_auditors(operation)


def check_shape(operation: Operation, answer: httpx.Response) -> None:
    """Fail unless an answer is one of those that the table has for its operation."""
    assert answer.status_code in operation.answers, (operation.path, answer.text)
    shape = operation.answers[answer.status_code]
    assert answer.headers["content-type"].partition(";")[0] == operation.media
    if shape is not None:
        msgspec.json.decode(answer.content, type=shape)


def test_every_answer_has_the_shape_that_the_table_says(desk: Desk) -> None:
    """What a stranger may ask; sealed data and the log of administration have their own tests."""
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
        "application": "chain",
        "table": "blocks",
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
            check_shape(operation, answer)

    desk.run(ask)


def test_every_answer_about_sealed_data_has_the_shape_that_the_table_says(tmp_path: Path) -> None:
    """A file is handed in, handed out and read; whoever asks has signed, so no role is needed."""
    scene = Scene(tmp_path)
    desk = Desk(tmp_path, scene.chain, sealed=scene.desk)
    record = f"/v1/sealed/{encode_address(scene.contract)}/{NAME.hex()}"
    keys = {each.address: scene.seal_key(each) for each in (INSURER, ANN)}
    body = KeysBody({encode_address(reader): key.hex() for reader, key in keys.items()})
    asked: list[tuple[str, str, LocalAccount, bytes]] = [
        ("PUT", "/keys?version=1", INSURER, msgspec.json.encode(body)),
        ("PUT", "/file?version=1&offset=0", INSURER, scene.file),
        ("GET", "?version=1", ANN, b""),
        ("GET", "/file?version=1&offset=0&length=10", ANN, b""),
        ("GET", "/keys?version=1", BANK, b""),
        ("POST", "/readings?version=1", ANN, b""),
    ]
    prefix = "/v1/sealed/{address}/{name}"
    operations = {
        (each.method, each.path.removeprefix(prefix)): each
        for each in filter(is_about_sealed_data, OPERATIONS)
    }
    assert operations.keys() == {(method, rest.partition("?")[0]) for method, rest, *_ in asked}

    async def ask(client: httpx.AsyncClient) -> None:
        for method, rest, by, content in asked:
            signed = scene.sign(by, content, method=method, target=record + rest)
            answer = await client.request(
                method, record + rest, content=content, headers={HEADER: signed}
            )
            check_shape(operations[method, rest.partition("?")[0]], answer)

    desk.run(ask)
    desk.index.close()


def test_every_answer_for_auditors_has_the_shape_that_the_table_says(desk: Desk) -> None:
    AuditLog(desk.folder / "audit.jsonl", "bank").append(Administered("node_started", "user 7", 1))
    token = show(Gate(desk).admit(Role.AUDITOR))

    async def ask(client: httpx.AsyncClient) -> None:
        (operation,) = filter(is_for_auditors, OPERATIONS)
        answer = await client.request(operation.method, operation.path, headers=token)
        check_shape(operation, answer)
        assert len(answer.json()["entries"]) == 1

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
