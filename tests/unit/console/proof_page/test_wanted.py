"""A sound proof of something else than what was asked for is no proof of that."""

from base64 import b64encode
from typing import Any

import pytest

from tests.unit.console.proof_page.node import STATIC, Node
from tests.unit.proof.test_file import VECTORS


def ask(node: Node, name: str, wanted: dict[str, str] | None) -> dict[str, Any]:
    data = b64encode((VECTORS / f"{name}.json").read_bytes()).decode()
    (found,) = node.ask("verify", [{"data": data, "trust": [], "wanted": wanted}])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ["one_payment", "scheduled", "hidden"])
def test_the_claim_must_be_what_was_asked_for(node: Node, name: str) -> None:
    claim = ask(node, name, None)["claim"]
    kind, id_ = claim["kind"], claim["id"]
    assert ask(node, name, {"kind": kind, "id": id_})["claim"] == claim
    other = {"transaction": "scheduled", "scheduled": "transaction"}[kind]
    for wanted in ({"kind": kind, "id": "11" * 32}, {"kind": other, "id": id_}):
        verdict = ask(node, name, wanted)
        assert (verdict["answer"], verdict["claim"]) == ("broken", None)
        assert verdict["steps"][-1] == ["transaction", False, "claim_other"]


def test_a_value_of_the_state_is_no_transaction(node: Node) -> None:
    assert ask(node, "state", {"kind": "transaction", "id": "11" * 32})["answer"] == "broken"


@pytest.mark.parametrize(
    "path", ["proof/button.js", "proof/page.js", "wallet/sent.js", "signing/transactions.js"]
)
def test_whoever_asks_for_a_proof_says_of_what(path: str) -> None:
    script = (STATIC / path).read_text("utf-8")
    for call in script.split("verifyProof(")[1:]:
        assert "wanted" in call[:200]
