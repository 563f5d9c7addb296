"""`dure bench payments`: what it sends, what it takes for a proof, and the whole on processes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dure.chain.system import TransferArguments
from dure.chain.transaction import Body, Envelope
from dure.cli.bench.payments import is_payment_proved
from dure.cli.bench.running import commands
from dure.cli.bench.running.stock import prepare_payments
from dure.cli.bench.running.town import found_town
from dure.cli.main import build_app
from dure.core.codec import decode
from dure.proof import build_transaction_proof, decode_proof, encode_proof, isolate_outcome
from dure.proof.claims import TransactionClaim
from tests.unit.proof.chains import Chain


def test_a_transaction_pays_each_receiver_once_and_senders_take_turns() -> None:
    with found_town(1, 30) as town:
        prepared = prepare_payments(town, 3, 10).take(3)
    bodies = [decode(Body, decode(Envelope, each.envelope).body) for each in prepared]
    assert len({body.sender for body in bodies}) == 3
    targets = [
        decode(TransferArguments, call.arguments).target for body in bodies for call in body.calls
    ]
    assert sorted(targets) == sorted(town.population.addresses)


def test_only_the_payment_that_was_ordered_is_taken_for_proved(tmp_path: Path) -> None:
    chain = Chain()
    whole = build_transaction_proof(chain.add(chain.transfers(7, 8)), 0)
    assert isinstance(whole.claim, TransactionClaim)
    body = whole.claim.body
    file = tmp_path / "proof.json"
    file.write_bytes(encode_proof(isolate_outcome(whole, 1)))
    assert is_payment_proved(file, body, 1)
    assert not is_payment_proved(file, body, 0), "it shows another payment"
    file.write_bytes(encode_proof(whole))
    assert not is_payment_proved(file, body, 1), "it shows more than one"
    file.write_bytes(file.read_bytes().replace(b'"height":', b'"height": '))
    assert not is_payment_proved(file, body, 1), "it is broken"


@pytest.mark.thorough
@pytest.mark.e2e
def test_payments_become_final_and_one_is_proved_by_a_file_that_anybody_can_check(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "payment.proof.json"
    options = ["--validators", "1", "--seconds", "1", "--accounts", "50", "--in-flight", "4"]
    options += ["--payments-per-transaction", "7", "--proof", str(kept), "--json"]
    options += ["--accounts-beside", "90"]
    app = build_app(["bench", "verify"])
    result = CliRunner().invoke(app, ["bench", "payments", *options])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["lost"], figures["doubled"], figures["refused"]) == (0, 0, 0)
    assert (figures["payment_proved"], figures["receipt_leaves"]) == (True, 7)
    assert figures["payments"] == 7 * figures["final"] > 0
    beside = figures["beside"]
    assert (figures["accounts"], beside["accounts"]) == (50, figures["accounts_beside"]) == (50, 90)
    assert figures["payments_per_second_beside"] == beside["payments_per_second"] > 0
    assert figures["payments_per_second"] == pytest.approx(7 * figures["tx_per_second"])
    verdict = CliRunner().invoke(app, ["verify", str(kept), "--chain", figures["chain_id"]])
    assert verdict.exit_code == 0, verdict.output
    assert figures["proof_bytes"] == len(encode_proof(decode_proof(kept.read_bytes())))


KEPT = {"lost": 0, "doubled": 0, "state_roots_equal": True, "payment_proved": True}


@pytest.mark.parametrize(
    "figures", [KEPT | {"payment_proved": False}, KEPT | {"beside": KEPT | {"doubled": 1}}]
)
def test_a_promise_that_is_broken_is_exit_code_1(
    figures: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "measure_payments", lambda _: figures)
    result = CliRunner().invoke(build_app(["bench"]), ["bench", "payments", "--json"])
    assert result.exit_code == 1
