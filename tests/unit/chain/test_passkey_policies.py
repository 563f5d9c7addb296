"""Accounts whose keys are passkeys: opened, paid for, judged by every validator alike."""

import pytest

from dure.chain import system
from dure.chain.admission import TransactionCache
from dure.chain.transaction import (
    GAS_PER_ASSERTION,
    GAS_PER_SIGNATURE,
    Envelope,
    PasskeyPolicy,
    Policy,
    PolicyProof,
    ThresholdPolicy,
    compute_address,
    compute_transaction_id,
    decode_transaction,
    sort_keys,
    validate_policy,
)
from dure.core.codec import decode, encode
from dure.core.errors import (
    DureError,
    InvalidBlock,
    InvalidEncoding,
    InvalidTransaction,
    MalformedTransaction,
    WrongAssertion,
    WrongKey,
    WrongPolicy,
    WrongSignature,
)
from dure.core.types import Address, PasskeyKey, Signature
from dure.proof import json_form
from tests.unit.chain.ledger import (
    BOB,
    CAROL,
    FUNDS,
    Ledger,
    change,
    copy_of,
    derive_key,
    forge,
    ledger_call,
    policy_of,
    prove,
    transfer,
)
from tests.unit.chain.passkeys import assert_by, passkey_of, prove_by
from tests.unit.core.soft_authenticator import SoftAuthenticator

PHONE, LAPTOP = SoftAuthenticator(secret=7), SoftAuthenticator(secret=8)
PASSKEY = passkey_of(PHONE)
MIXED = ThresholdPolicy(
    2,
    sort_keys([PASSKEY, passkey_of(LAPTOP), derive_key("card").public, derive_key("safe").public]),
)


def found(policy: Policy) -> tuple[Ledger, Address]:
    """Return a ledger on which an account of that policy has money and an organisation."""
    ledger, account = Ledger(), compute_address(policy)
    ledger.run("alice", transfer(account, 500))
    enrol = ledger_call("enrol", system.EnrolArguments((account,)))
    assert ledger.status("bank", enrol) == "ok"
    return ledger, account


def pay(ledger: Ledger, account: Address, amount: int = 1) -> bytes:
    return encode(change(ledger.build_body("alice", transfer(BOB, amount)), sender=account))


def refuse(envelope: bytes) -> type[DureError]:
    (answer,) = TransactionCache().open_many([envelope])
    assert isinstance(answer, InvalidTransaction)
    return type(answer)


def test_a_passkey_pays_and_its_proof_has_its_price() -> None:
    ledger, account = found(PASSKEY)
    body = pay(ledger, account, 100)
    envelope = encode(Envelope(body, (prove_by(body, PASSKEY, PHONE),)))
    assert decode_transaction(envelope).proof_gas == GAS_PER_ASSERTION + len(envelope) + 200
    ledger.commit(envelope)
    assert ledger.balance(BOB) == FUNDS + 100
    assert ledger.balance(account) == 400


def test_keys_and_passkeys_act_together() -> None:
    ledger, account = found(MIXED)
    for devices, labels in (((PHONE,), ("safe",)), ((PHONE, LAPTOP), ()), ((), ("card", "safe"))):
        body = pay(ledger, account)
        proof = prove_by(body, MIXED, *devices, labels=labels)
        envelope = encode(Envelope(body, (proof,)))
        gas = GAS_PER_ASSERTION * len(devices) + GAS_PER_SIGNATURE * len(labels)
        assert decode_transaction(envelope).proof_gas == gas + len(envelope) + 200
        ledger.commit(envelope)
    assert ledger.balance(BOB) == FUNDS + 3


def test_an_account_rotates_from_a_key_to_a_passkey_and_back() -> None:
    ledger = Ledger()
    rotate = ledger_call("set_policy", system.SetPolicyArguments(PASSKEY))
    assert ledger.status("alice", rotate) == "ok"
    (old,) = ledger.open(ledger.sign("alice", transfer(BOB, 1)))
    with pytest.raises(WrongPolicy):
        ledger.executor.check(old, ledger.time)
    back = ledger_call("set_policy", system.SetPolicyArguments(policy_of("alice")))
    body = encode(ledger.build_body("alice", back))
    ledger.commit(encode(Envelope(body, (prove_by(body, PASSKEY, PHONE),))))
    assert ledger.status("alice", transfer(BOB, 1)) == "ok"


def test_an_assertion_for_one_transaction_is_none_for_another() -> None:
    ledger, account = found(PASSKEY)
    first, second = pay(ledger, account), pay(ledger, account, 400)
    proof = prove_by(first, PASSKEY, PHONE)
    assert refuse(encode(Envelope(second, (proof,)))) is WrongAssertion


def test_an_assertion_of_one_device_is_none_of_another() -> None:
    ledger, account = found(PASSKEY)
    body = pay(ledger, account)
    stolen = PolicyProof(PASSKEY, (assert_by(LAPTOP, compute_transaction_id(body)),))
    assert refuse(encode(Envelope(body, (stolen,)))) is WrongSignature


def test_a_passkey_acts_for_no_account_but_its_own() -> None:
    ledger, _ = found(PASSKEY)
    body = encode(ledger.build_body("alice", transfer(CAROL, 1)))
    (posing,) = ledger.open(encode(Envelope(body, (prove_by(body, PASSKEY, PHONE),))))
    with pytest.raises(WrongPolicy):
        ledger.executor.check(posing, ledger.time)


def test_other_origins_are_another_policy_and_another_account() -> None:
    wider = change(PASSKEY, origins=("https://bank.example", "https://evil.example"))
    assert compute_address(wider) != compute_address(PASSKEY)
    ledger, account = found(PASSKEY)
    body = pay(ledger, account)
    evil = SoftAuthenticator(secret=PHONE.secret, origin="https://evil.example")
    proof = PolicyProof(wider, (assert_by(evil, compute_transaction_id(body)),))
    (posing,) = ledger.open(encode(Envelope(body, (proof,))))
    with pytest.raises(WrongPolicy):
        ledger.executor.check(posing, ledger.time)


def test_a_key_gives_a_signature_and_a_passkey_an_assertion() -> None:
    ledger, account = found(PASSKEY)
    body = pay(ledger, account)
    message = compute_transaction_id(body)
    signature, assertion = derive_key("alice").sign(message), assert_by(PHONE, message)
    for proof in (
        PolicyProof(PASSKEY, (signature,)),
        PolicyProof(policy_of("alice"), (assertion,)),
        PolicyProof(PASSKEY, (None,)),
    ):
        assert refuse(encode(Envelope(body, (proof,)))) is MalformedTransaction


@pytest.mark.parametrize(
    "fields",
    [
        {"rp_id": ""},
        {"rp_id": "Bank.example"},
        {"rp_id": "bank.example\n"},
        {"rp_id": "x" * 254},
        {"origins": ()},
        {"origins": ("https://bank.example\n",)},
        {"origins": ('https://x","crossOrigin":false}',)},
        {"origins": ("https://b\\u0061nk.example",)},
        {"origins": ("https://은행.example",)},
        {"origins": ("x" * 256,)},
        {"origins": tuple(f"https://{n}.example" for n in range(9))},
        {"key": PASSKEY.key[:32]},
    ],
    ids=str,
)
def test_a_passkey_that_breaks_a_bound_is_no_policy(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidEncoding):
        decode(PasskeyPolicy, encode(change(PASSKEY, **fields)))


def test_origins_and_keys_are_sorted_and_distinct_also_in_a_proof() -> None:
    ledger, account = found(PASSKEY)
    body = pay(ledger, account)
    message = compute_transaction_id(body)
    for origins in (("b", "a"), ("a", "a")):
        policy = change(PASSKEY, origins=origins)
        with pytest.raises(MalformedTransaction):
            validate_policy(policy)
        proof = PolicyProof(policy, (assert_by(PHONE, message),))
        assert refuse(encode(Envelope(body, (proof,)))) is MalformedTransaction
    for keys in (MIXED.keys[::-1], (*MIXED.keys, MIXED.keys[-1])):
        with pytest.raises(MalformedTransaction):
            validate_policy(ThresholdPolicy(1, keys))


def test_a_passkey_off_the_curve_is_never_registered() -> None:
    off = change(PASSKEY, key=PasskeyKey(b"\2" + bytes(31) + b"\1"))
    for policy in (off, ThresholdPolicy(1, (off,))):
        with pytest.raises(WrongKey):
            validate_policy(policy)
        call = ledger_call("set_policy", system.SetPolicyArguments(policy))
        assert Ledger().status("alice", call) == "bad_policy"


def test_the_order_of_keys_alone_is_that_of_their_bytes() -> None:
    keys = [derive_key(str(number)).public for number in range(9)]
    assert sort_keys(keys) == tuple(sorted(keys))


def test_what_a_proof_says_is_read_back_as_it_was_written() -> None:
    proof = prove_by(b"body", MIXED, PHONE, labels=("safe",))
    assert decode(PolicyProof, encode(proof)) == proof
    plain = prove(b"body", policy_of("alice"), "alice")
    assert encode(plain)[-66:-64] == b"\xc4\x40"
    assert isinstance(plain.signatures[0], bytes)
    assert len(Signature(plain.signatures[0])) == 64


def test_every_validator_judges_a_passkey_alike_and_refuses_a_block_with_a_forged_one() -> None:
    ledger = Ledger()
    other = copy_of(ledger)
    rotate = ledger_call("set_policy", system.SetPolicyArguments(PASSKEY))
    first = ledger.commit(ledger.sign("alice", rotate)).candidate.block
    other.commit(other.judge(first).position.block_id)
    body = encode(ledger.build_body("alice", transfer(BOB, 1)))
    good = encode(Envelope(body, (prove_by(body, PASSKEY, PHONE),)))
    stolen = PolicyProof(PASSKEY, (assert_by(LAPTOP, compute_transaction_id(body)),))
    block = ledger.build(good).block
    with pytest.raises(InvalidBlock, match="does not fit"):
        other.judge(forge(block, encode(Envelope(body, (stolen,)))))
    assert other.judge(block).position.header == block.header


def test_a_proof_file_carries_a_passkeys_proof_as_it_was_signed() -> None:
    proof = prove_by(b"body", MIXED, PHONE, labels=("safe",))
    form = json_form.render(PolicyProof, proof)
    assert json_form.parse(PolicyProof, form) == proof
