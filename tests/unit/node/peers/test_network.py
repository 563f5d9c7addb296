"""Real TLS on loopback: members reach each other; whoever breaks a rule is cut off alone."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from dure.core.codec import encode
from dure.core.errors import ConfigurationError, PeerViolation
from dure.core.types import ChainId, PublicKey
from dure.node.peers.directory import Peer
from dure.node.peers.hello import Hello, encode_hello
from dure.node.peers.network import PeerNetwork
from tests.unit.node.peers.town import CHAIN, LIMITS, Node, RawCaller, Town, run, wait_until


def test_four_nodes_find_each_other_and_hear_every_broadcast(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 4)
        await town.start()
        await town.wait_until_connected()
        for node in town.nodes:
            assert node.network is not None
            node.network.broadcast(node.peer.name.encode())
        await wait_until(lambda: all(len(node.received) == 3 for node in town.nodes))
        for node in town.nodes:
            others = [other for other in town.nodes if other is not node]
            assert dict(node.received) == {other.key: other.peer.name.encode() for other in others}
            assert [status.connections for status in node.network.status()] == [1, 1, 1]  # type: ignore[union-attr]  # it has started
        await town.stop()

    run(story)


def test_frames_of_all_sizes_arrive_whole_and_in_order(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        await town.start()
        await town.wait_until_connected()
        sizes = [1, 4, 200, 65_536, 262_143, 5_000_000, 32 * 1024 * 1024, 1, 70_000]
        frames = [bytes([i]) * size for i, size in enumerate(sizes)]
        for frame in frames:
            low.network.send(high.key, frame)  # type: ignore[union-attr]  # it has started
            high.network.send(low.key, frame[:1000])  # type: ignore[union-attr]  # it has started
        await wait_until(lambda: len(high.received) == len(low.received) == len(frames))
        assert [data for _, data in high.received] == frames
        assert [data for _, data in low.received] == [frame[:1000] for frame in frames]
        status = low.status(high)
        assert status.frames_sent == len(frames) + 1
        assert status.bytes_sent > sum(sizes)
        assert status.queued_bytes == 0
        assert status.problem is None
        await town.stop()

    run(story)


def test_what_is_sent_to_an_absent_or_unknown_peer_is_lost_in_silence(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        network = await low.start(town.peers)
        network.send(high.key, b"lost")
        network.send(PublicKey(bytes(32)), b"lost")
        network.disconnect(high.key, "not there")
        network.broadcast(b"lost")
        await wait_until(lambda: low.status(high).problem)
        assert "cannot be reached" in str(low.status(high).problem)
        await high.start(town.peers)
        await town.wait_until_connected()
        assert high.received == []
        await town.stop()

    run(story)


@pytest.mark.parametrize("impostor", [0, 1])
def test_a_node_with_another_certificate_stays_outside(tmp_path: Path, impostor: int) -> None:
    async def story() -> None:
        town = Town(tmp_path, 3)
        await town.start(*[node for node in town.nodes if node is not town.nodes[impostor]])
        eve = town.impersonate(town.nodes[impostor])
        await eve.start(town.peers)
        honest = [node for node in town.nodes if node is not town.nodes[impostor]]
        await wait_until(lambda: honest[0].sees(honest[1]))
        await wait_until(lambda: all(eve.status(node).problem for node in honest) or impostor)
        if impostor:
            await wait_until(lambda: honest[0].status(eve).problem)
        assert not any(node.sees(eve) or eve.sees(node) for node in honest)
        assert all(
            node.changes == [(other.key, True)]
            for node, other in zip(honest, honest[::-1], strict=True)
        )
        await eve.stop()
        await town.stop()

    run(story)


def test_a_member_that_answers_in_place_of_another_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 3)
        low, middle, high = town.nodes
        moved = [peer for peer in town.peers if peer.key != middle.key]
        wrong = msgspec.structs.replace(middle.peer, port=high.local.port)
        await high.start(town.peers)
        await low.start([*moved, wrong])
        await wait_until(lambda: low.sees(high) and low.status(middle).problem)
        assert low.status(middle).problem == "another peer answers at this address"
        assert not low.sees(middle)
        await town.stop()

    run(story)


def test_a_peer_on_another_chain_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        high.local = replace(high.local, chain_id=ChainId(b"d" * 32))
        await town.start()
        # Whoever reads first hangs up, and the other may see no more than that.
        problems: set[str] = set()
        while not any("is on chain" in problem for problem in problems):
            problems |= {str(low.status(high).problem), str(high.status(low).problem)}
            await asyncio.sleep(0.002)
        assert low.changes == high.changes == []
        await town.stop()

    run(story)


def test_a_peer_that_claims_another_validator_key_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 3)
        low, middle, high = town.nodes
        caller = await start_and_call(town)
        caller.send_frame(encode_hello(CHAIN, middle.key))
        await caller.read_until_closed()
        await wait_until(lambda: "certificate is another's" in str(high.status(low).problem))
        await caller.close()
        await town.stop()

    run(story)


async def start_and_call(town: Town) -> RawCaller:
    """Start the highest node alone and call it with the certificate of the lowest."""
    await town.nodes[-1].start(town.peers)
    return await RawCaller.call(town.nodes[0], town.nodes[-1])


GREETING = len(encode_hello(CHAIN, PublicKey(bytes(32))))


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (b"\0\0\0\3abc", "does not decode"),
        (b"\0\0\0\0", "1 to 256"),
        (b"\0\0\1\1", "1 to 256"),
        (b"GET / HTTP/1.1\r\n\r\n", "1 to 256"),
        (b"\xff" * 100_000, "1 to 256"),
    ],
)
def test_garbage_in_place_of_a_hello_bars_the_peer(
    tmp_path: Path, stream: bytes, problem: str
) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        caller = await start_and_call(town)
        caller.writer.write(stream)
        await caller.read_until_closed()
        await wait_until(lambda: problem in str(high.status(low).problem))
        assert 0 < high.status(low).seconds_barred <= LIMITS.barred_seconds
        assert high.received == []
        assert high.changes == []
        await caller.close()
        await town.stop()

    run(story)


def test_an_unknown_protocol_version_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        caller = await start_and_call(town)
        caller.send_frame(encode(Hello(99, CHAIN, low.key)))
        await caller.read_until_closed()
        await wait_until(lambda: "speaks version 99" in str(high.status(low).problem))
        await caller.close()
        await town.stop()

    run(story)


@pytest.mark.parametrize("stream", [b"\0\0\0\0", b"\x02\0\0\1", b"\xff\xff\xff\xff"])
def test_a_forbidden_frame_ends_an_open_connection(tmp_path: Path, stream: bytes) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        caller = await start_and_call(town)
        caller.send_frame(encode_hello(CHAIN, low.key))
        caller.send_frame(b"a good one")
        caller.writer.write(stream)
        await caller.read_until_closed()
        await wait_until(lambda: high.changes == [(low.key, True), (low.key, False)])
        assert high.received == [(low.key, b"a good one")]
        assert "1 to" in str(high.status(low).problem)
        await caller.close()
        await town.stop()

    run(story)


def test_a_silent_caller_is_given_up(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        high.limits = replace(LIMITS, handshake_seconds=0.2)
        caller = await start_and_call(town)
        await caller.read_until_closed()
        await wait_until(lambda: high.status(low).problem == "the peer sent no hello")
        await caller.close()
        await town.stop()

    run(story)


def test_a_caller_whose_part_is_to_listen_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        await low.start(town.peers)
        caller = await RawCaller.call(high, low)
        caller.send_frame(encode_hello(CHAIN, high.key))
        assert await caller.read_until_closed() == b""
        assert not low.sees(high)
        await caller.close()
        await town.stop()

    run(story)


def test_strangers_without_tls_cannot_keep_members_out(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        high.limits = replace(LIMITS, handshakes_max=3, handshake_seconds=0.2)
        await high.start(town.peers)
        strangers = [await asyncio.open_connection("127.0.0.1", high.local.port) for _ in range(8)]
        strangers[0][1].write(b"\x16\x03\x01garbage" * 100)
        await low.start(town.peers)
        await town.wait_until_connected()
        for reader, writer in strangers:
            with contextlib.suppress(ConnectionError):
                await reader.read(-1)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await town.stop()

    run(story)


def test_a_peer_that_does_not_read_is_dropped_and_nobody_waits(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        high.limits = replace(LIMITS, queue_bytes_max=4_000_000)
        caller = await start_and_call(town)
        caller.send_frame(encode_hello(CHAIN, low.key))
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it has started
        await wait_until(lambda: high.sees(low))
        largest = 0
        while high.sees(low):
            high.network.send(low.key, bytes(100_000))  # type: ignore[union-attr]  # it has started
            largest = max(largest, high.status(low).queued_bytes)
            await asyncio.sleep(0)
        assert largest <= 4_000_000
        assert "reads too slowly" in str(high.status(low).problem)
        assert high.status(low).seconds_barred == 0
        await caller.close()
        await low.start(town.peers)
        await town.wait_until_connected()
        await town.stop()

    run(story)


def test_a_node_that_comes_back_is_found_again(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 3)
        await town.start()
        await town.wait_until_connected()
        for node in town.nodes:
            await node.stop()
            others = [other for other in town.nodes if other is not node]
            await wait_until_unseen(node, others)
            await node.start(town.peers)
            await town.wait_until_connected()
        low, _, high = town.nodes
        low.network.send(high.key, b"again")  # type: ignore[union-attr]  # it has started
        await wait_until(lambda: (low.key, b"again") in high.received)
        await town.stop()

    run(story)


async def wait_until_unseen(node: Node, others: list[Node]) -> None:
    await wait_until(lambda: not any(other.sees(node) for other in others))


def test_a_newer_connection_replaces_the_older_one(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        older = await start_and_call(town)
        older.send_frame(encode_hello(CHAIN, low.key))
        await wait_until(lambda: high.sees(low))
        newer = await RawCaller.call(low, high)
        newer.send_frame(encode_hello(CHAIN, low.key))
        newer.send_frame(b"new")
        await older.read_until_closed()
        await wait_until(lambda: high.received == [(low.key, b"new")])
        assert high.sees(low)
        assert high.status(low).connections == 2
        assert high.status(low).problem is None
        await older.close()
        await newer.close()
        await town.stop()

    run(story)


@pytest.mark.parametrize("judge", [0, 1])
def test_a_disconnected_peer_may_come_back_after_a_pause(tmp_path: Path, judge: int) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        node, other = town.nodes[judge], town.nodes[1 - judge]
        await town.start()
        await town.wait_until_connected()
        loop = asyncio.get_running_loop()
        barred_at = loop.time()
        node.network.disconnect(other.key, "it lied")  # type: ignore[union-attr]  # it has started
        await wait_until(lambda: node.status(other).problem == "it lied")
        await wait_until(lambda: node.sees(other))
        assert loop.time() - barred_at >= LIMITS.barred_seconds
        assert node.changes == [(other.key, True), (other.key, False), (other.key, True)]
        await town.stop()

    run(story)


def test_a_violation_that_the_driver_finds_cuts_the_peer_off(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        delivered: list[bytes] = []

        def judge(_: PublicKey, data: bytes) -> None:
            delivered.append(data)
            if data == b"bad":
                raise PeerViolation("a message that no correct peer sends")

        network = PeerNetwork(high.local, town.peers, judge, limits=LIMITS)
        await network.start()
        await low.start(town.peers)
        await wait_until(lambda: low.sees(high))
        for data in (b"good", b"bad", b"never"):
            low.network.send(high.key, data)  # type: ignore[union-attr]  # it has started
        await wait_until(lambda: network.status()[0].problem)
        assert network.status()[0].problem == "a message that no correct peer sends"
        assert delivered == [b"good", b"bad"]
        await network.close()
        await town.stop()

    run(story)


def test_a_flood_leaves_time_for_others(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        high.limits = replace(LIMITS, received_frames_per_second=2000)
        await town.start()
        await town.wait_until_connected()
        started = asyncio.get_running_loop().time()
        for number in range(3000):
            low.network.send(high.key, b"%d" % number)  # type: ignore[union-attr]  # it has started
        turns = 0
        while len(high.received) < 3000:
            turns += 1
            await asyncio.sleep(0.001)
        assert turns > 10
        assert asyncio.get_running_loop().time() - started >= 0.45
        assert [data for _, data in high.received] == [b"%d" % number for number in range(3000)]
        await town.stop()

    run(story)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        low, high = town.nodes
        await low.start(town.peers)
        high.local = replace(high.local, port=low.local.port)
        with pytest.raises(ConfigurationError, match=f"127.0.0.1:{low.local.port}.*choose another"):
            await high.start(town.peers)
        await town.stop()

    run(story)


def test_a_network_can_be_closed_before_anybody_came(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 4)
        network = await town.nodes[0].start(town.peers)
        assert network.port == town.nodes[0].local.port
        await town.stop()

    run(story)


# A peers file that changes while the node runs


@pytest.mark.parametrize("place", [0, -1], ids=["it calls", "it is called"])
def test_a_node_that_joins_is_let_in_without_a_restart(tmp_path: Path, place: int) -> None:
    async def story() -> None:
        town = Town(tmp_path, 4)
        newcomer = town.nodes[place]
        others = [node for node in town.nodes if node is not newcomer]
        networks = [await node.start([each.peer for each in others]) for node in others]
        await newcomer.start(town.peers)
        await wait_until(lambda: all(a.sees(b) for a in others for b in others if a is not b))
        assert newcomer.changes == []
        for network in networks:
            network.change_peers(town.peers)
        await town.wait_until_connected()
        # Those who knew each other before did not have to meet again.
        assert all(a.status(b).connections == 1 for a in others for b in others if a is not b)
        await town.stop()

    run(story)


def test_a_node_that_left_the_file_is_cut_off_and_stays_outside(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 3)
        await town.start()
        await town.wait_until_connected()
        low, middle, high = town.nodes
        assert middle.network is not None
        middle.network.change_peers([low.peer, middle.peer])
        await wait_until(lambda: not high.sees(middle))
        assert (high.key, False) in middle.changes
        assert [status.key for status in middle.network.status()] == [low.key]
        await wait_until(lambda: high.status(middle).problem)
        middle.network.broadcast(b"for those who stayed")
        await wait_until(lambda: (middle.key, b"for those who stayed") in low.received)
        assert high.received == []
        middle.network.change_peers(town.peers)
        await town.wait_until_connected()
        await town.stop()

    run(story)


def test_a_file_that_cannot_be_used_changes_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        town = Town(tmp_path, 2)
        await town.start()
        await town.wait_until_connected()
        low, high = town.nodes
        assert low.network is not None
        broken = replace_certificate(high)
        with pytest.raises(ConfigurationError):
            low.network.change_peers([low.peer, broken])
        assert low.sees(high)
        assert low.status(high).connections == 1
        await town.stop()

    run(story)


def replace_certificate(node: Node) -> Peer:
    return msgspec.structs.replace(node.peer, certificate="no certificate")
