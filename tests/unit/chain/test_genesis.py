"""The document that a chain begins with, and the state that it stands for."""

import pytest

from dure.chain import state
from dure.chain.executor import Executor
from dure.chain.genesis.document import (
    Allocation,
    Asset,
    EngineKind,
    Genesis,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
    compute_chain_id,
    decode_genesis_file,
    encode_genesis_file,
    validate_genesis,
)
from dure.chain.money import validate_conservation
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import KeyPolicy, ThresholdPolicy
from dure.core.errors import InvalidGenesis
from dure.core.types import INT_MAX, Amount, Instant, PublicKey
from dure.core.validators import Validator, ValidatorSet, build_validator_set
from tests.unit.chain.ledger import (
    ALICE,
    AUTHORITY,
    BANK,
    BOB,
    CLOCK,
    FUNDS,
    WON,
    Ledger,
    build_document,
    change,
    derive_key,
    policy_of,
)
from tests.unit.chain.machine import ScriptMachine

SMALL_ORDER = PublicKey(bytes([1]) + bytes(31))
V1 = Validator(derive_key("v1").public, "bank")
V2 = Validator(derive_key("v2").public, "bank")
BANK_MEMBER = Organisation("bank", policy_of("bank"), None)


def test_a_genesis_file_is_read_as_it_was_written() -> None:
    document = build_document()
    assert decode_genesis_file(encode_genesis_file(document)) == document


def test_what_is_no_canonical_genesis_file_is_refused() -> None:
    data = encode_genesis_file(build_document())
    for spoiled in (data[:-1], data + b"\0", b"", b"\xc1"):
        with pytest.raises(InvalidGenesis):
            decode_genesis_file(spoiled)


def test_a_number_in_a_longer_form_is_refused() -> None:
    data = encode_genesis_file(build_document())
    # [[1, …], …]: the version as a 16-bit integer reads as the same value.
    assert data[2] == 1
    with pytest.raises(InvalidGenesis, match="canonical"):
        decode_genesis_file(data[:2] + b"\xcd\x00\x01" + data[3:])


def test_a_file_beyond_the_bound_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode_genesis_file(build_document())
    monkeypatch.setattr("dure.chain.genesis.document.GENESIS_BYTES_MAX", len(data) - 1)
    with pytest.raises(InvalidGenesis, match="at most"):
        decode_genesis_file(data)


def with_allocations(*allocations: Allocation) -> GenesisDocument:
    document = build_document(allocations_hash=compute_allocations_hash(allocations))
    return GenesisDocument(document.genesis, allocations, (), None)


BROKEN = {
    "version": build_document(version=2),
    "allocations hash": build_document(allocations_hash=bytes(32)),
    "clock on a real chain": build_document(test=False),
    "offset on a real chain": build_document(test=False, story_clock=None, offset=1),
    "negative time": build_document(time=Instant(5), offset=-6),
    "far away": build_document(time=Instant(2**50 + 1)),
    "parameters": build_document(change(DEFAULT_PARAMETERS, quota_period=0)),
    "no validator": build_document(validators=ValidatorSet(())),
    "unsorted validators": build_document(
        validators=ValidatorSet(tuple(reversed(build_validator_set([V1, V2]).members)))
    ),
    "validator of nobody": build_document(
        validators=build_validator_set([change(V1, organisation="nobody")])
    ),
    "unsound validator": build_document(
        validators=build_validator_set([change(V1, key=SMALL_ORDER)])
    ),
    "solo of two": build_document(engine=EngineKind.SOLO),
    "organisation twice": build_document(
        organisations=(BANK_MEMBER, change(BANK_MEMBER, policy=policy_of("x")))
    ),
    "account twice": build_document(organisations=(BANK_MEMBER, change(BANK_MEMBER, name="port"))),
    "unsound organisation": build_document(
        organisations=(
            change(BANK_MEMBER, policy=KeyPolicy(SMALL_ORDER)),
            Organisation("port", policy_of("port"), None),
        )
    ),
    "unmeetable authority": build_document(authority=ThresholdPolicy(2, (V1.key,))),
    "asset twice": build_document(assets=(Asset("KRW", 0, AUTHORITY), Asset("KRW", 2, AUTHORITY))),
    "asset code": build_document(assets=(Asset("K W", 0, AUTHORITY),)),
    "stranger's allocation": with_allocations(Allocation(ALICE, "nobody", ())),
    "too many balances": with_allocations(Allocation(ALICE, "bank", (Amount(1), Amount(1)))),
    "allocation twice": with_allocations(
        Allocation(ALICE, "bank", ()), Allocation(ALICE, "port", ())
    ),
    "allocation to a member": with_allocations(Allocation(BANK, "bank", ())),
    "supply": with_allocations(
        Allocation(ALICE, "bank", (Amount(INT_MAX),)), Allocation(BOB, "bank", (Amount(1),))
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_document_that_breaks_a_rule_is_refused(name: str) -> None:
    with pytest.raises(InvalidGenesis):
        validate_genesis(BROKEN[name])


def test_a_real_chain_has_neither_clock_nor_offset() -> None:
    validate_genesis(build_document(test=False, story_clock=None))


@pytest.mark.parametrize("name", Genesis.__struct_fields__)
def test_every_field_is_in_the_chains_id(name: str) -> None:
    genesis = build_document().genesis
    other = {
        "version": 2,
        "name": "other",
        "kind": "public",
        "engine": "solo",
        "test": False,
        "story_clock": None,
        "parameters": change(DEFAULT_PARAMETERS, open_deployment=True),
        "validators": build_validator_set([V1]),
        "organisations": (BANK_MEMBER,),
        "authority": policy_of("x"),
        "assets": (),
        "allocations_hash": bytes(32),
    }.get(name, 7)
    assert compute_chain_id(change(genesis, **{name: other})) != compute_chain_id(genesis)


def test_the_state_holds_what_the_document_says() -> None:
    ledger = Ledger()
    view = ledger.executor.view()
    assert ledger.balance(ALICE) == ledger.balance(BOB) == FUNDS
    assert view.require(state.AssetRecord, state.key_asset(WON)).supply == 2 * FUNDS
    validate_conservation({}, ledger.executor.copy_state())
    for address, organisation in (
        (ALICE, "bank"),
        (BOB, "port"),
        (AUTHORITY, "bank"),
        (CLOCK, "bank"),
    ):
        account = view.require(state.Account, state.key_account(address))
        assert account == state.Account(None, organisation)
    assert view.get(state.key_organisation("bank")) == BANK
    assert ledger.executor.head.header.height == 0


def test_missing_balances_are_none() -> None:
    document = with_allocations(
        Allocation(ALICE, "bank", (Amount(0),)), Allocation(BOB, "port", ())
    )
    executor = Executor(document, ScriptMachine())
    assert not [key for key in executor.copy_state() if key[:1] == b"b"]
    plain = build_document(story_clock=None)
    assert state.key_account(CLOCK) not in Executor(plain, ScriptMachine()).copy_state()
