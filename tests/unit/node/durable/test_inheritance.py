"""What a chain with a predecessor begins with is read from three files and believed from none."""

from pathlib import Path

import msgspec
import pytest

from dure.chain.genesis.document import encode_genesis_file
from dure.core.errors import ConfigurationError, DureError, InvalidGenesis, InvalidProof
from dure.node.durable.inheritance import load_inherited
from dure.proof.succession import encode_evidence
from tests.unit.proof.chains import KEYS, Chain, build_document, seal
from tests.unit.proof.successions import Ended, endorse


@pytest.fixture
def ended() -> Ended:
    return Ended()


@pytest.fixture
def genesis_file(ended: Ended, tmp_path: Path) -> Path:
    path = tmp_path / "genesis.dure"
    path.write_bytes(encode_genesis_file(endorse(ended.draft())))
    (tmp_path / "genesis.predecessor.json").write_bytes(encode_evidence(ended.evidence))
    (tmp_path / "genesis.state").write_bytes(ended.state_file)
    return path


def test_the_old_state_is_read(ended: Ended, genesis_file: Path) -> None:
    assert load_inherited(genesis_file, ended.draft().genesis) == ended.items


def test_an_ordinary_chain_inherits_nothing(genesis_file: Path) -> None:
    assert load_inherited(genesis_file, Chain().document.genesis) is None


@pytest.mark.parametrize("name", ["genesis.state", "genesis.predecessor.json"])
def test_a_file_that_is_not_there_is_named(ended: Ended, genesis_file: Path, name: str) -> None:
    (genesis_file.parent / name).unlink()
    with pytest.raises(ConfigurationError, match=name):
        load_inherited(genesis_file, ended.draft().genesis)


def test_the_state_of_another_height_is_refused(ended: Ended, genesis_file: Path) -> None:
    genesis = ended.draft().genesis
    ended.chain.add(ended.chain.transfers(1))
    (genesis_file.parent / "genesis.state").write_bytes(ended.state_file)
    with pytest.raises(InvalidGenesis, match="chunk 0 of the state file does not belong there"):
        load_inherited(genesis_file, genesis)


def test_evidence_of_another_chain_or_with_fewer_seals_is_refused(
    ended: Ended, genesis_file: Path
) -> None:
    file = genesis_file.parent / "genesis.predecessor.json"
    other = Ended(Chain(build_document("another chain")))
    few = msgspec.structs.replace(ended.evidence, certificate=seal(ended.evidence.header, KEYS[:2]))
    for evidence, broken in ((other.evidence, "predecessor"), (few, "certificate")):
        file.write_bytes(encode_evidence(evidence))
        with pytest.raises(InvalidProof) as refused:
            load_inherited(genesis_file, ended.draft().genesis)
        assert refused.value.facts["check"] == broken


@pytest.mark.parametrize("name", ["genesis.state", "genesis.predecessor.json"])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999])
def test_one_flipped_byte_is_noticed(
    ended: Ended, genesis_file: Path, name: str, place: float
) -> None:
    path = genesis_file.parent / name
    spoiled = bytearray(path.read_bytes())
    spoiled[int(place * len(spoiled))] ^= 1
    path.write_bytes(spoiled)
    with pytest.raises(DureError):
        load_inherited(genesis_file, ended.draft().genesis)
