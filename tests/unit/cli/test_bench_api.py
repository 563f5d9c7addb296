"""`dure bench api`: what its load processes count, and the whole on real processes."""

import asyncio
import json
import time
from multiprocessing.connection import Connection
from typing import Any

import pytest
from typer.testing import CliRunner

from dure.cli.bench.reading import commands
from dure.cli.bench.reading.api import compute_subscriber_us, describe_blocks, describe_reads
from dure.cli.bench.reading.beside import run_beside
from dure.cli.bench.reading.requests import ReadingPlan, Readings, read_repeatedly
from dure.cli.bench.reading.subscribers import Arrivals
from dure.cli.main import build_app
from dure.core.errors import Unavailable


async def read_from_a_server(*answers: bytes) -> tuple[Readings, list[bytes]]:
    """Read for a moment from a server that gives these answers in turn."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answers[len(asked) % len(answers)])
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        plan = ReadingPlan("127.0.0.1", port, ("/a", "/b"), 2, seconds=0.1, warm_up_s=0)
        return await read_repeatedly(plan), asked


def test_it_asks_in_turn_and_counts_what_is_answered() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
    readings, asked = asyncio.run(read_from_a_server(answer))
    assert len(readings.latencies_s) == len(asked) > 2
    assert readings.answer_bytes == 4 * len(asked)
    assert [each.split()[1] for each in asked[:4]] == [b"/a", b"/b", b"/a", b"/b"]


def test_an_answer_of_another_kind_has_failed_and_has_no_latency() -> None:
    good = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody"
    bad = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno"
    readings, asked = asyncio.run(read_from_a_server(good, bad))
    assert readings.failed > 0
    assert len(readings.latencies_s) + readings.failed == len(asked)
    assert readings.answer_bytes == 4 * len(readings.latencies_s)


def test_figures_of_reads_are_a_second_and_an_answer() -> None:
    readings = Readings([0.001, 0.002, 0.003, 0.010], answer_bytes=400)
    figures = describe_reads(readings, seconds=2, cpu_seconds=0.004)
    assert figures["requests_per_second"] == 2.0
    assert (figures["latency_ms_p50"], figures["latency_ms_max"]) == (2.0, 10.0)
    assert (figures["node_cpu_us"], figures["answer_bytes"]) == (1000.0, 100)


def test_a_subscriber_costs_what_the_first_node_uses_more_than_the_others() -> None:
    before, after = [1.0, 2.0, 3.0], [1.5, 2.1, 3.3]
    assert compute_subscriber_us(before, after, items=1_000) == 300.0
    assert compute_subscriber_us([1.0], [2.0], items=1_000) is None
    assert compute_subscriber_us(before, [1.5, None, 3.3], items=1_000) is None
    assert describe_reads(Readings([0.001]), seconds=1, cpu_seconds=None)["node_cpu_us"] is None


def test_a_block_that_a_subscriber_did_not_get_is_lost_and_an_early_one_is_not_late() -> None:
    final_at = {5: 10.0, 6: 11.0}
    first = Arrivals({5: 9.5, 6: 11.002, 7: 12.0}, messages=6)
    second = Arrivals({5: 10.004}, messages=2, is_cut_off=True)
    figures = describe_blocks(final_at, [first, second], seconds=2)
    assert (figures["lost"], figures["cut_off"], figures["blocks"]) == (1, 1, 2)
    assert (figures["delay_ms_p50"], figures["delay_ms_max"]) == (2.0, 4.0)
    assert (figures["messages"], figures["blocks_per_second"]) == (8, 1.0)


def answer_twice(number: int, wire: "Connection[Any, Any]") -> None:
    wire.send(number + wire.recv())
    wire.send(number * 2)


def say_nothing(_number: int, wire: "Connection[Any, Any]") -> None:
    wire.recv()


def test_a_process_beside_hears_and_is_heard() -> None:
    with run_beside(answer_twice, 20) as wire:
        wire.tell(1)
        assert (wire.hear(30), wire.hear(30)) == (21, 40)
        with pytest.raises(Unavailable, match="ended early"):
            wire.hear(30)


def test_a_process_that_says_nothing_is_an_error_and_does_not_outlive_the_block() -> None:
    begun = time.monotonic()
    with run_beside(say_nothing, 0) as wire, pytest.raises(Unavailable, match="said nothing"):
        wire.hear(0.01)
    assert time.monotonic() - begun < 30


@pytest.mark.thorough
@pytest.mark.e2e
def test_it_reads_a_node_and_every_subscriber_gets_every_block() -> None:
    options = ["--validators", "2", "--seconds", "1", "--subscribers", "20", "--rate", "4"]
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "api", *options, "--json"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert set(figures["reads"]) == {"status", "block", "transaction_proof", "account"}
    for read in figures["reads"].values():
        assert read["failed"] == 0
        assert read["requests_per_second"] > 0
        assert 0 < read["latency_ms_p50"] <= read["latency_ms_p95"] <= read["latency_ms_max"]
        assert read["answer_bytes"] > 100
    assert (figures["subscribers"], figures["lost"], figures["cut_off"]) == (20, 0, 0)
    assert figures["blocks"] > 0
    assert figures["messages"] >= 2 * 20 * figures["blocks"], "each block has an event"
    assert figures["delay_ms_p50"] <= figures["delay_ms_p95"] <= figures["delay_ms_max"]
    assert figures["state_roots_equal"] is True


@pytest.mark.parametrize("broken", [{"lost": 1}, {"cut_off": 1}, {"state_roots_equal": False}])
def test_a_lost_block_is_exit_code_1(
    broken: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {"reads": {}, "lost": 0, "cut_off": 0, "state_roots_equal": True}
    for expected, shown in ((0, figures), (1, figures | broken)):
        monkeypatch.setattr(commands, "measure_api", lambda _, shown=shown: shown)
        result = CliRunner().invoke(build_app(["bench"]), ["bench", "api", "--json"])
        assert result.exit_code == expected
