"""Proofs of contradictions are kept, bounded, and can be read by whoever has the folder."""

import json
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dure.cli.main import build_app
from dure.consensus.pbft.messages import Ballot, Step, Vote, compute_ballot_message
from dure.consensus.pbft.votes import encode_evidence
from dure.core.types import BlockId, ChainId, Height, PublicKey, Round
from dure.identity.keys import SigningKey
from dure.node.durable.storage import RocksDisk
from dure.node.durable.store import Store
from tests.unit.chain.ledger import Ledger
from tests.unit.node.durable.two_stores import Town

LIAR = SigningKey(sha256(b"liar").digest())
APP = build_app(["node"])


def contradict(chain_id: ChainId, *, height: int = 3) -> bytes:
    votes = []
    for block in (b"a", b"b"):
        ballot = Ballot(
            step=Step.PREPARE,
            height=Height(height),
            round=Round(2),
            block_id=BlockId(block * 32),
            prepared_round=None,
        )
        signature = LIAR.sign(compute_ballot_message(chain_id, ballot))
        votes.append(Vote(ballot, LIAR.public, signature))
    return encode_evidence(*votes)


def test_evidence_outlives_the_node(tmp_path: Path) -> None:
    disk = RocksDisk(tmp_path)
    disk.keep_evidence(Height(3), LIAR.public, b"proof")
    disk.keep_evidence(Height(3), LIAR.public, b"the same again")
    disk.keep_evidence(Height(2), PublicKey(bytes(32)), b"another")
    disk.close()
    disk = RocksDisk(tmp_path)
    assert list(disk.load_evidence()) == [
        (2, bytes(32), b"another"),
        (3, LIAR.public, b"proof"),
    ]
    disk.close()


def test_no_liar_can_fill_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.node.durable.storage.EVIDENCE_MAX", 2)
    disk = RocksDisk(tmp_path)
    for height in range(4):
        disk.keep_evidence(Height(height), LIAR.public, b"proof")
    assert [height for height, _, _ in disk.load_evidence()] == [0, 1]
    disk.close()


def ask(folder: Path, *options: str) -> str:
    result = CliRunner().invoke(APP, ["node", "evidence", str(folder), *options])
    assert result.exit_code == 0, result.exception
    return result.output


def test_an_operator_reads_who_it_was_and_that_it_is_proved(tmp_path: Path) -> None:
    town = Town(tmp_path)
    folder, disk = town.folders["left"], town.disks["left"]
    assert ask(folder) == "no validator was caught contradicting itself here\n"
    disk.keep_evidence(Height(3), LIAR.public, contradict(Ledger().executor.chain_id))
    stranger = PublicKey(bytes(32))
    foreign = contradict(ChainId(bytes(32)), height=4)
    disk.keep_evidence(Height(4), stranger, foreign)
    told = json.loads(ask(folder, "--json"))
    good, bad = told["evidence"]
    assert (good["validator"], good["height"], good["round"]) == (LIAR.public.hex(), 3, 2)
    assert (good["step"], good["proved"]) == ("prepare", True)
    assert (good["first"], good["second"]) == ((b"a" * 32).hex(), (b"b" * 32).hex())
    assert not bad["proved"]
    assert LIAR.public.hex()[:8] in ask(folder)
    with pytest.raises(StopIteration):
        next(Store.open_for_reading(town.folders["right"]).load_evidence())
