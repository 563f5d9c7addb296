"""A chain goes on from another's last final state, and its genesis says so in full."""

import dataclasses

import msgspec
import pytest

from dure.chain import membership, state
from dure.chain.execution import waiting
from dure.chain.execution.delegation import Budget, Permission, SessionKey, save_sessions
from dure.chain.executor import Executor
from dure.chain.genesis.document import (
    Asset,
    Genesis,
    GenesisDocument,
    compute_chain_id,
    decode_draft,
    decode_genesis_file,
    encode_genesis_file,
    validate_genesis,
)
from dure.chain.genesis.governance import GovernancePlan
from dure.chain.genesis.predecessor import (
    Endorsement,
    begin_endorsement,
    compute_endorsement_message,
    sign_endorsement,
)
from dure.chain.genesis.succession import (
    CARRIED_KINDS,
    CARRIED_VALUES,
    CHANGED_VALUES,
    REMOVED_KINDS,
    REMOVED_VALUES,
    build_succession_state,
    compute_changes,
    draft_authority,
)
from dure.chain.money import LEDGER
from dure.chain.system import (
    TAKE_OVER_GAS,
    Guarded,
    SetPolicyArguments,
    Takeover,
    key_guarded,
)
from dure.chain.transaction import (
    PolicyProof,
    ThresholdPolicy,
    Transaction,
    compute_address,
    get_keys,
)
from dure.core.codec import encode
from dure.core.errors import InvalidGenesis, WrongChain
from dure.core.types import (
    NO_HASH,
    Address,
    Amount,
    BlockId,
    Gas,
    Hash,
    Height,
    Instant,
    Milliseconds,
    Unsigned,
)
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey
from tests.unit.proof.chains import (
    ALICE,
    BOB,
    KEYS,
    MEMBERS,
    START,
    WON,
    Chain,
    SleepyMachine,
    call,
    policy_of,
    sign,
)
from tests.unit.proof.successions import LOST, Ended, endorse, get_before, key_of

NEW_KEY = SigningKey(b"n" * 32)


def address_of_authority(genesis: Genesis) -> Address:
    """Return the account that the members share on these chains."""
    assert not isinstance(genesis.authority, GovernancePlan)
    return compute_address(genesis.authority)


def change(genesis: Genesis, **fields: object) -> GenesisDocument:
    """Return a draft with other fields of genesis or predecessor."""
    own = {name: value for name, value in fields.items() if name in Genesis.__struct_fields__}
    rest = {name: value for name, value in fields.items() if name not in own}
    before = msgspec.structs.replace(get_before(genesis), **rest)
    changed = msgspec.structs.replace(genesis, **({"predecessor": before} | own))
    return GenesisDocument(changed, (), (), None)


# What carries over


def test_all_but_the_stated_changes_stays_byte_for_byte() -> None:
    ended = Ended()
    old, new = ended.items, ended.begin().copy_state()
    authority = state.key_account(address_of_authority(ended.chain.document.genesis))
    different = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    assert different == {
        state.ORGANISATIONS,
        state.VALIDATORS,
        authority,
        state.key_organisation("airline"),
        state.key_organisation("supervisor"),
        membership.key_former("airline"),
        membership.key_former("supervisor"),
    }
    assert {key[:1] for key in new} >= {b"a", b"b", b"c", b"h", b"m", b"o", b"q", b"s", b"t", b"u"}


def test_the_state_shows_who_decides_now() -> None:
    ended = Ended()
    view = ended.begin().view()
    genesis = ended.draft().genesis
    before = get_before(genesis)
    account = view.require(state.Account, state.key_account(address_of_authority(genesis)))
    assert account == state.Account(before.authority, "bank")
    assert before.authority == ThresholdPolicy(
        2, tuple(sorted(key_of(name).public for name in ("bank", "insurer")))
    )
    assert view.get(state.key_organisation("bank")) is not None
    assert view.get(state.key_organisation("airline")) is None


def test_heights_and_time_go_on() -> None:
    ended = Ended()
    header, new = ended.last.block.header, ended.begin()
    first = new.head.header
    assert (first.height, first.time) == (header.height + 1, header.time + 1)
    assert first.previous == BlockId(NO_HASH)
    assert first.chain_id == compute_chain_id(ended.draft().genesis) != header.chain_id
    assert new.ledger_time == ended.chain.executor.ledger_time + 1


def test_a_waiting_call_runs_on_the_new_chain() -> None:
    new = Ended().begin()
    due = new.next_due()
    assert due is not None
    candidate = new.propose(
        new.head.block_id, time=Instant(due), proposer=KEYS[1].public, transactions=()
    )
    assert candidate is not None
    assert [record.receipt.status for record in candidate.records] == ["ok"]


def test_money_moves_on_and_old_transactions_do_not() -> None:
    ended = Ended()
    unsent = ended.chain.transfers(5)
    new = Chain(document=endorse(ended.draft()))
    new.executor = ended.begin()
    new.keys = [KEYS[1], KEYS[2]]
    (opened,) = new.executor.transactions.open_many([unsent])
    assert isinstance(opened, Transaction)
    with pytest.raises(WrongChain):
        new.executor.check(opened, new.executor.head.header.time)
    final = new.add(new.transfers(13))
    assert final.block.header.height == ended.last.block.header.height + 2
    assert new.executor.view().load(Amount, state.key_balance(WON, BOB)) == 20


def test_the_history_of_validators_begins_anew() -> None:
    ended = Ended()
    old = ended.items | {
        state.HANDOVERS: encode((Height(2),)),
        state.key_validators(Height(3)): b"",
        state.VALIDATORS_NEXT: b"",
    }
    genesis = ended.draft().genesis
    new = build_succession_state(genesis, old)
    assert not {state.HANDOVERS, state.VALIDATORS_NEXT, state.key_validators(Height(3))} & set(new)
    assert new == build_succession_state(genesis, ended.items)


def test_every_kind_of_key_is_decided_on() -> None:
    constants = [value for value in vars(state).values() if isinstance(value, bytes)]
    values = {value for value in constants if value[:1] == b"g"}
    assert len(values) >= 6
    assert values == CARRIED_VALUES | REMOVED_VALUES | CHANGED_VALUES
    table = [line.split("`")[1] for line in (state.__doc__ or "").splitlines() if "| `" in line]
    assert {ord(kind) for kind in table} == CARRIED_KINDS | REMOVED_KINDS | {ord("g")}


@pytest.mark.parametrize("key", [b"", b"z", b"gnew", b"\xff" * 40])
def test_a_kind_of_key_that_nobody_decided_on_is_refused(key: bytes) -> None:
    ended = Ended()
    with pytest.raises(InvalidGenesis, match="does not know what becomes"):
        build_succession_state(ended.draft().genesis, ended.items | {key: b""})


def test_an_organisation_that_is_missing_leaves_as_an_expelled_one_does() -> None:
    ended = Ended()
    address = Address(ended.items[state.key_organisation("airline")])
    role = membership.key_chain_role(address, "oracle")
    known = membership.Membership((), (), ("oracle",))
    told = (state.Support("airline", Unsigned(2)), state.Support("bank", Unsigned(2)))
    old = ended.items | {
        membership.key_membership("airline"): encode(known),
        role: b"",
        state.SUPPORT: encode(told),
    }
    new = build_succession_state(ended.draft().genesis, old)
    assert role not in new
    assert membership.key_membership("airline") not in new
    assert new[state.SUPPORT] == encode(told[1:])
    # Its name does not come back with another account, under which its people would follow.
    assert new[membership.key_former("airline")] == address


def test_nobody_but_the_named_policy_acts_for_the_authority() -> None:
    ended = Ended()
    authority = address_of_authority(ended.chain.document.genesis)
    view = state.View(ended.items)
    thief = policy_of(NEW_KEY)
    number, due = 77, Instant(START + 1_000_000)
    call_of = state.ScheduledCall(LEDGER, "take_over", encode((authority,)), TAKE_OVER_GAS)
    waiting.plan(view, due, number, call_of)
    pending = Takeover(thief, due, Unsigned(number))
    view.save(
        key_guarded(authority), Guarded(compute_address(thief), Milliseconds(60_000), pending)
    )
    budget = Budget(WON, Amount(1))
    session = SessionKey(thief, (Permission(LEDGER, "transfer"),), (budget,), Gas(9), due)
    save_sessions(view, authority, (session,))
    begun = {key: value for key, value in view.top.items() if value is not None}
    assert len(begun) == 4
    genesis = ended.draft().genesis
    new = build_succession_state(genesis, ended.items | begun)
    assert new == build_succession_state(genesis, ended.items)


# The draft


def test_every_member_drafts_the_same_bytes() -> None:
    first, second = Ended().draft(), Ended().draft()
    assert encode_genesis_file(first) == encode_genesis_file(second)
    assert Ended().draft(Ended().resolve(name="new town")).genesis.name == "new town"


def test_an_exchanged_key_signs_and_the_first_one_does_not() -> None:
    ended = Ended()
    bank = key_of("bank")
    policy = policy_of(NEW_KEY)
    envelope = ended.chain.envelope(
        policy_of(bank), [bank], call("set_policy", SetPolicyArguments(policy))
    )
    ended.last = ended.chain.add(envelope)
    document = ended.draft()
    before = get_before(document.genesis)
    assert before.signers == (policy, policy_of(key_of("insurer")))
    assert before.authority is not None
    assert NEW_KEY.public in get_keys(before.authority)
    message = compute_endorsement_message(compute_chain_id(document.genesis))
    proofs = [sign(policy, [NEW_KEY], message), sign(before.signers[1], MEMBERS, message)]
    endorsed = [Endorsement(n, p) for n, p in zip(("bank", "insurer"), proofs, strict=True)]
    validate_genesis(msgspec.structs.replace(document, endorsements=tuple(endorsed)))
    endorsed[0] = Endorsement("bank", sign(policy_of(bank), [bank], message))
    with pytest.raises(InvalidGenesis, match="another policy"):
        validate_genesis(msgspec.structs.replace(document, endorsements=tuple(endorsed)))


def test_an_organisation_of_several_keys_needs_a_named_authority() -> None:
    several = ThresholdPolicy(1, tuple(sorted((NEW_KEY.public, KEYS[0].public))))
    key = state.key_account(compute_address(policy_of(key_of("bank"))))
    items = Ended().items | {key: encode(state.Account(several, "bank"))}
    with pytest.raises(InvalidGenesis, match="several keys"):
        draft_authority(items, (policy_of(key_of("bank")),))


def test_organisations_admitted_later_are_named_with_their_first_policy() -> None:
    ended = Ended()
    port = policy_of(NEW_KEY)
    added = {
        state.key_organisation("port"): compute_address(port),
        state.key_account(compute_address(port)): encode(state.Account(None, "port")),
    }
    genesis = ended.draft().genesis
    with pytest.raises(InvalidGenesis, match="are not those of the chain before"):
        build_succession_state(genesis, ended.items | added)
    ended.chain.executor._state.update(added)
    with pytest.raises(InvalidGenesis, match="port was admitted after the genesis"):
        ended.draft()
    wrong = ended.resolve(admitted={"port": policy_of(ALICE)}, by_minority=False)
    with pytest.raises(InvalidGenesis, match="knows port by another account"):
        ended.draft(wrong)
    drafted = ended.draft(ended.resolve(admitted={"port": port}, by_minority=False)).genesis
    assert [each.name for each in drafted.organisations] == ["bank", "insurer", "port"]
    left_out = ended.draft(ended.resolve(missing=LOST | {"port"})).genesis
    assert get_before(left_out).missing == ("airline", "port", "supervisor")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"missing": frozenset({"nobody"})}, "has no organisation nobody"),
        ({"by_minority": False}, "2 of 4 organisations go on"),
        ({"missing": frozenset({"airline"})}, "3 of 4 organisations go on"),
        (
            {"validators": build_validator_set([Validator(KEYS[0].public, "airline")])},
            "a validator names an unknown organisation",
        ),
        ({"authority": ThresholdPolicy(3, (KEYS[0].public,))}, "threshold"),
    ],
)
def test_what_was_resolved_wrongly_is_refused(changes: dict[str, object], reason: str) -> None:
    ended = Ended()
    with pytest.raises(InvalidGenesis, match=reason):
        ended.draft(ended.resolve(**changes))


def test_somebody_has_to_be_left() -> None:
    ended = Ended()
    names = frozenset({"airline", "bank", "insurer", "supervisor"})
    gone = dataclasses.replace(ended.resolve(), missing=names)
    with pytest.raises(InvalidGenesis, match="no organisation is left"):
        ended.draft(gone)


# What a genesis may say


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"signers": (policy_of(ALICE),)}, "one signing policy"),
        ({"missing": ("supervisor", "airline")}, "sorted"),
        ({"missing": ("airline", "airline")}, "sorted and distinct"),
        ({"missing": ("bank", "supervisor")}, "as missing and as taking part"),
        ({"missing": ()}, "2 of 2 organisations"),
        ({"by_minority": False}, "nothing of a minority"),
        ({"height": Height(0)}, "final by certificate"),
        ({"height": Height(2**63 - 1)}, "no next height"),
        ({"time": START}, "begins before"),
        ({"signers": (policy_of(ALICE), ThresholdPolicy(2, (KEYS[0].public,)))}, "threshold"),
        ({"assets": (Asset("USD", 2, BOB),)}, "from there alone"),
    ],
)
def test_a_genesis_that_contradicts_itself_is_refused(
    fields: dict[str, object], reason: str
) -> None:
    document = change(Ended().draft().genesis, **fields)
    with pytest.raises(InvalidGenesis, match=reason):
        decode_draft(encode_genesis_file(document))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"signers": (policy_of(ALICE), policy_of(key_of("insurer")))}, "acts for bank"),
        ({"offset": 5}, "ledger time would jump"),
        ({"missing": ("airline", "stranger", "supervisor")}, "are not those"),
        ({"state_root": Hash(bytes(32))}, "another root"),
        ({"authority": policy_of(ALICE)}, "another root"),
    ],
)
def test_a_genesis_that_says_of_the_state_what_is_not_so_is_refused(
    fields: dict[str, object], reason: str
) -> None:
    ended = Ended()
    document = change(ended.draft().genesis, **fields)
    with pytest.raises(InvalidGenesis, match=reason):
        Executor(document, SleepyMachine(), ended.items)


def test_money_that_was_slipped_in_is_noticed() -> None:
    ended = Ended()
    richer = ended.items | {state.key_balance(WON, BOB): encode(8)}
    with pytest.raises(InvalidGenesis, match="another root"):
        Executor(endorse(ended.draft()), SleepyMachine(), richer)


def test_a_node_that_began_before_goes_on_without_the_old_state() -> None:
    ended = Ended()
    new = ended.begin()
    bare = Executor(endorse(ended.draft()), SleepyMachine())
    assert bare.head.block_id == new.head.block_id
    items = {key: value for key, value in new.copy_state().items() if value is not None}
    bare.restore(new.head.header, items.items(), ())
    assert bare.copy_state() == new.copy_state()


def test_changes_need_the_accounts_that_they_change() -> None:
    ended = Ended()
    genesis = ended.draft().genesis
    items = ended.items
    del items[state.key_account(address_of_authority(genesis))]
    with pytest.raises(InvalidGenesis, match="lacks the key"):
        compute_changes(genesis, items)


# Who signed


def test_a_signed_genesis_is_read_and_an_unsigned_one_is_not() -> None:
    document = Ended().draft()
    signed = endorse(document)
    assert decode_genesis_file(encode_genesis_file(signed)) == signed
    assert decode_draft(encode_genesis_file(document)) == document
    with pytest.raises(InvalidGenesis, match="lacks the endorsement of bank"):
        decode_genesis_file(encode_genesis_file(document))


def alter(how: str) -> GenesisDocument:
    """Return a signed genesis with one thing wrong about its signatures."""
    document = endorse(Ended().draft())
    bank, insurer = document.endorsements
    message = compute_endorsement_message(compute_chain_id(document.genesis))
    twisted = bytearray(message)
    twisted[0] ^= 1
    several = ThresholdPolicy(2, tuple(sorted((ALICE.public, NEW_KEY.public))))
    given = {
        "missing": (insurer,),
        "other order": (insurer, bank),
        "twice": (bank, bank, insurer),
        "more": (bank, insurer, Endorsement("airline", bank.proof)),
        "another's": (Endorsement("bank", insurer.proof), insurer),
        "a stranger's": (Endorsement("bank", sign(policy_of(ALICE), [ALICE], message)), insurer),
        "of another text": (
            Endorsement("bank", sign(policy_of(key_of("bank")), MEMBERS, bytes(twisted))),
            insurer,
        ),
        "nobody's": (begin_endorsement("bank", policy_of(key_of("bank"))), insurer),
        "with a place too many": (
            Endorsement("bank", PolicyProof(policy_of(key_of("bank")), (None, None))),
            insurer,
        ),
        "too wide": (begin_endorsement("bank", several), insurer),
    }[how]
    return msgspec.structs.replace(document, endorsements=given)


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("missing", "lacks the endorsement of bank"),
        ("other order", "each once and in their order"),
        ("twice", "each once and in their order"),
        ("more", "each once and in their order"),
        ("another's", "another policy"),
        ("a stranger's", "another policy"),
        ("of another text", "does not verify"),
        ("nobody's", "0 of 1 signatures"),
        ("with a place too many", "not one place for each key"),
        ("too wide", "another policy"),
    ],
)
def test_only_the_signatures_of_those_named_will_do(how: str, reason: str) -> None:
    with pytest.raises(InvalidGenesis, match=reason):
        validate_genesis(alter(how))


def test_a_signature_for_one_genesis_is_none_for_another() -> None:
    document = endorse(Ended().draft())
    other = Ended().draft(Ended().resolve(name="other")).genesis
    moved = GenesisDocument(other, (), document.endorsements, None)
    with pytest.raises(InvalidGenesis, match="does not verify"):
        validate_genesis(moved)


def test_several_keys_sign_one_after_the_other() -> None:
    keys = [ALICE, NEW_KEY, SigningKey(b"m" * 32)]
    policy = ThresholdPolicy(2, tuple(sorted(key.public for key in keys)))
    ended = Ended()
    genesis = change(ended.draft().genesis, signers=(policy, policy_of(key_of("insurer")))).genesis
    message = compute_endorsement_message(compute_chain_id(genesis))
    endorsement = begin_endorsement("bank", policy)
    rest = endorse(GenesisDocument(genesis, (), (), None)).endorsements[1]
    for count, key in enumerate(keys):
        document = GenesisDocument(genesis, (), (endorsement, rest), None)
        if count == 2:
            validate_genesis(document)
        else:
            with pytest.raises(InvalidGenesis, match=f"{count} of 2 signatures"):
                validate_genesis(document)
        endorsement = sign_endorsement(endorsement, key.public, key.sign(message))
    with pytest.raises(InvalidGenesis, match="3 of 2 signatures"):
        validate_genesis(GenesisDocument(genesis, (), (endorsement, rest), None))


def test_an_ordinary_genesis_has_no_endorsements() -> None:
    document = Chain().document
    extra = endorse(Ended().draft()).endorsements
    with pytest.raises(InvalidGenesis, match="only a genesis with a predecessor"):
        validate_genesis(msgspec.structs.replace(document, endorsements=extra))
