"""Members, their certificates, and what they decide together."""

import datetime as dt

import msgspec
import pytest

from dure.chain import membership, state
from dure.chain.money import LEDGER
from dure.chain.system import DecideExpulsionArguments
from dure.chain.transaction import Call
from dure.console.facts.organisations import describe_organisation
from dure.console.facts.proposals import is_open, read_proposal
from dure.core.address import encode_address
from dure.core.codec import encode
from dure.core.errors import NotFound
from dure.core.types import Instant
from dure.identity.authorities.profile import build_authority_certificate
from dure.identity.keys import SigningKey
from dure.sdk.ledger_calls import (
    give_role,
    register_device,
    revoke_certificates,
    set_authorities,
    set_parameters,
)
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import BANK, SoloChain
from tests.unit.console.chain_pages.reading import get, read
from tests.unit.console.chain_pages.village import MILL, PERIOD, PORT, Village

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def get_chain(desk: Desk) -> Village:
    assert isinstance(desk.chain, Village)
    return desk.chain


def test_a_proposal_says_in_words_what_would_happen_and_who_voted(village: Desk) -> None:
    chain = get_chain(village)
    chain.propose(BANK, give_role("oracle", MILL.address), "the weather")
    chain.vote(PORT, 1, in_favour=False)
    village.catch_up()
    english = read(village, "/governance/1?lang=en")
    assert "Give the role oracle at every contract to mill." in english
    assert "the weather" in english
    assert "1 of 2 votes needed are for it, 1 against; 3 organisations decide." in english
    assert "not yet" in english
    assert 'data-number="1"' in get(village, "/governance/1").text
    assert "oracle 권한 부여: mill" in read(village, "/governance/1?lang=ko")
    assert "Give the role oracle" in read(village, "/governance?lang=en")


def test_a_decided_proposal_takes_no_more_votes(village: Desk) -> None:
    chain = get_chain(village)
    chain.propose(BANK, give_role("oracle", MILL.address))
    chain.vote(MILL, 1)
    village.catch_up()
    text = get(village, "/governance/1").text
    assert "data-vote" not in text
    assert "votes count no more" in text
    assert "carried out" in read(village, "/governance")


def test_a_deadline_closes_a_proposal(village: Desk) -> None:
    chain = get_chain(village)
    chain.propose(BANK, give_role("oracle", MILL.address))
    view = chain.executor.view()
    proposal = read_proposal(view, 1)
    assert is_open(proposal, chain.executor.ledger_time)
    assert not is_open(proposal, Instant(proposal.record.deadline))
    chain.make_block(PERIOD + 1_000)
    village.catch_up()
    assert "expired" in read(village, "/governance")
    with pytest.raises(NotFound):
        read_proposal(view, 2)


def test_changed_numbers_stand_beside_what_they_are_now(village: Desk) -> None:
    chain = get_chain(village)
    present = chain.executor.parameters
    wanted = msgspec.structs.replace(present, quota_period=present.quota_period * 2)
    chain.propose(BANK, set_parameters(wanted))
    village.catch_up()
    text = read(village, "/governance/1?lang=en")
    assert "Change 1 of the chain's numbers." in text
    assert f"{present.quota_period} → {wanted.quota_period}" in text


def test_the_deciding_vote_on_validators_needs_more_than_a_browser_has(village: Desk) -> None:
    chain = get_chain(village)
    given = encode(DecideExpulsionArguments("port"))
    chain.propose(BANK, Call(LEDGER, "expel_organisation", given, None))
    village.catch_up()
    text = read(village, "/governance/1?lang=en")
    assert "Expel port" in text
    assert "dure governance vote" in text


def test_members_that_share_an_account_have_nothing_to_vote_on(desk: Desk) -> None:
    text = read(desk, "/governance?lang=en")
    assert "share one account" in text
    assert "block_gas_max" in text


def test_a_member_shows_who_certifies_for_it_and_what_counts_no_more(village: Desk) -> None:
    chain = get_chain(village)
    der = build_authority_certificate(SigningKey(b"c" * 32), "mill", now=NOW)
    chain.send(chain.sign(set_authorities([der, b"nonsense"]), by=MILL))
    device = SigningKey(b"d" * 32)
    chain.send(chain.sign(register_device("north gate", "thermometer", device.public), by=MILL))
    chain.send(chain.sign(revoke_certificates([b"\x07"], "stolen"), by=MILL))
    village.catch_up()
    text = read(village, "/members/mill?lang=en")
    for words in ("cannot be read", "Fingerprint", "north gate", "thermometer", "stolen", "07"):
        assert words in text
    assert "2" in read(village, "/members")
    found = village.get("/v1/events")["events"][0]["event"]["fields"]
    assert found == {"organisation": "mill", "count": 2}


def test_an_authority_that_ends_soon_or_has_ended_is_told(village: Desk) -> None:
    chain = get_chain(village)
    der = build_authority_certificate(SigningKey(b"c" * 32), "mill", now=NOW)
    chain.send(chain.sign(set_authorities([der]), by=MILL))
    view, validators = chain.executor.view(), chain.executor.head.validators

    def judge(now: dt.datetime) -> str:
        facts = describe_organisation(view, "mill", validators, frozenset({"mill"}), now)
        return facts.authorities[0].standing

    assert judge(NOW) == "counts"
    assert judge(NOW + dt.timedelta(days=3_650)) in {"ends_soon", "ended"}
    assert judge(NOW + dt.timedelta(days=4_000)) == "ended"


def test_an_account_is_called_by_the_name_that_the_chain_gives_it(village: Desk) -> None:
    chain = get_chain(village)
    chain.send(chain.sign(revoke_certificates([b"\x01"], "lost"), by=MILL))
    village.catch_up()
    assert "mill" in read(village, f"/accounts/{encode_address(MILL.address)}")
    assert "mill" in read(village, "/transactions")
    view = chain.executor.view()
    assert state.find_organisation(view, MILL.address) == "mill"
    assert membership.get_membership(view, "mill").roles == ()


def test_a_chain_of_one_account_names_it_in_the_readers_language(desk: Desk) -> None:
    desk.chain.deploy()
    desk.catch_up()
    assert isinstance(desk.chain, SoloChain)
    assert "the members" in read(desk, "/transactions?lang=en")
    assert "회원 공동 계정" in read(desk, "/transactions?lang=ko")
