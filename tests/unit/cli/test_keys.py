"""`dure key`: sealing, changing a passphrase, and keys in a token, as a person types them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dure.cli.key import app
from dure.cli.unlocking import PASSPHRASE_FILE_VARIABLE, unlock
from dure.core.errors import ConfigurationError
from dure.core.signatures import verify
from dure.identity import keys
from dure.identity.keys import WeakPassphrase, generate_key, load_key, save_key
from dure.identity.tokens import PinRefused, TokenNotFound
from tests.unit.identity.soft_tokens import PIN, SoftTokens, open_drawer

OLD = "correct horse battery"
NEW = "두레 마당에 모두 모여라 함께"


@pytest.fixture(autouse=True)
def cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "SCRYPT_COST", 16)


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftTokens]:
    yield from open_drawer(tmp_path, monkeypatch)


def run(*arguments: object, typed: str = "") -> dict[str, Any]:
    done = CliRunner().invoke(app, [*map(str, arguments), "--json"], input=typed)
    if done.exception is not None:
        raise done.exception
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def test_a_clear_key_is_sealed_and_its_passphrase_changed(tmp_path: Path) -> None:
    file, key = tmp_path / "alice.json", generate_key()
    save_key(file, key)
    assert run("encrypt", file, typed=f"{OLD}\n{OLD}\n")["sealed"] is True
    assert load_key(file, OLD).public == key.public
    run("change-passphrase", file, typed=f"{OLD}\n{NEW}\n{NEW}\n")
    assert load_key(file, NEW).public == key.public
    with pytest.raises(ConfigurationError, match="passphrase is wrong"):
        load_key(file, OLD)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_wrong_old_passphrase_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "alice.json"
    save_key(file, generate_key(), OLD)
    before = file.read_bytes()
    with pytest.raises(ConfigurationError, match="passphrase is wrong"):
        run("change-passphrase", file, typed=f"wrong\n{NEW}\n{NEW}\n")
    assert file.read_bytes() == before


@pytest.mark.parametrize("weak", ["1234", "elevenchars", "aaaaaaaaaaaaaaaa"])
def test_a_passphrase_that_is_guessed_soon_is_refused(tmp_path: Path, weak: str) -> None:
    file = tmp_path / "alice.json"
    with pytest.raises(WeakPassphrase, match="at least 12"):
        run("new", file, "--passphrase", typed=f"{weak}\n{weak}\n")
    assert not file.exists()


def test_each_command_says_when_the_other_is_meant(tmp_path: Path) -> None:
    clear, sealed = tmp_path / "clear.json", tmp_path / "sealed.json"
    save_key(clear, generate_key())
    save_key(sealed, generate_key(), OLD)
    with pytest.raises(ConfigurationError, match="dure key encrypt"):
        run("change-passphrase", clear)
    with pytest.raises(ConfigurationError, match="dure key change-passphrase"):
        run("encrypt", sealed)


def test_a_service_finds_the_passphrase_in_a_file_that_only_it_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, key = tmp_path / "alice.json", generate_key()
    save_key(file, key, NEW)
    secret = tmp_path / "passphrase"
    secret.write_text(f"{NEW}\n")
    secret.chmod(0o600)
    monkeypatch.setenv(PASSPHRASE_FILE_VARIABLE, str(secret))
    assert unlock(file).public == key.public
    secret.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        unlock(file)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 5000])
def test_a_passphrase_file_without_a_passphrase_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    file, secret = tmp_path / "alice.json", tmp_path / "passphrase"
    save_key(file, generate_key(), OLD)
    secret.touch(mode=0o600)
    secret.write_bytes(content)
    monkeypatch.setenv(PASSPHRASE_FILE_VARIABLE, str(secret))
    with pytest.raises(ConfigurationError, match="passphrase"):
        unlock(file)


def test_a_key_made_in_a_token_signs_by_its_file(drawer: SoftTokens, tmp_path: Path) -> None:
    drawer.add("bank")
    file = tmp_path / "bank.json"
    made = run("new", file, "--token", "bank", typed=f"{PIN}\n")
    assert (made["sealed"], made["token"]) == (True, "bank")
    assert run("show", file) == made
    again = tmp_path / "again.json"
    found = run("new", again, "--token", "bank", "--key-id", made["key_id"], typed=f"{PIN}\n")
    assert found["public_key"] == made["public_key"]


def test_a_service_finds_the_pin_in_a_file(
    drawer: SoftTokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawer.add("bank")
    monkeypatch.setenv(PASSPHRASE_FILE_VARIABLE, str(drawer.write_pin()))
    file = tmp_path / "bank.json"
    run("new", file, "--token", "bank")
    key = unlock(file)
    assert verify(key.public, b"x", key.sign(b"x"))


def test_a_key_in_a_token_has_no_passphrase(drawer: SoftTokens, tmp_path: Path) -> None:
    drawer.add("bank")
    file = tmp_path / "bank.json"
    with pytest.raises(ConfigurationError, match="leave --passphrase out"):
        run("new", file, "--token", "bank", "--passphrase")
    run("new", file, "--token", "bank", typed=f"{PIN}\n")
    for command in ("encrypt", "change-passphrase"):
        with pytest.raises(ConfigurationError, match="lies in a token"):
            run(command, file)


def test_nothing_is_written_where_the_token_refuses(drawer: SoftTokens, tmp_path: Path) -> None:
    drawer.add("bank")
    file = tmp_path / "bank.json"
    with pytest.raises(PinRefused):
        run("new", file, "--token", "bank", typed="000000\n")
    with pytest.raises(TokenNotFound):
        run("new", file, "--token", "port", typed=f"{PIN}\n")
    with pytest.raises(ConfigurationError, match="hexadecimal"):
        run("new", file, "--token", "bank", "--key-id", "xyz")
    with pytest.raises(ConfigurationError, match="say which with --token"):
        run("new", file, "--key-id", "00")
    assert not file.exists()


def test_tokens_are_listed_without_a_pin(drawer: SoftTokens) -> None:
    drawer.add("bank")
    bank = next(each for each in run("tokens")["tokens"] if each["label"] == "bank")
    assert (bank["ed25519"], bank["pin"]) == (True, "ready")
