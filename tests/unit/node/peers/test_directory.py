"""The peers file gives back what was written, and names the entry that is wrong."""

from pathlib import Path

import pytest

from dure.core.errors import ConfigurationError
from dure.identity.certificates import build_certificate
from dure.identity.keys import SigningKey
from dure.node.peers.directory import Peer, build_peer, load_peers, write_peers


def make(number: int) -> Peer:
    tls = SigningKey(bytes([100 + number]) * 32)
    key = SigningKey(bytes([number]) * 32).public
    name = f"bank {number} 은행"
    certificate = build_certificate(tls, name)
    return build_peer(name, key, address=("127.0.0.1", 7400 + number), certificate=certificate)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_peers(tmp_path / "peers.toml", [make(1), make(2)])
    return tmp_path / "peers.toml"


def test_what_is_written_is_read_back(path: Path) -> None:
    assert load_peers(path) == (make(1), make(2))
    assert make(1).tls_key == SigningKey(bytes([101]) * 32).public


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("port = 7401", "port = 0", "not a list of peers"),
        ("port = 7401", "port = 7401\nextra = 1", "not a list of peers"),
        ("127.0.0.1", "a b", "not a list of peers"),
        ("-----BEGIN", "-----BEGUN", "wrong entry 'bank 1 은행'"),
        ("[[peer]]", "[[peer", "not TOML"),
        (make(2).key.hex(), make(1).key.hex(), "same validator key"),
        (make(2).certificate, make(1).certificate, "same certificate key"),
        ("bank 2", "bank 1", "same name"),
        ("port = 7402", "port = 7401", "same address"),
        (make(1).key.hex(), "00" * 32, "wrong entry 'bank 1 은행'.*small order"),
    ],
)
def test_a_wrong_file_is_explained(path: Path, old: str, new: str, words: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError, match=f"{path}.*{words}"):
        load_peers(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_peers(tmp_path / "absent")
