"""Terms and amounts outside of the chain: sealed, opened, compared, kept in step."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.agreements.commitments import (
    Debt,
    build_change,
    build_pledge,
    compute_asset,
    draw_blinding,
    validate_debt,
)
from dure.apps.agreements.contract import Change
from dure.apps.agreements.offchain import (
    SealedTerms,
    Terms,
    check_proposal,
    compute_document,
    find_gaps,
    open_terms,
    pack_terms,
    seal_terms,
    unpack_terms,
)
from dure.apps.agreements.tests.scene import Scene, digest
from dure.contract.language import days
from dure.core.errors import ConfigurationError
from dure.core.types import Address, ChainId
from dure.identity.envelopes.files import InvalidSeal, Place
from dure.identity.envelopes.sealing import ReadingKey

SELLER, BUYER = Address(b"s" * 32), Address(b"b" * 32)
KEYS = {SELLER: ReadingKey(b"\1" * 32), BUYER: ReadingKey(b"\2" * 32)}
READERS = {who: key.public for who, key in KEYS.items()}
PLACE = Place(ChainId(b"c" * 32), Address(b"a" * 32), digest("name"), 1)
DEBT = Debt(BUYER, SELLER, 1_800_000_000_000, 0, 98_500_000, "KRW", "price", b"\3" * 32)
DAY = days(1)
TERMS = Terms("The seller delivers, the buyer pays 98,500,000 won.", (DEBT,))


@pytest.fixture
def sealed() -> SealedTerms:
    return seal_terms(pack_terms(TERMS), PLACE, READERS)


@pytest.fixture
def change(sealed: SealedTerms) -> Change:
    return build_change(sealed.document, TERMS.debts)


@given(
    amount=st.integers(1, 2**62),
    other=st.integers(1, 2**62),
    blinding=st.binary(min_size=32, max_size=32),
)
def test_r14_a_commitment_binds_the_amount_and_hides_it(
    amount: int, other: int, blinding: bytes
) -> None:
    mine = replace(DEBT, amount=amount, blinding=blinding)
    assert (mine.sealed == replace(mine, amount=other).sealed) is (amount == other)
    # The same amount under another blinding looks like any other amount.
    assert mine.sealed != replace(mine, blinding=bytes(x ^ 1 for x in blinding)).sealed


@pytest.mark.parametrize(
    "other",
    [
        replace(DEBT, debtor=SELLER),
        replace(DEBT, creditor=BUYER),
        replace(DEBT, due=1),
        replace(DEBT, amount=1),
        replace(DEBT, currency="USD"),
        replace(DEBT, what="rent"),
    ],
)
def test_r14_everything_that_is_owed_is_bound(other: Debt) -> None:
    assert other.sealed != DEBT.sealed


def test_r14_only_named_readers_open_the_terms(sealed: SealedTerms) -> None:
    for who, key in KEYS.items():
        content, salt = open_terms(sealed, PLACE, who, key)
        assert unpack_terms(content) == TERMS
        assert compute_document(content, salt) == sealed.document
    stranger = Address(b"x" * 32)
    with pytest.raises(InvalidSeal, match="not sealed to this reader"):
        open_terms(sealed, PLACE, stranger, KEYS[SELLER])
    with pytest.raises(InvalidSeal):
        open_terms(sealed, PLACE, SELLER, KEYS[BUYER])
    assert TERMS.text.encode() not in sealed.file


def test_r14_another_version_is_not_opened_in_place_of_one(sealed: SealedTerms) -> None:
    with pytest.raises(InvalidSeal):
        open_terms(sealed, replace(PLACE, version=2), SELLER, KEYS[SELLER])
    other = seal_terms(pack_terms(replace(TERMS, text="another")), PLACE, READERS)
    with pytest.raises(InvalidSeal):
        open_terms(replace(other, document=sealed.document), PLACE, SELLER, KEYS[SELLER])


def test_r14_the_same_terms_have_another_digest_each_time(sealed: SealedTerms) -> None:
    assert seal_terms(pack_terms(TERMS), PLACE, READERS).document != sealed.document


def test_r15_a_party_accepts_what_it_has_opened(sealed: SealedTerms, change: Change) -> None:
    content, salt = open_terms(sealed, PLACE, BUYER, KEYS[BUYER])
    assert check_proposal(change, content, salt) == TERMS


def test_r15_a_proposal_that_says_something_else_is_not_accepted(
    sealed: SealedTerms, change: Change
) -> None:
    content, salt = open_terms(sealed, PLACE, BUYER, KEYS[BUYER])
    (told,) = change.obligations
    wrong = {
        "another text": change.replace(document=digest("another")),
        "are not those of the text": change.replace(obligations=[told, told]),
        "bind others": change.replace(obligations=[told.replace(debtor=SELLER, creditor=BUYER)]),
        "on other days": change.replace(
            obligations=[told.replace(due=told.due + told.grace + DAY)]
        ),
    }
    for words, proposal in wrong.items():
        with pytest.raises(InvalidSeal, match=words):
            check_proposal(proposal, content, salt)
    more = replace(DEBT, amount=DEBT.amount + 1)
    raised = change.replace(obligations=[more.terms])
    with pytest.raises(InvalidSeal, match="are not those of the text"):
        check_proposal(raised, content, salt)


def test_r15_a_party_knows_which_versions_it_does_not_hold() -> None:
    documents = [digest("1"), digest("2"), digest("3")]
    assert find_gaps(documents, dict(enumerate(documents, start=1))) == []
    assert find_gaps(documents, {1: digest("1"), 3: digest("forged")}) == [2, 3]


def test_r15_what_the_chain_took_is_what_the_parties_hold(scene: Scene) -> None:
    debt = replace(scene.owe(amount=5), debtor=scene.buyer.address, creditor=scene.seller.address)
    content = pack_terms(Terms("terms", (debt,)))
    sealed = seal_terms(content, PLACE, READERS)
    scene.record.begin(
        by=scene.seller,
        parties=[scene.seller, scene.buyer],
        auditors=[],
        change=build_change(sealed.document, [debt]),
        answer_by=scene.world.now + DAY,
    )
    proposed = scene.record.proposal(1).change
    opened, salt = open_terms(sealed, PLACE, BUYER, KEYS[BUYER])
    assert check_proposal(proposed, opened, salt).debts == (debt,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b'{"type":"dure-agreement-terms-1","text":1,"debts":[]}',
        b'{"type":"dure-agreement-terms-1","text":"x","debts":[{}]}',
        b'{"type":"dure-agreement-terms-1","text":"x","debts":[],"more":1}',
        b"[" * 100_000,
        b'"' + b"x" * 300_000 + b'"',
    ],
)
def test_what_is_no_terms_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigurationError, match="no terms"):
        unpack_terms(data)


@pytest.mark.parametrize(
    "wrong",
    [
        replace(DEBT, amount=0),
        replace(DEBT, what=""),
        replace(DEBT, what="x" * 201),
        replace(DEBT, currency=""),
        replace(DEBT, blinding=b"short"),
        replace(DEBT, debtor=Address(b"short")),
    ],
)
def test_a_debt_that_cannot_be_is_refused(wrong: Debt) -> None:
    with pytest.raises(ConfigurationError):
        validate_debt(wrong)
    with pytest.raises(ConfigurationError):
        pack_terms(Terms("terms", (wrong,)))


def test_terms_have_a_bound() -> None:
    with pytest.raises(ConfigurationError, match="at most"):
        pack_terms(Terms("x" * 300_000, ()))
    with pytest.raises(ConfigurationError, match="at most"):
        pack_terms(Terms("x", (DEBT,) * 65))


def test_an_asset_is_asked_for_with_its_secret_only() -> None:
    secret = draw_blinding()
    mine = compute_asset(build_pledge(SELLER, "registry", secret))
    others = [
        build_pledge(SELLER, "registry", draw_blinding()),
        build_pledge(SELLER, "another", secret),
        build_pledge(BUYER, "registry", secret),
    ]
    assert mine not in [compute_asset(other) for other in others]
    with pytest.raises(ConfigurationError, match="32 bytes"):
        build_pledge(SELLER, "registry", b"guess")
