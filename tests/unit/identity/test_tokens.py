"""Keys in a hardware token: they sign as the chain wants, and whatever is wrong has its name."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pkcs11
import pytest

from dure.core.errors import ConfigurationError
from dure.core.signatures import verify
from dure.core.types import PublicKey
from dure.identity.keys import (
    change_passphrase,
    find_token,
    generate_key,
    is_sealed,
    load_key,
    load_public_key,
    open_key,
    save_token_key,
)
from dure.identity.token_driver import TokenReader, _translated
from dure.identity.tokens import (
    Pin,
    PinRefused,
    TokenFailed,
    TokenKeyNotFound,
    TokenLibraryUnusable,
    TokenNotFound,
    TokenPlace,
    TokenUnfit,
    open_reader,
)
from tests.unit.identity.soft_tokens import PIN, SoftTokens, open_drawer

RIGHT = Pin(PIN, is_typed=True)
WRONG = Pin("000000", is_typed=True)
UNATTENDED = Pin(PIN, is_typed=False)


@pytest.fixture
def drawer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftTokens]:
    yield from open_drawer(tmp_path, monkeypatch)


@pytest.fixture
def reader(drawer: SoftTokens) -> TokenReader:
    drawer.add("bank")
    return TokenReader(drawer.library)


def test_the_network_accepts_what_a_token_signs(reader: TokenReader) -> None:
    _, key = reader.create_key("bank", RIGHT)
    assert verify(key.public, b"a payment", key.sign(b"a payment"))
    assert key.sign(b"a payment") == key.sign(b"a payment")
    assert not verify(key.public, b"another", key.sign(b"a payment"))


def test_the_secret_cannot_be_read_out_of_the_token(
    reader: TokenReader, drawer: SoftTokens
) -> None:
    place, _ = reader.create_key("bank", RIGHT)
    token = pkcs11.lib(str(drawer.library)).get_token(token_label="bank")
    session = token.open()
    private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=place.key_id)
    assert private[pkcs11.Attribute.EXTRACTABLE] is False
    with pytest.raises(pkcs11.PKCS11Error):
        private[pkcs11.Attribute.VALUE]


def test_a_key_file_that_names_a_token_signs_and_holds_no_secret(
    reader: TokenReader, drawer: SoftTokens, tmp_path: Path
) -> None:
    place, made = reader.create_key("bank", RIGHT)
    path = tmp_path / "bank.json"
    save_token_key(path, made.public, place)
    assert is_sealed(path)
    assert find_token(path) == place
    assert load_public_key(path) == made.public
    key = open_key(path, UNATTENDED, drawer.library)
    assert verify(key.public, b"x", key.sign(b"x"))
    assert set(json.loads(path.read_text())["secret"]) == {"kind", "token", "serial", "key_id"}
    for refused in (lambda: load_key(path), lambda: change_passphrase(path, None, "x" * 20)):
        with pytest.raises(ConfigurationError, match="only names a token"):
            refused()


def test_a_key_that_lies_in_the_token_already_is_found(reader: TokenReader) -> None:
    place, made = reader.create_key("bank", RIGHT)
    found, key = reader.find_key("bank", place.key_id, RIGHT)
    assert (found, key.public) == (place, made.public)


def test_a_wrong_pin_is_refused_and_not_tried_again_by_a_service(reader: TokenReader) -> None:
    with pytest.raises(PinRefused, match="is wrong") as refused:
        reader.create_key("bank", WRONG)
    assert refused.value.facts == {"token": "bank", "locked": False}
    assert WRONG.text not in str(refused.value)
    assert [each.is_pin_low for each in reader.list_tokens() if each.label == "bank"] == [True]
    with pytest.raises(PinRefused, match="type it by hand"):
        reader.create_key("bank", UNATTENDED)
    reader.create_key("bank", RIGHT)


def test_a_locked_token_is_named(reader: TokenReader) -> None:
    # SoftHSM never locks itself, so this is what a library says that does.
    with pytest.raises(PinRefused, match="locked") as refused, _translated("bank"):
        raise pkcs11.PinLocked
    assert refused.value.facts["locked"] is True


def test_a_token_that_is_not_there_is_named(reader: TokenReader) -> None:
    with pytest.raises(TokenNotFound, match="no token 'port'"):
        reader.create_key("port", RIGHT)


def test_of_two_tokens_with_one_label_the_serial_says_which(
    reader: TokenReader, drawer: SoftTokens
) -> None:
    place, made = reader.create_key("bank", RIGHT)
    drawer.add("bank")
    again = TokenReader(drawer.library)
    with pytest.raises(TokenNotFound, match="more than one"):
        again.create_key("bank", RIGHT)
    assert again.open_key(place, made.public, RIGHT).public == made.public


def test_a_key_that_is_gone_or_another_is_refused(reader: TokenReader) -> None:
    place, made = reader.create_key("bank", RIGHT)
    gone = TokenPlace(place.token, place.serial, b"\1")
    with pytest.raises(TokenKeyNotFound, match="no such key"):
        reader.open_key(gone, made.public, RIGHT)
    with pytest.raises(TokenKeyNotFound, match="another key"):
        reader.open_key(place, PublicKey(generate_key().public), RIGHT)


def test_a_token_that_is_taken_out_while_it_signs_is_named(
    reader: TokenReader, drawer: SoftTokens
) -> None:
    _, key = reader.create_key("bank", RIGHT)
    drawer.remove()
    with pytest.raises((TokenFailed, TokenKeyNotFound)):
        key.sign(b"x")


def test_a_token_without_the_curve_is_named() -> None:
    with pytest.raises(TokenUnfit, match="Ed25519"), _translated("old"):
        raise pkcs11.MechanismInvalid


def test_the_library_is_named_whole_and_guarded(tmp_path: Path) -> None:
    with pytest.raises(TokenLibraryUnusable, match="DURE_PKCS11_MODULE"):
        open_reader(None)
    with pytest.raises(TokenLibraryUnusable, match="cannot be read"):
        open_reader(tmp_path / "absent.so")
    garbage = tmp_path / "garbage.so"
    garbage.write_bytes(b"no library")
    garbage.chmod(0o644)
    with pytest.raises(TokenLibraryUnusable, match="cannot be loaded"):
        open_reader(garbage)
    garbage.chmod(0o666)
    with pytest.raises(TokenLibraryUnusable, match="written by others"):
        open_reader(garbage)


def test_without_the_extra_the_way_to_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "dure.identity.token_driver", None)
    with pytest.raises(TokenLibraryUnusable, match=r"dure\[pkcs11\]"):
        open_reader(tmp_path / "any.so")


def test_a_pin_is_not_shown() -> None:
    assert PIN not in repr(RIGHT)
