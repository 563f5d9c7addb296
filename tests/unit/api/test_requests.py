"""Every operation over the real ledger, held against the types that OpenAPI is made from."""

from typing import Any

import msgspec
import pytest

from dure.api.answers import shapes
from dure.chain import state
from dure.chain.genesis.document import compute_chain_id, decode_genesis_file
from dure.core.address import encode_address
from dure.proof.file import encode_proof, parse_proof
from dure.proof.json_form import Json
from dure.proof.trust import trust_chain
from dure.proof.verification import verify
from tests.unit.api.serving import Desk
from tests.unit.api.solo_chain import ALICE, BANK, FUNDS, GUESTBOOK, WON

BYTES = {"content-type": "application/octet-stream"}


def test_a_final_answer_carries_receipt_outcomes_and_a_proof_that_holds(desk: Desk) -> None:
    signed = desk.chain.pay(250)
    answer = desk.run(
        lambda client: client.post(
            "/v1/transactions?wait=final&timeout_s=5", content=signed.envelope, headers=BYTES
        )
    )
    assert answer.status_code == 200
    final = msgspec.convert(answer.json(), shapes.FinalAnswer)
    assert (final.transaction_id, final.finality) == (signed.transaction_id.hex(), "final")
    assert (final.height, final.index, final.receipt.status) == (1, 0, "ok")
    assert final.outcomes[0].events[0].fields == {
        "asset": WON.hex(),
        "source": encode_address(ALICE.address),
        "target": encode_address(BANK.address),
        "amount": 250,
    }
    proof = parse_proof(answer.json()["proof"])
    verdict = verify(proof, trust_chain(desk.chain.executor.chain_id))
    assert verdict.is_proved
    assert verdict.block_id.hex() == final.block_id


def test_without_waiting_the_answer_is_pending(desk: Desk) -> None:
    signed = desk.chain.pay(1)
    answer = desk.run(
        lambda client: client.post("/v1/transactions", json={"envelope": signed.envelope.hex()})
    )
    assert answer.status_code == 202
    assert answer.json() == {"transaction_id": signed.transaction_id.hex(), "finality": "pending"}


def test_waiting_too_long_says_so(desk: Desk) -> None:
    desk.chain.instant = False
    signed = desk.chain.pay(1)
    answer = desk.run(
        lambda client: client.post(
            "/v1/transactions?wait=final&timeout_s=0", content=signed.envelope, headers=BYTES
        )
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timed_out")


def test_a_contract_refusal_is_a_receipt_and_no_error(desk: Desk) -> None:
    book = desk.chain.deploy()
    signed = desk.chain.sign(book.call("write", text=""))
    answer = desk.run(
        lambda client: client.post(
            "/v1/transactions?wait=final", content=signed.envelope, headers=BYTES
        )
    )
    assert answer.status_code == 200
    receipt = answer.json()["receipt"]
    assert receipt["status"] != "ok"
    assert receipt["message"] == "an empty line"


def test_status_and_genesis_name_the_same_chain(desk: Desk) -> None:
    desk.chain.send(desk.chain.pay(1))
    status = msgspec.convert(desk.get("/v1/status"), shapes.StatusAnswer)
    assert (status.height, status.test, status.offset) == (1, True, -1_000)
    assert [member.organisation for member in status.members] == ["bank"]
    genesis = desk.run(lambda client: client.get("/v1/genesis"))
    assert genesis.headers["content-type"] == "application/octet-stream"
    document = decode_genesis_file(genesis.content)
    assert compute_chain_id(document.genesis).hex() == status.chain_id


def test_blocks_come_in_rising_order_and_page(desk: Desk) -> None:
    for amount in range(1, 8):
        desk.chain.send(desk.chain.pay(amount))
    desk.catch_up()
    newest = msgspec.convert(desk.get("/v1/blocks?limit=3"), shapes.BlockList)
    assert [block.height for block in newest.blocks] == [5, 6, 7]
    page = msgspec.convert(desk.get("/v1/blocks?from=0&limit=5"), shapes.BlockList)
    assert [block.height for block in page.blocks] == [0, 1, 2, 3, 4]
    rest = msgspec.convert(desk.get(f"/v1/blocks?from={page.next}&limit=5"), shapes.BlockList)
    assert ([block.height for block in rest.blocks], rest.next) == ([5, 6, 7], None)


def test_a_block_is_shown_with_its_certificate(desk: Desk) -> None:
    signed = [desk.chain.pay(1), desk.chain.pay(2)]
    desk.chain.send(*signed)
    block = msgspec.convert(desk.get("/v1/blocks/1"), shapes.BlockAnswer)
    assert block.transactions == [each.transaction_id.hex() for each in signed]
    assert len(block.certificate.seals) == 1
    assert [receipt.id for receipt in block.receipts] == block.transactions
    assert desk.get("/v1/blocks/2", 404)["error"]["code"] == "not_found"
    for bad in ("-1", "x", "9" * 30, "1.5"):
        assert desk.get(f"/v1/blocks/{bad}", 400)["error"]["code"] == "invalid_request"


def test_one_call_is_proved_without_the_others(desk: Desk) -> None:
    book = desk.chain.deploy()
    signed = desk.chain.sign(book.call("write", text="mine"), book.call("write", text="secret"))
    desk.chain.send(signed)
    path = f"/v1/transactions/{signed.transaction_id.hex()}/proof"
    proof = parse_proof(desk.get(f"{path}?call=0"))
    assert verify(proof, trust_chain(desk.chain.executor.chain_id)).is_proved
    assert b"mine".hex() in encode_proof(proof).decode()
    assert b"secret".hex() not in encode_proof(proof).decode()
    assert b"secret".hex() in encode_proof(parse_proof(desk.get(path))).decode()
    assert desk.get(f"{path}?call=2", 404)["error"]["code"] == "not_found"
    for bad in ("-1", "x", "1024"):
        assert desk.get(f"{path}?call={bad}", 400)["error"]["code"] == "invalid_request"


def test_a_transaction_is_shown_opened_and_proved(desk: Desk) -> None:
    book = desk.chain.deploy()
    signed = desk.chain.sign(book.call("write", text="두레"))
    desk.chain.send(signed)
    name = signed.transaction_id.hex()
    shown = msgspec.convert(desk.get(f"/v1/transactions/{name}"), shapes.TransactionAnswer)
    assert shown.calls[0].named == {"text": "두레"}
    assert shown.outcomes[0].events[0].fields == {
        "author": encode_address(ALICE.address),
        "text": "두레",
    }
    proof = parse_proof(desk.get(f"/v1/transactions/{name}/proof"))
    assert verify(proof, trust_chain(desk.chain.executor.chain_id)).is_proved
    assert desk.get(f"/v1/transactions/{'0' * 64}", 404)["error"]["code"] == "not_found"
    assert desk.get("/v1/transactions/xyz", 400)["error"]["code"] == "invalid_request"


def test_a_scheduled_call_is_found_and_proved(desk: Desk) -> None:
    book = desk.chain.deploy()
    desk.chain.send(desk.chain.sign(book.call("remind", text="tea")))
    desk.chain.make_block(2_000)
    desk.catch_up()
    listed = desk.get(f"/v1/events?contract={encode_address(book.address)}")["events"]
    source = listed[0]["source"]
    found = msgspec.convert(desk.get(f"/v1/scheduled/{source}"), shapes.ScheduledAnswer)
    assert (found.height, found.receipt.kind) == (3, "scheduled")
    proof = parse_proof(desk.get(f"/v1/scheduled/{source}/proof"))
    assert verify(proof, trust_chain(desk.chain.executor.chain_id)).is_proved


def test_an_account_has_its_balances(desk: Desk) -> None:
    desk.chain.send(desk.chain.pay(5))
    answer = desk.get(f"/v1/accounts/{encode_address(ALICE.address)}")
    account = msgspec.convert(answer, shapes.AccountAnswer)
    assert (account.organisation, account.known, account.is_contract) == ("bank", True, False)
    held = account.balances[0]
    assert (held.code, held.amount, held.frozen) == ("KRW", str(FUNDS - 5), False)
    stranger = desk.get(f"/v1/accounts/{encode_address(type(ALICE.address)(bytes(32)))}")
    assert (stranger["known"], stranger["balances"]) == (False, [])
    assert desk.get("/v1/accounts/dure1nonsense", 400)["error"]["code"] == "invalid_request"


def test_assets_have_their_supply(desk: Desk) -> None:
    assets = msgspec.convert(desk.get("/v1/assets"), shapes.AssetList).assets
    assert [(asset.asset, asset.supply) for asset in assets] == [(WON.hex(), str(FUNDS))]


def test_a_contract_is_listed_shown_and_asked(desk: Desk) -> None:
    book = desk.chain.deploy()
    desk.chain.send(desk.chain.sign(book.call("write", text="hello")))
    desk.catch_up()
    address = encode_address(book.address)
    listed = msgspec.convert(desk.get("/v1/contracts"), shapes.ContractList)
    assert [(each.address, each.name) for each in listed.contracts] == [(address, "Guestbook")]
    shown = msgspec.convert(desk.get(f"/v1/contracts/{address}"), shapes.ContractAnswer)
    assert shown.source == GUESTBOOK
    assert shown.interface["methods"]["line"]["kind"] == "view"

    def ask(body: Json) -> tuple[int, Any]:
        path = f"/v1/contracts/{address}/views/line"
        answer = desk.run(lambda client: client.post(path, json=body))
        return answer.status_code, answer.json()

    bodies: list[Json] = [{"number": 0}, [0]]
    for body in bodies:
        status, answer = ask(body)
        assert (status, answer["result"]) == (200, "hello")
    status, answer = ask({"number": 7})
    assert (status, answer["error"]["code"]) == (422, "view_refused")
    wrong: list[Json] = [{"number": "x"}, {}, [], [1, 2], {"number": 0, "more": 1}]
    for body in wrong:
        status, answer = ask(body)
        assert (status, answer["error"]["code"]) == (400, "invalid_value")


def test_views_cannot_change_anything(desk: Desk) -> None:
    address = encode_address(desk.chain.deploy().address)
    path = f"/v1/contracts/{address}/views/write"
    answer = desk.run(lambda client: client.post(path, json={"text": "x"}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("present", [True, False])
def test_state_is_proved_present_or_absent(desk: Desk, present: bool) -> None:
    desk.chain.send(desk.chain.pay(1))
    holder = ALICE.address if present else type(ALICE.address)(b"n" * 32)
    key = state.key_balance(WON, holder)
    proof = parse_proof(desk.get(f"/v1/state/{key.hex()}/proof"))
    assert verify(proof, trust_chain(desk.chain.executor.chain_id)).is_proved
    assert (proof.claim.value is not None) is present  # type: ignore[union-attr]  # the claim is about the state


def test_state_of_a_chain_without_blocks_has_no_certificate_yet(desk: Desk) -> None:
    assert desk.get("/v1/state/00/proof", 503)["error"]["code"] == "unavailable"
    assert desk.get("/v1/state/0/proof", 400)["error"]["code"] == "invalid_request"


def test_events_page(desk: Desk) -> None:
    book = desk.chain.deploy()
    for text in "abcde":
        desk.chain.send(desk.chain.sign(book.call("write", text=text)))
    desk.catch_up()
    path = f"/v1/events?contract={encode_address(book.address)}&name=Written&limit=2"
    texts, after = [], ""
    while True:
        page = msgspec.convert(desk.get(path + after), shapes.EventList)
        texts += [item.event.fields["text"] for item in page.events if item.event.fields]
        if page.next is None:
            break
        after = f"&after={page.next}"
    assert texts == list("abcde")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=100000",
        "limit=x",
        "unknown=1",
        "after=1",
        "after=a-b-c-d",
        "limit=1&limit=2",
    ],
)
def test_queries_are_read_strictly(desk: Desk, query: str) -> None:
    assert desk.get(f"/v1/events?{query}", 400)["error"]["code"] == "invalid_request"


def test_health_says_why_not(desk: Desk) -> None:
    assert desk.get("/healthz") == {"ready": True, "reason": "", "height": 0}
    desk.chain.syncing = True
    answer = desk.get("/healthz", 503)
    assert answer["ready"] is False
    assert "catching up" in answer["reason"]
