"""The clients against the real API: what they send, what they believe, and what they refuse."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from dure.chain.transaction import KeyPolicy, compute_address
from dure.contract.source import bundle
from dure.core.errors import (
    ConfigurationError,
    InvalidEncoding,
    InvalidProof,
    NodeBusy,
    NotFound,
    TimedOut,
    TransactionExpired,
    TransactionReplayed,
    Unavailable,
    ViewRefused,
    WrongChain,
)
from dure.core.types import ChainId, Instant
from dure.identity.keys import SigningKey
from dure.proof import decode_proof, encode_proof, trust_chain, verify
from dure.sdk import (
    AsyncClient,
    Client,
    ContractRefused,
    InvalidAnswer,
    LocalAccount,
    ThresholdAccount,
    WrongCall,
    build_transaction,
)
from dure.sdk.ledger_calls import set_policy, transfer
from tests.unit.api.solo_chain import ALICE, BANK, FUNDS, WON, SoloChain
from tests.unit.sdk.town import TILL, Tampering, Town, open_town


async def open_till(town: Town, client: AsyncClient) -> Any:
    roles = {"keeper": [BANK.address]}
    return await client.deploy(
        bundle(TILL, "Till"), by=BANK, owner=BANK.address, roles=roles, arguments={"money": WON}
    )


# Believing


def test_a_transfer_returns_a_receipt_that_was_proved() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            receipt = await client.transfer(WON, BANK.address, 5_000, by=ALICE)
            assert receipt.height == 1
            assert [event.name for event in receipt.events] == ["transferred"]
            assert receipt.verdict.is_proved
            again = decode_proof(encode_proof(receipt.proof))
            assert verify(again, trust_chain(town.chain.executor.chain_id)).is_proved
            assert await client.read_balance(WON, ALICE.address) == FUNDS - 5_000
            account = await client.get_account(BANK.address)
            assert account.get_balance("KRW") == 5_000
            assert account.get_balance("USD") == 0

    asyncio.run(story())


def test_the_client_that_waits_does_the_same() -> None:
    def story(town: Town) -> None:
        with town.sync_client() as client:
            assert client.find_asset("KRW") == WON
            receipt = client.transfer(WON, BANK.address, 7, by=ALICE)
            assert client.read_balance(WON, BANK.address) == 7
            proof = client.prove_transaction(receipt.transaction_id)
            assert proof == receipt.proof
            till = client.deploy(bundle(TILL, "Till"), by=BANK, arguments={"money": WON})
            assert till.pay_in(by=ALICE, mood="GLAD", pay=11).result["amount"] == 11
            assert till.slip() == {"customer": ALICE.address, "amount": 11, "mood": "GLAD"}
            assert till.interface.name == "Till"
            assert "pay_in" in dir(till)
            assert client.get_status().height == 3
            assert len(client.list_assets()) == 1
            # Lists are read from the index, which follows.
            while not (blocks := client.list_blocks(2).blocks):
                pass
            assert blocks[0].height == 2
            signed = client.sign([transfer(WON, BANK.address, 1)], by=ALICE)
            assert client.wait(client.submit(signed)).height == 4
            enrolled = LocalAccount(SigningKey(b"e" * 32))
            client.enrol([enrolled.address], by=BANK)
            client.grant(till.address, "keeper", ALICE.address, by=BANK)
            assert till.close(by=ALICE, by_whom="me").result == "me"
            assert client.advance(Instant(town.chain.clock + 5_000), by=BANK)

    async def serve() -> None:
        async with open_town() as town:
            await asyncio.to_thread(story, town)

    asyncio.run(serve())


Change = Callable[[httpx.Request, Any], Any]


def change_proof(change: Callable[[dict[str, Any]], object]) -> Change:
    def apply(request: httpx.Request, answer: Any) -> Any:
        if request.method == "POST":
            change(answer["proof"])
        return answer

    return apply


def raise_amount(proof: dict[str, Any]) -> None:
    proof["claim"]["receipt"]["receipt"]["gas_used"] += 1


def claim_success(proof: dict[str, Any]) -> None:
    proof["claim"]["receipt"]["receipt"]["status"] = "fine"


def drop_seals(proof: dict[str, Any]) -> None:
    proof["certificate"]["seals"].clear()


def drop_claim(proof: dict[str, Any]) -> None:
    del proof["claim"]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (raise_amount, "receipt path"),
        (claim_success, "receipt path"),
        (drop_seals, "certificate"),
        (drop_claim, "form"),
    ],
)
def test_a_node_that_lies_is_not_believed(
    change: Callable[[dict[str, Any]], object], check: str
) -> None:
    async def story() -> None:
        lying = Tampering(change_proof(change))
        async with open_town() as town, town.client(transport=lying) as client:
            with pytest.raises(InvalidProof) as caught:
                await client.transfer(WON, BANK.address, 5, by=ALICE)
            assert caught.value.facts["check"] == check

    asyncio.run(story())


def test_the_proof_of_another_transaction_is_not_taken_for_this_one_s() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as honest:
            first = await honest.transfer(WON, BANK.address, 1, by=ALICE)
            other = json.loads(encode_proof(first.proof))
            lying = Tampering(change_proof(lambda proof: proof.update(other)))
            async with town.client(transport=lying) as client:
                with pytest.raises(InvalidProof) as caught:
                    await client.transfer(WON, BANK.address, 2, by=ALICE)
            assert caught.value.facts["check"] == "transaction"

    asyncio.run(story())


def test_a_node_cannot_prove_another_key_than_was_asked_for() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            await client.transfer(WON, BANK.address, 5, by=ALICE)
            other = encode_proof(await client.prove_state(b"gclock"))
            lying = httpx.MockTransport(lambda _: httpx.Response(200, content=other))
            async with town.client(transport=lying) as deceived:
                with pytest.raises(InvalidAnswer, match="another key"):
                    await deceived.read_balance(WON, ALICE.address)

    asyncio.run(story())


def test_a_node_cannot_prove_another_transaction_than_was_asked_for() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            first = await client.transfer(WON, BANK.address, 5, by=ALICE)
            second = await client.transfer(WON, BANK.address, 6, by=ALICE)
            other = encode_proof(first.proof)
            lying = httpx.MockTransport(lambda _: httpx.Response(200, content=other))
            async with town.client(transport=lying) as deceived:
                assert await deceived.prove_transaction(first.transaction_id) == first.proof
                with pytest.raises(InvalidAnswer, match="something else"):
                    await deceived.prove_transaction(second.transaction_id)

    asyncio.run(story())


# Which chain


def test_the_caller_says_which_chain_or_that_the_node_may() -> None:
    with pytest.raises(ConfigurationError, match="say which chain"):
        Client("http://localhost:1")
    with pytest.raises(ConfigurationError, match="at least one node"):
        Client([], trust_first_use=True)


def test_on_first_use_the_chain_is_taken_from_the_node_and_kept() -> None:
    async def story() -> None:
        async with open_town() as first, open_town(SoloChain("another")) as second:
            async with first.client(chain_id=None, trust_first_use=True) as client:
                assert "first answer will" in client.trust
                assert await client.get_chain_id() == first.chain.executor.chain_id
                assert "node's first answer" in client.trust
                receipt = await client.transfer(WON, BANK.address, 5, by=ALICE)
                assert receipt.verdict.is_proved
            async with second.client(chain_id=first.chain.executor.chain_id) as client:
                assert "caller" in client.trust
                with pytest.raises(ConfigurationError, match="another chain"):
                    await client.get_status()
                with pytest.raises(WrongChain):
                    await client.transfer(WON, BANK.address, 5, by=ALICE)

    asyncio.run(story())


def test_a_proof_of_another_chain_is_refused() -> None:
    async def story() -> None:
        async with open_town(SoloChain("another")) as other, other.client() as theirs:
            receipt = await theirs.transfer(WON, BANK.address, 5, by=ALICE)
            async with other.client(chain_id=ChainId(bytes(32))) as client:
                with pytest.raises(InvalidProof) as caught:
                    await client.prove_transaction(receipt.transaction_id)
                assert caught.value.facts["check"] == "chain"

    asyncio.run(story())


# Refusals


def test_a_refusal_is_raised_with_its_code_words_and_proof() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            calls = [transfer(WON, BANK.address, 1), transfer(WON, BANK.address, FUNDS)]
            with pytest.raises(ContractRefused) as caught:
                await client.submit_and_wait(calls, by=ALICE)
            refused = caught.value
            assert refused.refusal == "insufficient_balance"
            assert refused.receipt.receipt.failed_call == 1
            assert refused.receipt.verdict.is_proved
            assert await client.read_balance(WON, ALICE.address) == FUNDS

    asyncio.run(story())


def test_the_node_s_refusals_are_the_ledger_s_own_classes() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            signed = await client.sign([transfer(WON, BANK.address, 5)], by=ALICE)
            await client.submit(signed)
            with pytest.raises(TransactionReplayed):
                await client.submit(signed)
            with pytest.raises(NotFound):
                await client.prove_transaction(bytes(32))
            stale = build_transaction(
                town.chain.executor.chain_id,
                ALICE,
                [transfer(WON, BANK.address, 5)],
                valid_until=Instant(town.chain.clock - 1),
            )
            with pytest.raises(TransactionExpired):
                await client.submit(stale)
            with pytest.raises(NotFound):
                await client.find_asset("USD")

    asyncio.run(story())


# Waiting


def test_a_transaction_sent_twice_is_still_answered_with_its_proof() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            signed = await client.sign([transfer(WON, BANK.address, 5)], by=ALICE)
            town.chain.send(signed)
            receipt = await client._run(client._session.submit_and_wait(signed))
            assert receipt.height == 1

    asyncio.run(story())


def test_waiting_ends_with_the_receipt_when_the_block_comes() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            town.chain.instant = False
            signed = await client.sign([transfer(WON, BANK.address, 5)], by=ALICE)
            waiting = asyncio.create_task(client.wait(await client.submit(signed)))
            assert len(town.chain.waiting) == 1
            town.chain.make_block()
            assert (await waiting).height == 1

    asyncio.run(story())


def test_waiting_ends_where_the_time_is_up() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            town.chain.instant = False
            with pytest.raises(TimedOut, match="may still become"):
                await client.submit_and_wait(
                    [transfer(WON, BANK.address, 5)], by=ALICE, timeout_s=0.2
                )
            town.chain.waiting.clear()
            signed = await client.sign([transfer(WON, BANK.address, 5)], by=ALICE)
            town.chain.send(town.chain.pay(1))
            town.chain.clock += 100_000
            town.chain.send(town.chain.pay(1))
            with pytest.raises(TransactionExpired, match="sign it anew"):
                await client.wait(signed)

    asyncio.run(story())


def test_a_busy_node_is_asked_again_when_it_says_for_as_long_as_there_is_time() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            town.chain.busy = 2
            calls = [transfer(WON, BANK.address, 5)]
            receipt = await client.submit_and_wait(calls, by=ALICE, timeout_s=10)
            assert receipt.height > 0
            assert town.chain.busy == 0
            town.chain.busy = 1_000
            with pytest.raises(NodeBusy):
                await client.submit_and_wait(calls, by=ALICE, timeout_s=0.1)
            assert town.chain.busy > 900

    asyncio.run(story())


def test_a_story_clock_is_waited_for() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            till = await open_till(town, client)
            status = await client.get_status()
            due = Instant(status.ledger_time + 50_000)
            await till.later(by=ALICE, at=due)
            reached = await client.advance(Instant(due + 10_000), by=BANK)
            assert reached >= due + 10_000
            events: list[Any] = []
            while not events:
                events = await client.list_events(contract=till.address, name="Paid")
            assert events[0].finality == "final"
            proof = await client.prove_scheduled(bytes.fromhex(events[0].source))
            assert verify(proof).statement.startswith("the scheduled call")
            with pytest.raises(NotFound):
                await client.prove_scheduled(bytes(32))

    asyncio.run(story())


# Several nodes


def test_where_one_node_is_down_the_next_is_asked() -> None:
    async def story() -> None:
        async with open_town() as town:
            async with town.client("http://127.0.0.1:9", town.url) as client:
                assert (await client.transfer(WON, BANK.address, 5, by=ALICE)).height == 1
                assert client._transport.nodes.current == town.url
            async with town.client("http://127.0.0.1:9", "http://127.0.0.1:11") as client:
                with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
                    await client.get_status()

    asyncio.run(story())


def test_a_node_that_is_not_ready_is_passed_over() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port == 1:
            return httpx.Response(503, json={"error": {"code": "unavailable", "message": "busy"}})
        return httpx.Response(404, json={"error": {"code": "not_found", "message": "none"}})

    both = Client(
        ["http://a:1", "http://b:2"],
        chain_id=ChainId(bytes(32)),
        transport=httpx.MockTransport(answer),
    )
    with both, pytest.raises(NotFound, match="none"):
        both.get_status()
    one = Client("http://a:1", chain_id=ChainId(bytes(32)), transport=httpx.MockTransport(answer))
    with one, pytest.raises(Unavailable, match="busy"):
        one.get_status()


@pytest.mark.parametrize("content", [b"", b"[]", b'{"node": 5}', b"<html>", b"[" * 10_000])
def test_an_answer_of_another_shape_is_refused(content: bytes) -> None:
    strange = httpx.MockTransport(lambda _: httpx.Response(200, content=content))
    with (
        Client("http://a", chain_id=ChainId(bytes(32)), transport=strange) as client,
        pytest.raises(InvalidAnswer),
    ):
        client.get_status()


def test_an_answer_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.sdk.connection.transport.ANSWER_BYTES_MAX", 1000)
    endless = httpx.MockTransport(lambda _: httpx.Response(200, content=bytes(2000)))
    with (
        Client("http://a", chain_id=ChainId(bytes(32)), transport=endless) as client,
        pytest.raises(InvalidAnswer, match="more than 1000"),
    ):
        client.get_status()


# Contracts


def test_a_contract_is_called_like_a_python_object() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            till = await open_till(town, client)
            done = await till.pay_in(by=ALICE, mood="SAD", pay=5_000)
            assert done.result == {"customer": ALICE.address, "amount": 5_000, "mood": "SAD"}
            assert [(e.name, e.fields["amount"]) for e in done.events] == [("Paid", 5_000)]
            assert done.receipt.verdict.is_proved
            assert await till.slip() == done.result
            known = await client.contract(till.address)
            assert (await known.close("night", by=BANK)).result == "night"
            with pytest.raises(ContractRefused) as caught:
                await till.close(by=ALICE, by_whom="thief")
            assert (caught.value.refusal, str(caught.value)) == ("not_permitted", "not a keeper")
            with pytest.raises(ContractRefused, match="nothing paid"):
                await till.pay_in(by=ALICE, mood="SAD", pay=0)
            with pytest.raises(ViewRefused, match="there is nothing"):
                await till.nothing()

    asyncio.run(story())


def test_a_call_that_does_not_fit_fails_before_anything_is_sent() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            till = await open_till(town, client)
            height = town.chain.executor.head.header.height
            with pytest.raises(AttributeError, match=r"did you mean pay_in\?"):
                _ = till.payin
            with pytest.raises(AttributeError, match="no method ring"):
                _ = till.ring
            with pytest.raises(WrongCall, match="say who signs"):
                await till.pay_in(mood="SAD", pay=5)
            with pytest.raises(WrongCall, match=r"no argument moood: did you mean mood\?"):
                await till.pay_in(by=ALICE, moood="SAD", pay=5)
            with pytest.raises(WrongCall, match="accepts no money"):
                await till.close(by=BANK, by_whom="x", pay=5)
            with pytest.raises(WrongCall, match="whole minor units"):
                await till.pay_in(by=ALICE, mood="SAD", pay=-5)
            with pytest.raises(InvalidEncoding, match="pay_in takes mood"):
                await till.pay_in(by=ALICE, pay=5)
            with pytest.raises(InvalidEncoding, match="one of GLAD, SAD"):
                await till.pay_in(by=ALICE, mood="MAD", pay=5)
            with pytest.raises(WrongCall, match="no argument by"):
                await till.slip(by=ALICE)
            assert town.chain.executor.head.header.height == height
            with pytest.raises(NotFound):
                await client.contract(ALICE.address)

    asyncio.run(story())


# Accounts


def test_several_sign_together_and_a_payer_pays() -> None:
    async def story() -> None:
        members = [SigningKey(bytes([20 + number]) * 32) for number in range(3)]
        board = ThresholdAccount(2, [key.public for key in members], members[1:])
        async with open_town() as town, town.client() as client:
            await client.transfer(WON, board.address, 100, by=ALICE)
            calls = [transfer(WON, BANK.address, 60)]
            receipt = await client.submit_and_wait(calls, by=board, payer=BANK)
            assert receipt.height == 2
            assert await client.read_balance(WON, board.address) == 40

    asyncio.run(story())


def test_an_account_that_rotated_its_key_keeps_its_address() -> None:
    async def story() -> None:
        fresh = SigningKey(b"n" * 32)
        rotated = LocalAccount(fresh, address=ALICE.address)
        async with open_town() as town, town.client() as client:
            await client.submit_and_wait([set_policy(KeyPolicy(fresh.public))], by=ALICE)
            assert compute_address(rotated.policy) != rotated.address
            receipt = await client.transfer(WON, BANK.address, 5, by=rotated)
            assert receipt.height == 2

    asyncio.run(story())
