"""Payments a second where one signature covers many of them, each provable alone.

What is measured
----------------
What an institution does that pays many people at once: transactions of so many transfers each, all
of one sender, each to another receiver. They take the whole way that `transfer` measures, with
everything on. Every payment is a call of its own: it is metered, leaves an event, and is a leaf
under the one receipt of its transaction. It is counted when the client has verified the certificate
of its block and the receipt says that all payments of the transaction happened.

At the end one payment is drawn by lot. Its proof file is cut out of a node's answer, written, and
checked by the code behind `dure verify`: it must show that payment, to that receiver, and no other.

What is not
-----------
* Signing, distance, other clients' copies: as in `transfer`.
* Payments that are signed one by one: that is `transfer`.
* Failures: a transaction of which one payment is refused pays nobody, and none is refused here.

A transaction states as much gas as its payments need and little more, as a client in a hurry does:
a block has room for a sum of limits.
"""

import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from dure.chain.system import TransferArguments
from dure.chain.transaction import Body
from dure.cli.bench.figures import compute_signature_bound
from dure.cli.bench.machine import count_cores, measure_verify_seconds
from dure.cli.bench.running.course import Finality, Pace, measure_course
from dure.cli.bench.running.stock import prepare_payments
from dure.cli.bench.running.town import found_town
from dure.cli.verify import check_proof_file
from dure.core.address import encode_address
from dure.core.codec import decode
from dure.core.errors import InvalidProof
from dure.proof import ProofFile, Verdict, encode_proof, isolate_outcome, trust_chain
from dure.proof.claims import AllOutcomes, TransactionClaim
from dure.sdk import AsyncClient

PREPARED_PER_SECOND_MAX: Final = 100_000
"""Payments for which transactions are signed before the clock starts; the rest, if any, later."""


@dataclass(frozen=True, slots=True)
class PaymentsPlan:
    """What to measure."""

    validators: int
    seconds: float
    """Measured time of one run; the warm-up comes before it."""
    accounts: int
    per_transaction: int
    """Payments under one signature."""
    in_flight: int
    """Transactions on their way at once."""
    runs: int = 1
    proof_file: Path | None = None
    """Where the proof of one payment is left; None to keep none."""
    accounts_beside: int | None = None
    """Accounts of a second network, measured after the first; None for no second one."""
    profile: Path | None = None
    """Where to draw what one node of the first network does."""


def measure_payments(plan: PaymentsPlan) -> dict[str, Any]:
    """Return the figures; `docs/reference/benchmarks.md` says what each is."""
    figures = _measure_one(plan)
    if plan.accounts_beside is None:
        return figures
    beside = _measure_one(
        replace(plan, accounts=plan.accounts_beside, proof_file=None, profile=None)
    )
    return figures | {
        "accounts_beside": plan.accounts_beside,
        "payments_per_second_beside": beside["payments_per_second"],
        "beside": beside,
    }


def _measure_one(plan: PaymentsPlan) -> dict[str, Any]:
    pace = Pace(plan.seconds, plan.in_flight, runs=plan.runs, profile=plan.profile)
    signed = compute_signature_bound(count_cores(), plan.validators, measure_verify_seconds())
    rate_max = min(signed, PREPARED_PER_SECOND_MAX / plan.per_transaction)
    with found_town(plan.validators, plan.accounts) as town:
        stock = prepare_payments(town, pace.count_needed(rate_max), plan.per_transaction)
        file = plan.proof_file or town.folder / "payment.proof.json"
        figures = measure_course(town, lambda: stock, pace, lambda final: _prove_one(final, file))
    each = plan.per_transaction
    node_cpu_us = figures["node_cpu_us"]
    return figures | {
        "payments_per_second": round(figures["tx_per_second"] * each, 1),
        "payments": figures["final"] * each,
        "payments_per_transaction": each,
        "node_cpu_us_per_payment": None if node_cpu_us is None else round(node_cpu_us / each, 2),
        "proof_file": None if plan.proof_file is None else str(plan.proof_file),
    }


async def _prove_one(final: Finality, file: Path) -> dict[str, Any]:
    """Draw a payment by lot, prove it with a file, and say whether the file holds."""
    if not final.transaction_ids:
        return {"payment_proved": False, "receipt_leaves": 0, "proof_bytes": 0, "chain_id": None}
    town = final.town
    async with AsyncClient(town.urls, chain_id=town.chain_id) as client:
        whole = await client.prove_transaction(secrets.choice(final.transaction_ids))
    return _check_one(whole, file)


def _check_one(whole: ProofFile, file: Path) -> dict[str, Any]:
    assert isinstance(whole.claim, TransactionClaim), "a transaction was asked for"
    body, shown = whole.claim.body, whole.claim.receipt.shown
    assert isinstance(shown, AllOutcomes), "all that the transaction did was asked for"
    call = secrets.randbelow(len(body.calls))
    file.write_bytes(encode_proof(isolate_outcome(whole, call)))
    return {
        "payment_proved": is_payment_proved(file, body, call),
        "receipt_leaves": len(shown.outcomes),
        "proof_bytes": file.stat().st_size,
        "chain_id": body.chain_id.hex(),
    }


def is_payment_proved(file: Path, body: Body, call: int) -> bool:
    """Say whether the file, as `dure verify` reads it, shows that call's payment and no other."""
    ordered = decode(TransferArguments, body.calls[call].arguments)
    try:
        verdict = check_proof_file(file, trust_chain(body.chain_id))
    except InvalidProof:
        return False
    return verdict.is_proved and _list_payments(verdict) == [
        ("transferred", encode_address(ordered.target), ordered.amount)
    ]


def _list_payments(verdict: Verdict) -> list[tuple[str, object, object]]:
    return [
        (event.name, (event.fields or {}).get("target"), (event.fields or {}).get("amount"))
        for event in verdict.events
    ]
