"""`dure account`: what is typed becomes the ledger's calls, signed by whom it says."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import pytest
from typer.testing import CliRunner

from dure.chain import system
from dure.chain.execution.delegation import Budget, Permission
from dure.chain.money import LEDGER
from dure.chain.transaction import (
    Call,
    KeyPolicy,
    ThresholdPolicy,
    compute_address,
    compute_asset_id,
)
from dure.cli import account
from dure.cli.main import build_app
from dure.core.address import encode_address
from dure.core.codec import decode
from dure.core.errors import ConfigurationError
from dure.core.types import Address, Amount, AssetId, Gas, Instant, Milliseconds
from dure.identity.keys import SigningKey, save_key
from dure.sdk import Account, ledger_calls
from dure.sdk.answers import AccountState

ALICE, CAR, FRIEND = (SigningKey(bytes([1 + number]) * 32) for number in range(3))
WON = compute_asset_id(Address(bytes(32)), "KRW")
NOW, DAY = 1_700_000_000_000, 86_400_000


def address_of(key: SigningKey) -> Address:
    return compute_address(KeyPolicy(key.public))


class Desk:
    """Stands where the network's nodes do, and keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Call, Account]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit_and_wait(self, calls: Sequence[Call], *, by: Account) -> SimpleNamespace:
        self.sent += [(call, by) for call in calls]
        return SimpleNamespace(height=7)

    def enrol(self, accounts: Sequence[Address], *, by: Account) -> SimpleNamespace:
        self.sent.append((ledger_calls.enrol(accounts), by))
        return SimpleNamespace(height=7)

    def get_status(self) -> SimpleNamespace:
        return SimpleNamespace(block_time=NOW)

    def find_asset(self, code: str) -> AssetId:
        return compute_asset_id(Address(bytes(32)), code)

    def get_account(self, address: Address) -> AccountState:
        return AccountState(encode_address(address), True, "bank", None, [], [], None)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    monkeypatch.chdir(tmp_path)
    for name, key in (("alice", ALICE), ("car", CAR), ("friend", FRIEND)):
        save_key(tmp_path / f"{name}.json", key)
    desk = Desk()
    monkeypatch.setattr(account, "connect", lambda _: desk)
    return desk


def run(*words: str, by: str = "alice.json") -> dict[str, Any]:
    typed = ["account", *words, "--network", "net", "--as", by, "--json"]
    result = CliRunner().invoke(build_app(["account"]), typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def sent(desk: Desk, type_: Any) -> Any:
    """Return the arguments of the one call that was sent."""
    ((call, _),) = desk.sent
    assert call.contract == LEDGER
    return decode(type_, call.arguments)


def test_a_session_key_is_allowed_what_is_typed(desk: Desk) -> None:
    contract = Address(bytes([9]) * 32)
    calls = ["--call", "transfer", "--call", f"{encode_address(contract)}:enter"]
    more = ("--gas", "7000000", "--days", "30")
    answer = run("allow", "car.json", *calls, "--budget", "KRW=50000", *more)
    assert answer["call"] == "grant_session"
    assert answer["decided"] == 7
    given = sent(desk, system.GrantSessionArguments)
    assert given == system.GrantSessionArguments(
        KeyPolicy(CAR.public),
        (Permission(LEDGER, "transfer"), Permission(contract, "enter")),
        (Budget(WON, Amount(50_000)),),
        Gas(7_000_000),
        Instant(NOW + 30 * DAY),
    )
    assert desk.sent[0][1].address == address_of(ALICE)


def test_a_session_key_is_withdrawn(desk: Desk) -> None:
    run("withdraw", "car.json")
    assert sent(desk, system.WithdrawSessionArguments).key == KeyPolicy(CAR.public)


def test_guardians_are_named_and_dismissed(desk: Desk) -> None:
    run("guard", "friend.json", "--days", "3")
    given = sent(desk, system.SetGuardiansArguments)
    assert given == system.SetGuardiansArguments(address_of(FRIEND), Milliseconds(3 * DAY))
    desk.sent.clear()
    run("guard", "nobody")
    assert sent(desk, system.SetGuardiansArguments).guardians is None


def test_a_guardian_recovers_and_the_account_stops_it(desk: Desk) -> None:
    lost = encode_address(address_of(ALICE))
    run("recover", lost, CAR.public.hex(), by="friend.json")
    given = sent(desk, system.BeginRecoveryArguments)
    assert given == system.BeginRecoveryArguments(address_of(ALICE), KeyPolicy(CAR.public))
    assert desk.sent[0][1].address == address_of(FRIEND)
    desk.sent.clear()
    run("stop", lost)
    assert sent(desk, system.StopRecoveryArguments).account == address_of(ALICE)


def test_new_keys_act_under_the_old_address(desk: Desk) -> None:
    keys = sorted([ALICE.public, CAR.public])
    run("rotate", "2:" + ",".join(key.hex() for key in keys))
    assert sent(desk, system.SetPolicyArguments).policy == ThresholdPolicy(2, tuple(keys))
    desk.sent.clear()
    address = encode_address(address_of(ALICE))
    answer = run("rotate", ALICE.public.hex(), "--account", address, by="car.json")
    assert answer["account"] == address
    assert desk.sent[0][1].policy == KeyPolicy(CAR.public)


@pytest.mark.usefixtures("desk")
def test_an_account_is_shown() -> None:
    typed = ["account", "show", "alice.json", "--network", "net"]
    shown = CliRunner().invoke(build_app(["account"]), [*typed, "--json"])
    assert json.loads(shown.output)["address"] == encode_address(address_of(ALICE))
    assert "bank" in CliRunner().invoke(build_app(["account"]), typed).output


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    "words",
    [
        ("allow", "car.json", "--call", "fly"),
        ("allow", "car.json", "--call", "transfer", "--budget", "KRW"),
        ("allow", "car.json", "--call", "transfer", "--budget", "KRW=-1"),
        ("allow", "car.json", "--call", "transfer", "--budget", "KRW=" + "9" * 30),
        ("guard", "no-such-file.json"),
        ("recover", "dure1x", "00"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_with_words(words: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError):
        run(*words)


def test_a_member_enrols_accounts_by_address_or_key_file(desk: Desk) -> None:
    friend = encode_address(address_of(FRIEND))
    told = run("enrol", friend, "car.json")
    assert told == {"accounts": [friend, encode_address(address_of(CAR))], "decided": 7}
    ((call, by),) = desk.sent
    given = decode(system.EnrolArguments, call.arguments)
    assert given.accounts == (address_of(FRIEND), address_of(CAR))
    assert by.address == address_of(ALICE)


def test_words_that_mean_no_account_are_named(desk: Desk) -> None:
    typed = ["account", "enrol", "nobody", "--network", "net", "--as", "alice.json"]
    done = CliRunner().invoke(build_app(["account"]), typed)
    assert isinstance(done.exception, ConfigurationError)
    assert "neither an address nor a member in net nor a key file" in done.exception.message
    assert desk.sent == []
