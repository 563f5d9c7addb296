"""Key files: what is written is what is read, and everything else is refused in words."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.core.errors import ConfigurationError
from dure.core.signatures import verify
from dure.identity import keys
from dure.identity.keys import SigningKey, generate_key, load_key, load_public_key, save_key

SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")


@pytest.fixture(autouse=True)
def cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "SCRYPT_COST", 16)


def edit(path: Path, **changes: object) -> None:
    document = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(document))


def test_signs_as_rfc_8032_says() -> None:
    key = SigningKey(SEED)
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


@settings(deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_the_network_accepts_every_signature_made_here(seed: bytes, message: bytes) -> None:
    key = SigningKey(seed)
    assert verify(key.public, message, key.sign(message))
    assert not verify(key.public, message + b"!", key.sign(message))


@pytest.mark.parametrize("passphrase", [None, "두레 한 마당"])
def test_a_key_file_gives_the_key_back(tmp_path: Path, passphrase: str | None) -> None:
    path, key = tmp_path / "key.json", generate_key()
    save_key(path, key, passphrase)
    assert load_key(path, passphrase).public == key.public
    assert load_key(path, passphrase).sign(b"x") == key.sign(b"x")
    assert load_public_key(path) == key.public
    assert keys.is_sealed(path) is (passphrase is not None)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key.json"]


def test_a_sealed_file_does_not_hold_the_seed(tmp_path: Path) -> None:
    save_key(tmp_path / "clear", SigningKey(SEED))
    save_key(tmp_path / "sealed", SigningKey(SEED), "secret")
    assert SEED.hex() in (tmp_path / "clear").read_text()
    assert SEED.hex() not in (tmp_path / "sealed").read_text()


def test_a_key_does_not_show_its_seed() -> None:
    assert SEED.hex() not in repr(SigningKey(SEED))
    assert SEED.hex() not in str(SigningKey(SEED))


def test_two_new_keys_differ() -> None:
    assert generate_key().public != generate_key().public


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text("mine")
    with pytest.raises(ConfigurationError, match="exists already"):
        save_key(path, generate_key())
    assert path.read_text() == "mine"
    assert [file.name for file in tmp_path.iterdir()] == ["key.json"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot write .*absent"):
        save_key(tmp_path / "absent" / "key.json", generate_key())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*absent"):
        load_key(tmp_path / "absent")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.json"
    save_key(path, generate_key())
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_key(path)


def test_a_wrong_passphrase_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    save_key(path, generate_key(), "right")
    with pytest.raises(ConfigurationError, match="passphrase is wrong"):
        load_key(path, "wrong")
    with pytest.raises(ConfigurationError, match="give its passphrase"):
        load_key(path)


@pytest.mark.parametrize("passphrase", [None, "right"])
def test_the_public_key_cannot_be_exchanged(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "key.json"
    save_key(path, generate_key(), passphrase)
    edit(path, public_key=generate_key().public.hex())
    with pytest.raises(ConfigurationError, match="damaged"):
        load_key(path, passphrase)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": "other"}, "no key file"),
        ({"version": 2}, "version that this program does not read"),
        ({"public_key": "00"}, "damaged"),
        ({"secret": {"kind": "clear", "seed": "zz"}}, "damaged"),
        ({"secret": {"kind": "unknown"}}, "damaged"),
        ({"extra": 1}, "damaged"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    path = tmp_path / "key.json"
    save_key(path, generate_key())
    edit(path, **changes)
    with pytest.raises(ConfigurationError, match=words):
        load_key(path)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[" * 4000, b" " * 5000, b"[]", b"null"])
def test_what_is_no_key_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match=r"no key file|more than"):
        load_key(path)


@pytest.mark.parametrize("cost", [2**19, 3])
def test_a_file_cannot_ask_for_unbounded_work(tmp_path: Path, cost: int) -> None:
    path = tmp_path / "key.json"
    save_key(path, generate_key(), "x")
    edit(path, secret=json.loads(path.read_text())["secret"] | {"cost": cost})
    with pytest.raises(ConfigurationError, match="damaged"):
        load_key(path, "x")
