"""A transaction's page: what was asked, what came of it, who signed, what happened inside."""

import asyncio

import msgspec
import pytest

from dure.chain.transaction import PasskeyPolicy, ThresholdPolicy, sort_keys
from dure.console.facts.signers import describe_policy
from dure.console.retracing import Retracer
from dure.core.address import encode_address
from dure.core.errors import Unavailable
from dure.core.types import Hash, Height, PasskeyKey
from dure.identity.keys import SigningKey
from dure.node.gateway import KeptHistory
from dure.sdk.accounts import LocalAccount
from dure.sdk.ledger_calls import set_policy, transfer
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, WON, SoloChain
from tests.unit.console.chain_pages.reading import get, read


def write(desk: Desk, text: str) -> str:
    """Write into a guestbook; return the transaction's id."""
    signed = desk.chain.sign(desk.chain.deploy().call("write", text=text))
    desk.chain.send(signed)
    desk.catch_up()
    return signed.transaction_id.hex()


def test_it_says_what_was_asked_what_came_of_it_and_who_signed(desk: Desk) -> None:
    text = read(desk, f"/transactions/{write(desk, 'good morning')}")
    for words in ("good morning", "Written", "Guestbook", "These are the account's first keys"):
        assert words in text
    assert "signed key" in text
    assert "Created" in text
    assert "Accepted" in text


def test_a_refusal_is_told_with_its_reason(desk: Desk) -> None:
    text = read(desk, f"/transactions/{write(desk, '')}")
    assert "an empty line" in text
    assert "Nothing of this transaction happened" in text


def test_money_that_moved_is_added_up_for_each_account(desk: Desk) -> None:
    calls = [transfer(WON, BANK.address, 1_000), transfer(WON, BANK.address, 500)]
    signed = desk.chain.sign(*calls)
    desk.chain.send(signed)
    desk.catch_up()
    text = read(desk, f"/transactions/{signed.transaction_id.hex()}")
    assert "+1 500 KRW" in text
    assert "\u22121 500 KRW" in text


def test_replaced_keys_are_told_as_such(desk: Desk) -> None:
    first = desk.chain.pay(1)
    desk.chain.send(first)
    fresh = LocalAccount(SigningKey(b"f" * 32))
    desk.chain.send(desk.chain.sign(set_policy(fresh.policy)))
    desk.catch_up()
    account = f"/accounts/{encode_address(ALICE.address)}"
    assert "They replaced the first ones" in read(desk, account)
    assert fresh.keys[0].public.hex()[:24] in read(desk, account)
    # The old transaction was signed by what the address stands for, whatever acts now.
    assert "first keys" in read(desk, f"/transactions/{first.transaction_id.hex()}")


def test_every_kind_of_policy_is_described() -> None:
    key = SigningKey(b"1" * 32).public
    passkey = PasskeyPolicy(PasskeyKey(b"\x02" * 33), "bank.example", ("https://bank.example",))
    assert describe_policy(passkey)[0] == "passkey"
    kind, threshold, keys = describe_policy(ThresholdPolicy(2, sort_keys((key, passkey))))
    assert (kind, threshold) == ("threshold", 2)
    assert {each.kind for each in keys} == {"key", "passkey"}
    assert {each.site for each in keys} == {"", "bank.example"}


def test_what_waits_has_a_page_and_stands_in_the_list(desk: Desk) -> None:
    desk.chain.instant = False
    signed = desk.chain.pay(7)
    asyncio.run(desk.chain.submit([signed.envelope]))
    text = read(desk, f"/transactions/{signed.transaction_id.hex()}")
    assert "waits for a block" in text
    assert signed.transaction_id.hex() in get(desk, "/waiting").text
    assert "transfer" in read(desk, "/waiting")
    desk.chain.make_block()
    desk.catch_up()
    assert "Nothing waits." in read(desk, "/waiting")


def test_executing_it_again_shows_each_step_and_each_change(desk: Desk) -> None:
    text = read(desk, f"/transactions/{write(desk, 'inside')}/trace")
    assert "with the same receipt" in text
    assert "Guestbook.write" in text
    assert "self.count += 1" in text
    # A value of the contract in its own words, before and after.
    assert "lines [0]" in text.replace("lines[0]", "lines [0]")
    assert "What changed in the state" in text


def test_the_ledgers_own_call_is_executed_again_too(desk: Desk) -> None:
    signed = desk.chain.pay(9)
    desk.chain.send(desk.chain.pay(3), signed)
    desk.catch_up()
    text = read(desk, f"/transactions/{signed.transaction_id.hex()}/trace")
    assert "No contract ran" in text
    assert "balance of" in text


def test_what_cannot_be_executed_again_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/transactions/{write(desk, 'lost')}/trace"
    monkeypatch.setattr(
        SoloChain, "get_history", lambda _: KeptHistory(Height(2), is_growing=False)
    )
    assert "has not kept" in get(desk, path, 404).text


def test_one_is_executed_at_a_time_and_then_remembered(desk: Desk) -> None:
    desk.chain.deploy()
    stored = desk.chain.blocks[1]

    async def ask() -> None:
        retracer = Retracer()
        first = asyncio.create_task(retracer.retrace(desk.chain, stored, 0))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="another transaction"):
            await retracer.retrace(desk.chain, stored, 1)
        found = await first
        assert found["trace"]["status"] == "ok"
        assert await retracer.retrace(desk.chain, stored, 0) is found
        header = msgspec.structs.replace(stored.block.header, state_root=Hash(bytes(32)))
        block = msgspec.structs.replace(stored.block, header=header)
        forged = msgspec.structs.replace(stored, block=block)
        with pytest.raises(Unavailable, match="failed"):
            await retracer.retrace(desk.chain, forged, 0)

    asyncio.run(ask())


def test_blocks_that_are_not_the_chains_are_noticed(desk: Desk) -> None:
    desk.chain.deploy()
    stored = desk.chain.blocks[1]
    header = msgspec.structs.replace(stored.block.header, state_root=Hash(bytes(32)))
    block = msgspec.structs.replace(stored.block, header=header)
    forged = msgspec.structs.replace(stored, block=block)
    desk.chain.blocks[1] = forged

    async def ask() -> None:
        with pytest.raises(Unavailable, match="failed"):
            await Retracer().retrace(desk.chain, forged, 0)

    asyncio.run(ask())
