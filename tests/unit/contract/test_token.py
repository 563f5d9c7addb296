"""The library's token issues, destroys and stops money of the ledger; it keeps no balances."""

import pytest

from dure.contract.library.token import Token
from dure.contract.ports import Refusal
from dure.contract.source import read_source
from dure.core.types import Amount
from tests.unit.contract.fake_ledger import Bench, person

ISSUER, HOLDER = person(1), person(2)


@pytest.fixture
def token() -> Bench:
    made = Bench(read_source(Token))
    made.call("init", "KRW", 0, by=ISSUER)
    made.ledger.roles.add((made.address, "issuer", ISSUER))
    return made


def test_only_the_issuer_issues(token: Bench) -> None:
    with pytest.raises(Refusal, match="not an issuer"):
        token.call("issue", HOLDER, 5, by=HOLDER)
    token.call("issue", HOLDER, 5, by=ISSUER)
    assert token.call("supply") == 5


def test_a_holder_destroys_only_what_is_their_own(token: Bench) -> None:
    token.call("issue", HOLDER, 5, by=ISSUER)
    token.call("destroy", 2, by=HOLDER)
    assert token.call("supply") == 3
    with pytest.raises(Refusal) as refused:
        token.call("destroy", 1, by=person(3))
    assert refused.value.code == "insufficient_balance"


def test_the_balances_are_the_ledgers(token: Bench) -> None:
    token.call("issue", HOLDER, 5, by=ISSUER)
    asset = token.call("asset")
    assert [each for each in token.ledger.balances.items() if each[1]] == [((asset, HOLDER), 5)]


def test_a_stopped_holder_cannot_move_money_until_released(token: Bench) -> None:
    token.call("issue", HOLDER, 5, by=ISSUER)
    (asset,) = token.ledger.issuers
    token.call("stop", HOLDER, by=ISSUER)
    with pytest.raises(Refusal):
        token.ledger.transfer(asset, HOLDER, ISSUER, Amount(1))
    token.call("release", HOLDER, by=ISSUER)
    token.ledger.transfer(asset, HOLDER, ISSUER, Amount(1))


def test_nothing_is_not_an_amount(token: Bench) -> None:
    with pytest.raises(Refusal, match="nothing to issue"):
        token.call("issue", HOLDER, 0, by=ISSUER)
    with pytest.raises(Refusal, match="nothing to destroy"):
        token.call("destroy", 0, by=HOLDER)
