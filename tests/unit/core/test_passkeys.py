"""Assertions are judged by bytes: the known answers, and everything that forgers try."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.codec import decode, encode
from dure.core.errors import DureError, InvalidEncoding, WrongAssertion, WrongKey
from dure.core.passkeys import p256
from dure.core.passkeys.assertion import (
    CLIENT_DATA_MAX,
    PasskeyAssertion,
    compute_signed_digest,
    validate_assertion,
)
from dure.core.signatures import SignedItem, verify_many
from dure.core.types import PasskeyKey, PublicKey, Signature
from tests.unit.core.soft_authenticator import ORDER, Assertion, SoftAuthenticator
from tests.unit.core.vectors import load_vectors

VECTORS = load_vectors("passkeys")
CHALLENGE = bytes(range(32))
DEVICE = SoftAuthenticator()
ORIGINS = ("https://bank.example", "https://pay.bank.example")
FORGERIES = 10_000


def on_wire(made: Assertion) -> PasskeyAssertion:
    return PasskeyAssertion(
        made.authenticator_data, made.client_data_json, Signature(made.signature)
    )


def counts(
    given: PasskeyAssertion, challenge: bytes = CHALLENGE, *, device: SoftAuthenticator = DEVICE
) -> bool:
    """Say whether a validator would count it for the device's passkey."""
    try:
        decode(PasskeyAssertion, encode(given))
        validate_assertion(given, challenge, rp_id="bank.example", origins=ORIGINS)
    except (WrongAssertion, InvalidEncoding):
        return False
    digest = compute_signed_digest(given)
    return verify_many([(PasskeyKey(device.public), digest, given.signature)]) == [True]


# Known answers


def read_case(case: dict[str, Any]) -> tuple[PasskeyAssertion, PasskeyKey]:
    parts = ("authenticator_data", "client_data_json", "signature", "key")
    authenticator_data, client_data, signature, key = (bytes.fromhex(case[p]) for p in parts)
    made = PasskeyAssertion(authenticator_data, client_data, Signature(signature))
    return made, PasskeyKey(key)


def judge(case: dict[str, Any]) -> bool:
    made, key = read_case(case)
    try:
        decode(PasskeyAssertion, encode(made))
        validate_assertion(
            made,
            bytes.fromhex(case["challenge"]),
            rp_id=case["rp_id"],
            origins=tuple(case["origins"]),
        )
        p256.validate_key(key)
    except DureError:
        return False
    return verify_many([(key, compute_signed_digest(made), made.signature)]) == [True]


@pytest.mark.parametrize("case", VECTORS["accepted"], ids=lambda case: case["why"])
def test_known_assertions_count(case: dict[str, Any]) -> None:
    assert judge(case)


@pytest.mark.parametrize("case", VECTORS["refused"], ids=lambda case: case["why"])
def test_known_mistakes_do_not_count(case: dict[str, Any]) -> None:
    assert not judge(case)


@pytest.mark.parametrize("case", VECTORS["signatures"], ids=lambda case: case["why"])
def test_known_signatures(case: dict[str, Any]) -> None:
    key, digest, signature = (bytes.fromhex(case[n]) for n in ("key", "digest", "signature"))
    assert p256.verify(key, digest, signature) is case["valid"]


@pytest.mark.parametrize("case", VECTORS["keys"], ids=lambda case: case["why"])
def test_known_keys(case: dict[str, Any]) -> None:
    key = bytes.fromhex(case["key"])
    if case["usable"]:
        p256.validate_key(key)
    else:
        with pytest.raises(WrongKey):
            p256.validate_key(key)


# What a device returns


def test_what_a_device_signs_counts_whatever_its_counter_says() -> None:
    for _ in range(3):
        assert counts(on_wire(DEVICE.get(CHALLENGE)))


def test_every_page_of_the_passkey_counts_and_no_other() -> None:
    assert counts(on_wire(SoftAuthenticator(origin=ORIGINS[1]).get(CHALLENGE)))
    for origin in ("https://bank.example.evil", "https://bank.exampl", "http://bank.example", ""):
        assert not counts(on_wire(SoftAuthenticator(origin=origin).get(CHALLENGE)))


def test_what_a_browser_adds_at_the_end_does_not_matter() -> None:
    device = SoftAuthenticator(more={"other_keys_can_be_added_here": "do not compare"})
    assert counts(on_wire(device.get(CHALLENGE)))
    assert counts(on_wire(SoftAuthenticator(extensions=b"\xa0").get(CHALLENGE)))


@pytest.mark.parametrize(
    "lie",
    [
        {"type": "webauthn.create"},
        {"cross_origin": True},
        {"rp_id": "bank.example.evil"},
        {"flags": 0x01},
        {"flags": 0x04},
        {"flags": 0x45},
        {"flags": 0x85},
        {"flags": 0x15},
        {"secret": 8},
        {"more": {"x": "y" * CLIENT_DATA_MAX}},
        {"extensions": bytes(300)},
    ],
    ids=str,
)
def test_a_device_that_says_something_else_does_not_count(lie: dict[str, Any]) -> None:
    assert not counts(on_wire(SoftAuthenticator(**lie).get(CHALLENGE)))


def test_the_high_s_is_the_same_signature_in_a_form_that_does_not_count() -> None:
    made = DEVICE.get(CHALLENGE)
    r, s = made.signature[:32], int.from_bytes(made.signature[32:], "big")
    high = r + (ORDER - s).to_bytes(32, "big")
    assert not counts(on_wire(Assertion(made.authenticator_data, made.client_data_json, high)))
    assert p256.lower_s(high) == made.signature == p256.lower_s(made.signature)


def test_the_length_of_a_key_says_which_curve_is_meant() -> None:
    made = on_wire(DEVICE.get(CHALLENGE))
    digest = compute_signed_digest(made)
    whole, cut = PasskeyKey(DEVICE.public), PublicKey(DEVICE.public[1:])
    items: list[SignedItem] = [
        (whole, digest, made.signature),
        (cut, digest, made.signature),
    ]
    assert verify_many(items) == [True, False]
    assert not p256.verify(whole, digest[:31], made.signature)
    assert not p256.verify(whole, digest, made.signature[:63])


# Forgers

Forgery = Callable[[random.Random, Assertion, Assertion], Assertion]


def flip(lots: random.Random, data: bytes) -> bytes:
    """Change one bit."""
    place = lots.randrange(8 * len(data))
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def forge_with_own_key(lots: random.Random, made: Assertion, _: Assertion) -> Assertion:
    thief = SoftAuthenticator(secret=lots.randrange(8, ORDER))
    return thief.sign(made.authenticator_data, made.client_data_json)


FORGERIES_KNOWN: dict[str, Forgery] = {
    "replayed": lambda _, __, old: old,
    "old signature": lambda _, made, old: Assertion(
        made.authenticator_data, made.client_data_json, old.signature
    ),
    "old page, new device": lambda _, made, old: Assertion(
        made.authenticator_data, old.client_data_json, made.signature
    ),
    "own key": forge_with_own_key,
    "authenticator data": lambda lots, made, _: Assertion(
        flip(lots, made.authenticator_data), made.client_data_json, made.signature
    ),
    "client data": lambda lots, made, _: Assertion(
        made.authenticator_data, flip(lots, made.client_data_json), made.signature
    ),
    "signature": lambda lots, made, _: Assertion(
        made.authenticator_data, made.client_data_json, flip(lots, made.signature)
    ),
    "any signature": lambda lots, made, _: Assertion(
        made.authenticator_data, made.client_data_json, lots.randbytes(64)
    ),
    "longer": lambda lots, made, _: Assertion(
        made.authenticator_data, made.client_data_json + lots.randbytes(1), made.signature
    ),
}


def test_ten_thousand_forged_and_replayed_assertions_are_refused() -> None:
    lots = random.Random(6)
    kinds = list(FORGERIES_KNOWN.values())
    passed = []
    for _ in range(FORGERIES // 100):
        challenge, before = lots.randbytes(32), lots.randbytes(32)
        made, old = DEVICE.get(challenge), DEVICE.get(before)
        assert counts(on_wire(made), challenge)
        for number in range(100):
            forged = kinds[number % len(kinds)](lots, made, old)
            if counts(on_wire(forged), challenge):
                passed.append((number, forged))
    assert passed == []


@given(st.binary(max_size=CLIENT_DATA_MAX), st.binary(min_size=37, max_size=256))
def test_no_bytes_do_more_than_be_refused(client_data: bytes, authenticator_data: bytes) -> None:
    made = PasskeyAssertion(authenticator_data, client_data or b"{", Signature(bytes(64)))
    assert not counts(made)


@given(st.text(max_size=40))
def test_no_origin_smuggles_a_member_into_the_client_data(origin: str) -> None:
    device = SoftAuthenticator(origin=origin)
    made = device.get(CHALLENGE)
    assert counts(on_wire(made)) is (origin in ORIGINS)
