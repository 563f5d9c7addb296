"""`auto` takes the cores that no node of the host needs, and no others."""

import os
import sys
from pathlib import Path

import pytest

from dure.core.types import PublicKey
from dure.node.peers.directory import Peer
from dure.node.verification.choice import (
    AUTO_MAX,
    choose_count,
    compute_share,
    count_cores,
    read_quota,
)


def build_peers(*hosts: str) -> list[Peer]:
    return [
        Peer(
            f"peer {n}", PublicKey(bytes([n]) * 32), host, 7400 + n, "", PublicKey(bytes(32)), None
        )
        for n, host in enumerate(hosts)
    ]


@pytest.mark.parametrize(
    ("cores", "nodes", "workers"),
    [
        (1, 1, 0),
        (2, 1, 1),
        (3, 1, 2),
        (64, 1, AUTO_MAX),
        (2, 4, 0),
        (4, 4, 0),
        (7, 4, 0),
        (8, 4, 1),
        (64, 4, AUTO_MAX),
    ],
)
def test_each_node_has_its_share_of_the_cores_that_are_left(
    cores: int, nodes: int, workers: int
) -> None:
    assert compute_share(cores, nodes) == workers


def test_nodes_at_the_same_host_share_its_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.node.verification.choice.count_cores", lambda: 3)
    alone = build_peers("10.0.0.1", "10.0.0.2", "10.0.0.3")
    together = build_peers("127.0.0.1", "127.0.0.1", "10.0.0.3")
    assert choose_count("auto", alone, alone[0].key) == 2
    assert choose_count("auto", together, together[0].key) == 0
    assert choose_count("auto", together, together[2].key) == 2
    assert choose_count("auto", (), together[0].key) == 2, "a node that no file names is alone"


def test_a_number_is_what_the_operator_says() -> None:
    peers = build_peers("127.0.0.1", "127.0.0.1", "127.0.0.1")
    assert choose_count(0, (), peers[0].key) == 0
    assert choose_count(7, peers, peers[0].key) == 7


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("150000 100000\n", 1),
        ("400000 100000\n", 4),
        ("50000 100000\n", 0),
        ("max 100000\n", sys.maxsize),
        ("nonsense", sys.maxsize),
    ],
)
def test_a_container_has_as_many_cores_as_it_is_given(
    tmp_path: Path, text: str, cores: int
) -> None:
    file = tmp_path / "cpu.max"
    assert read_quota(file) == sys.maxsize, "no file, no bound"
    file.write_text(text)
    assert read_quota(file) == cores


def test_the_cores_are_those_that_this_process_may_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cpu.max"
    monkeypatch.setattr("dure.node.verification.choice.QUOTA_FILE", file)
    whole = count_cores()
    assert 1 <= whole <= (os.cpu_count() or 1)
    file.write_text("100000 100000\n")
    assert count_cores() == (1 if sys.platform == "linux" else whole)
