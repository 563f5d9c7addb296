"""What the wallet says of what it sent: final by the proof alone, and nothing only where it is."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

import pytest

from tests.unit.console.proof_page.node import Node, find_missing, open_node
from tests.unit.core.vectors import FOLDER

RUNNER: Final = Path(__file__).with_name("becoming.mjs")
OTHER: Final = "11" * 32
UNTIL: Final = 2**50
"""Later than any clock of a browser here."""
BUSY: Final = [429, {"error": {"code": "too_many_requests", "message": "slowly"}}]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Node:
    missing = find_missing()
    if missing:
        pytest.skip(missing)
    return open_node(tmp_path_factory.mktemp("modules"), RUNNER)


def load(name: str) -> tuple[str, str, str]:
    """Return a known proof's bytes in base64, its chain and the transaction that it is of."""
    expected = json.loads((FOLDER / "proof" / "expected.json").read_bytes())[name]
    data = (FOLDER / "proof" / f"{name}.json").read_bytes()
    transaction = expected["statement"].partition("the transaction ")[2][:64]
    return b64encode(data).decode(), expected["chain_id"], transaction


def say(status: str, height: int = 999) -> list[Any]:
    """Return what a node says of a transaction: here, whatever it likes."""
    receipt = {"status": status, "message": "as the node says"}
    return [200, {"receipt": receipt, "height": height, "outcomes": []}]


def stand(chain: str, height: int | None, block_time: int = UNTIL) -> list[Any]:
    return [200, {"chain_id": chain, "height": height, "block_time": block_time}]


def follow(page: Node, job: str, id_: str, chain: str, **answers: list[Any]) -> Any:
    given = {"standing.json": answers.pop("standing"), **answers}
    about = {"id": id_, "chain": chain, "validUntil": UNTIL, "answers": given}
    return page.ask(job, about)


def test_what_is_final_and_how_it_ended_is_told_by_the_proof(page: Node) -> None:
    proof, chain, id_ = load("transaction")
    standing = [stand(chain, 7)]
    answer = [say("insufficient_balance")]
    told = follow(page, "submit", id_, chain, standing=standing, transaction=answer, proof=[proof])
    assert told["end"] == {"height": 1, "status": "ok"}
    assert told["steps"] == ["signed", "accepted", "final"]
    (kept,) = told["proofs"]
    assert (kept["id"], kept["height"], kept["status"]) == (id_, 1, "ok")
    assert told["pending"] == []


def test_a_proof_of_another_transaction_or_chain_ends_nothing(page: Node) -> None:
    proof, chain, id_ = load("transaction")
    for wanted, home, given in [
        (OTHER, chain, proof),
        (id_, "ab" * 32, proof),
        (id_, chain, b64encode(b"{}").decode()),
    ]:
        standing, answer = [stand(home, 7)], [say("ok")]
        told = follow(
            page, "submit", wanted, home, standing=standing, transaction=answer, proof=[given]
        )
        assert (told["end"]["code"], told["end"]["happened"]) == ("wrong_proof", None)
        assert (told["steps"], told["proofs"]) == (["signed", "accepted"], [])
        assert told["pending"] == [wanted]


def test_a_node_that_cannot_say_now_is_asked_again(page: Node) -> None:
    proof, chain, id_ = load("transaction")
    told = follow(
        page,
        "submit",
        id_,
        chain,
        standing=[stand(chain, 1)],
        transaction=[BUSY, [503, {}], say("ok")],
        proof=[BUSY, BUSY, BUSY, proof],
    )
    assert told["end"] == {"height": 1, "status": "ok"}


def test_any_other_trouble_once_a_block_holds_it_does_not_undo_it(page: Node) -> None:
    proof, chain, id_ = load("transaction")
    denied = [403, {"error": {"code": "role_missing", "message": "no"}}]
    told = follow(
        page, "submit", id_, chain, standing=[stand(chain, 1)], transaction=[denied], proof=[proof]
    )
    assert told["end"] == {"code": "role_missing", "message": "no", "height": 1, "happened": None}
    assert told["pending"] == [id_]


def test_only_the_chains_own_time_ends_it(page: Node) -> None:
    """The browser's clock plays no part: here the block's time stands still for long, then ends it.

    `UNTIL` itself is still in time.
    """
    proof, chain, _ = load("transaction")
    for offset in (0, 1):
        late = stand(chain, None, UNTIL + offset)
        end = stand(chain, None, UNTIL + 1)
        told = follow(
            page,
            "submit",
            OTHER,
            chain,
            standing=[*[late] * 5, end],
            transactions=[[200, {}]],
            proof=[proof],
        )
        assert (told["end"]["code"], told["end"]["happened"]) == ("expired", False)
        assert told["steps"] == ["signed"] + ([] if offset else ["accepted"])
        assert told["pending"] == []


def test_what_the_browser_calls_late_may_still_happen(page: Node) -> None:
    proof, chain, id_ = load("transaction")
    about = {
        "id": id_,
        "chain": chain,
        "validUntil": 1_000,
        "answers": {
            "standing.json": [*[stand(chain, None, 999)] * 5, stand(chain, 1, 1_001)],
            "transactions": [[200, {}]],
            "transaction": [say("ok")],
            "proof": [proof],
        },
    }
    assert page.ask("submit", about)["end"] == {"height": 1, "status": "ok"}


REFUSAL: Final = [422, {"error": {"code": "wrong_policy", "message": "another key"}}]


def test_a_refusal_at_sending_is_nothing_unless_it_may_have_been_sent_before(page: Node) -> None:
    proof, chain, id_ = load("transaction")
    waiting = stand(chain, None, 1)
    given: dict[str, Any] = {"transaction": [say("ok")], "proof": [proof]}
    told = follow(page, "submit", id_, chain, standing=[waiting], transactions=[REFUSAL], **given)
    assert (told["end"]["code"], told["end"]["happened"]) == ("wrong_policy", False)
    assert told["pending"] == []
    later = [waiting, waiting, stand(chain, 1)]
    told = follow(page, "resume", id_, chain, standing=later, transactions=[REFUSAL], **given)
    assert told["end"] == {"height": 1, "status": "ok"}


def test_a_list_of_proofs_is_drawn_without_their_bytes(page: Node) -> None:
    told = page.ask("listing", {"chain": "ab" * 32})
    assert told["counted"] == 2
    assert told["left"] == [{"id": "two", "time": 3}]
    assert told["bytes"] == 9


def test_an_answer_longer_than_a_proof_may_be_is_given_up(page: Node) -> None:
    _, chain, id_ = load("transaction")
    endless = b64encode(bytes(16 * 1024 * 1024 + 1)).decode()
    told = follow(
        page,
        "submit",
        id_,
        chain,
        standing=[stand(chain, 1)],
        transaction=[say("ok")],
        proof=[endless],
    )
    assert told["end"]["code"] == "wrong_proof"
    assert told["end"]["message"] == "it is larger than a proof may be"
