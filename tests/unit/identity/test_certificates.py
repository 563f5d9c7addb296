"""Pinned certificates: two nodes that know each other's key can talk, nobody else can."""

import ssl
from pathlib import Path

import pytest

from dure.core.errors import ConfigurationError
from dure.identity.certificates import (
    build_certificate,
    build_client_context,
    build_server_context,
    decode_certificate,
    get_certificate_key,
    save_tls_files,
)
from dure.identity.keys import SigningKey
from tests.unit.identity.authorities.spoiled import build_spoiled

ALICE, BOB, EVE = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))


def write(folder: Path, key: SigningKey, name: str) -> tuple[Path, Path]:
    certificate, secret = folder / f"{name}.crt", folder / f"{name}.key"
    save_tls_files(secret, certificate, key, name)
    return certificate, secret


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext) -> tuple[bytes, bytes]:
    """Run one handshake in memory; return the certificates that client and server saw."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = client.wrap_bio(down, up, server_hostname="anywhere")
    called = server.wrap_bio(up, down, server_side=True)
    for side in (caller, called, caller, called):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    called.write(b"x")
    assert caller.read(1) == b"x"
    assert caller.version() == "TLSv1.3"
    seen = caller.getpeercert(binary_form=True), called.getpeercert(binary_form=True)
    assert seen[0] is not None
    assert seen[1] is not None
    return seen[0], seen[1]


def test_a_certificate_is_a_function_of_key_and_name() -> None:
    assert build_certificate(ALICE, "alice") == build_certificate(ALICE, "alice")
    assert build_certificate(ALICE, "alice") != build_certificate(ALICE, "bob")
    der = decode_certificate(build_certificate(ALICE, "alice"))
    assert get_certificate_key(der) == ALICE.public


@pytest.mark.parametrize("flaw", ["version 2", "a key of no kind", "cut short"])
def test_a_certificate_without_a_key_that_can_be_read_is_refused(flaw: str) -> None:
    with pytest.raises(ConfigurationError):
        get_certificate_key(build_spoiled("bank")[flaw])


def test_members_prove_their_keys_to_each_other(tmp_path: Path) -> None:
    trusted = [build_certificate(ALICE, "alice"), build_certificate(BOB, "bob")]
    client = build_client_context(*write(tmp_path, ALICE, "alice"), trusted)
    server = build_server_context(*write(tmp_path, BOB, "bob"), trusted)
    server_seen, client_seen = shake_hands(client, server)
    assert get_certificate_key(server_seen) == BOB.public
    assert get_certificate_key(client_seen) == ALICE.public


def test_a_stranger_that_calls_is_refused(tmp_path: Path) -> None:
    members = [build_certificate(ALICE, "alice"), build_certificate(BOB, "bob")]
    client = build_client_context(*write(tmp_path, EVE, "alice"), members)
    server = build_server_context(*write(tmp_path, BOB, "bob"), members)
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate"):
        shake_hands(client, server)


def test_a_stranger_that_answers_is_refused(tmp_path: Path) -> None:
    members = [build_certificate(ALICE, "alice"), build_certificate(BOB, "bob")]
    client = build_client_context(*write(tmp_path, ALICE, "alice"), members)
    server = build_server_context(*write(tmp_path, EVE, "bob"), members)
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate"):
        shake_hands(client, server)


def test_older_protocols_are_refused(tmp_path: Path) -> None:
    members = [build_certificate(ALICE, "alice"), build_certificate(BOB, "bob")]
    client = build_client_context(*write(tmp_path, ALICE, "alice"), members)
    server = build_server_context(*write(tmp_path, BOB, "bob"), members)
    client.minimum_version = ssl.TLSVersion.TLSv1_2
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        shake_hands(client, server)


def test_a_tls_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    certificate, secret = write(tmp_path, ALICE, "alice")
    secret.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        build_server_context(certificate, secret, [])


def test_key_and_certificate_must_be_a_pair(tmp_path: Path) -> None:
    certificate, _ = write(tmp_path, ALICE, "alice")
    _, secret = write(tmp_path, BOB, "bob")
    with pytest.raises(ConfigurationError, match="not a pair"):
        build_client_context(certificate, secret, [])


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\n!\n", "x" * 9000])
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="certificate"):
        decode_certificate(text)


def test_other_bytes_and_other_key_types_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"X\.509"):
        get_certificate_key(b"\x30\x00")


@pytest.mark.parametrize("name", ["", "n" * 65])
def test_a_name_is_bounded(name: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 64"):
        build_certificate(ALICE, name)
