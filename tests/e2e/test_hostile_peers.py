"""One member turns against the others with its own keys: they refuse it, stay up and go on.

The traitor's own node is stopped meanwhile, so each block here needs all three others: whoever of
them was disturbed would be missed.
"""

import os
import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from dure.consensus.pbft.messages import Ballots, Step
from dure.core.certificate import Certificate
from dure.core.codec import encode
from dure.core.types import INT_MAX, BlockId, ChainId, Hash, Height, Round
from dure.identity.certificates import save_tls_files
from dure.identity.keys import generate_key
from dure.node.messages import (
    BareMessage,
    Blocks,
    CertifiedBlock,
    EngineMessage,
    GetBlocks,
    GetEnvelopes,
    Gossip,
    Status,
)
from dure.node.peers.hello import PROTOCOL_VERSION, Hello, encode_hello
from dure.sdk import LocalAccount
from tests.e2e.hostile import list_bad, sign
from tests.e2e.impostor import Impostor, Line, forge_signature, wrap
from tests.e2e.processes import Town, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

VIOLATIONS = {"malformed_transaction", "wrong_signature", "wrong_chain"}
"""Refusals that show the peer itself to be at fault: it must have refused them first."""


@pytest.fixture(scope="module")
def traitor(town: Town) -> Iterator[Impostor]:
    """The member whose part it is to call all others; its own node does not run."""
    name = min(town.names, key=town.get_validator)
    town.stop(name)
    yield Impostor(town, name)
    # Barred nodes come back by themselves: the honest node catches up.
    town.start(name)
    town.wait_height(name, max(map(town.get_height, town.names)))
    town.wait_level()


@pytest.fixture(scope="module")
def victims(town: Town, traitor: Impostor) -> tuple[str, ...]:
    return tuple(name for name in town.names if name != traitor.name)


@pytest.fixture(autouse=True)
def all_three_still_work(town: Town, victims: tuple[str, ...]) -> Iterator[None]:
    yield
    processes = [town.nodes[name] for name in victims]
    assert all(process.is_running() for process in processes), town.tell_logs()
    height = enrol_somebody(town, victims[0])
    for name in victims:
        town.wait_height(name, height)
        assert town.get_health(name) == httpx.codes.OK, town.get_status(name)
    town.wait_level(victims)


def enrol_somebody(town: Town, name: str) -> int:
    """Return the height of a block made through one node."""
    with town.connect(name) as client:
        stranger = LocalAccount(generate_key())
        return int(client.enrol([stranger.address], by=town.get_account(name)).height)


def test_every_frame_that_no_peer_sends_ends_its_connection(
    town: Town, traitor: Impostor, victims: tuple[str, ...]
) -> None:
    vote = traitor.vote(Step.PREPARE, 10_000, 0, BlockId(bytes(32)))
    other = town.get_validator(victims[0])
    frames = {
        "garbage": framed(os.urandom(100)),
        "no length": bytes(4),
        "oversized": (33 * 1024 * 1024).to_bytes(4, "big") + bytes(1000),
        "an unknown message": framed(b"\x92\xa7gossip-2\x90"),
        "too many envelopes": framed(encode(("gossip-1", (b"x",) * 257))),
        "no engine message": framed(encode(EngineMessage(data=os.urandom(200)))),
        "wrong signature": framed(encode(wrap(forge_signature(vote)))),
        "in another's name": framed(encode(wrap(forge_signature(vote, other)))),
        "names without a block": framed(encode(BareMessage(wrap(Ballots(vote)).data, bytes(32)))),
        "no name": framed(encode(("bare-1", wrap(Ballots(vote)).data, b""))),
        "a place twice": framed(encode(GetEnvelopes(Hash(bytes(32)), (1, 1)))),
        "a too large answer": framed(encode(("blocks-1", 1, ((),) * 65))),
    }
    for index, (what, data) in enumerate(frames.items()):
        with traitor.greet(victims[index % 3]) as line:
            line.send_raw(data)
            line.wait_closed()
            assert town.get_health(victims[index % 3]) == httpx.codes.OK, what


def build_status(height: int) -> Status:
    return Status(Height(height), BlockId(bytes(32)), oldest=Height(0), mute=False)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def test_bad_transactions_are_not_taken_from_a_peer_either(
    town: Town, traitor: Impostor, victims: tuple[str, ...]
) -> None:
    replayed = sign(town, town.get_account(victims[0]))
    send_final(town, victims[0], replayed)
    bad = [each for each in list_bad(town, replayed) if len(each.envelope) <= 1024 * 1024]
    harmless = [each for each in bad if each.code not in VIOLATIONS]
    with traitor.greet(victims[0]) as line:
        for each in harmless:
            line.say(Gossip(envelopes=(each.envelope,)))
        assert line.ask_blocks(1, 1), "it is still let in after what may happen to anybody"
        assert town.get_status(victims[0])["waiting"] == 0
    worst = {code: next(each for each in bad if each.code == code) for code in sorted(VIOLATIONS)}
    for name, each in zip(victims, worst.values(), strict=True):
        with traitor.greet(name) as line:
            line.say(Gossip(envelopes=(each.envelope,)))
            line.wait_closed()


def send_final(town: Town, name: str, envelope: bytes) -> None:
    answer = httpx.post(
        f"{town.get_url(name)}/v1/transactions?wait=final",
        content=envelope,
        headers={"content-type": "application/octet-stream"},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text


def test_well_signed_lies_change_nothing(
    town: Town, traitor: Impostor, victims: tuple[str, ...]
) -> None:
    height, root = town.wait_level(victims)
    lines: list[Line] = []
    try:
        for seed, name in enumerate(victims):
            line = traitor.greet(name)
            lines.append(line)
            head = line.ask_blocks(height, 1)[0]
            for lie in traitor.list_signed_lies(head, seed):
                line.say(lie)
        assert town.wait_level(victims) == (height, root)
        after = enrol_somebody(town, victims[1])
        assert after == height + 1
        for name in victims:
            town.wait_height(name, after)
    finally:
        for line in lines:
            line.close()


def test_a_claimed_height_makes_nobody_sick(
    town: Town, traitor: Impostor, victims: tuple[str, ...]
) -> None:
    # Whichever test comes first: there must be a block to ask for.
    enrol_somebody(town, victims[2])
    with traitor.greet(victims[2]) as line:
        for _ in range(3):
            line.say(build_status(INT_MAX))
            assert line.ask_blocks(1, 1)
            assert town.get_health(victims[2]) == httpx.codes.OK
        nonsense = CertifiedBlock(line.ask_blocks(1, 1)[0].block, Certificate(Round(0), ()))
        for start in (0, 1, INT_MAX):
            line.say(Blocks(start=start, items=(nonsense,) * 3))
        assert line.ask_blocks(INT_MAX - 1, 64) == ()
        enrol_somebody(town, victims[2])


def test_a_flood_slows_nobody_down_for_long(
    town: Town, traitor: Impostor, victims: tuple[str, ...]
) -> None:
    stranger = LocalAccount(generate_key())
    useless = Gossip(envelopes=tuple(sign(town, stranger) for _ in range(64)))
    status = encode(build_status(0))
    question = encode(GetBlocks(start=Height(1), count=64))
    with traitor.greet(victims[0]) as first, traitor.greet(victims[1]) as second:
        for _ in range(10):
            first.say(useless)
        first.send_raw(framed(status) * 50_000)
        second.send_raw(framed(question) * 1_000)
        enrol_somebody(town, victims[2])
        enrol_somebody(town, victims[0])


def test_a_wrong_hello_ends_its_connection(
    town: Town, traitor: Impostor, victims: tuple[str, ...]
) -> None:
    other_chain = ChainId(os.urandom(32))
    version = PROTOCOL_VERSION + 1
    said = {
        "another chain": encode_hello(other_chain, traitor.key.public),
        "another validator": encode_hello(town.chain_id, town.get_validator(victims[0])),
        "another version": encode(Hello(version, town.chain_id, traitor.key.public)),
        "garbage": os.urandom(64),
    }
    for index, hello in enumerate(said.values()):
        with traitor.call(victims[index % 3]) as line:
            line.send(hello)
            assert line.read_frame() is None


def test_without_a_member_s_certificate_nobody_is_let_in(
    town: Town, traitor: Impostor, victims: tuple[str, ...], tmp_path: object
) -> None:
    peer = traitor.get_peer(victims[0])
    for context in (anonymous(), self_made(town)):
        with socket.create_connection((peer.host, peer.port), timeout=10) as plain:
            assert not is_let_in(context, plain, town)
    with socket.create_connection((peer.host, peer.port), timeout=10) as plain:
        plain.sendall(framed(encode_hello(town.chain_id, traitor.key.public)) + os.urandom(1000))
        wait_until(lambda: is_closed(plain), "plain bytes are hung up on")


def anonymous() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def self_made(town: Town) -> ssl.SSLContext:
    """Return the context of somebody who calls itself a member, with a certificate of its own."""
    folder = town.folder.parent
    save_tls_files(folder / "own.key", folder / "own.pem", generate_key(), town.names[0])
    context = anonymous()
    context.load_cert_chain(folder / "own.pem", folder / "own.key")
    return context


def is_let_in(context: ssl.SSLContext, plain: socket.socket, town: Town) -> bool:
    """Say whether the node answers a hello; with TLS 1.3 a refusal comes after the handshake."""
    try:
        with context.wrap_socket(plain) as connection:
            connection.sendall(framed(encode_hello(town.chain_id, town.get_validator("bank"))))
            return bool(connection.recv(100))
    except OSError:
        return False


def is_closed(plain: socket.socket) -> bool:
    try:
        return not plain.recv(4096)
    except ConnectionError:
        return True
