"""From a file of payments to orders: what can be ordered, and why the rest cannot.

Codes are those of the external status reasons of ISO 20022. What the contract refuses later, by its
limits or for want of money, has its code here as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Final

from dure.apps.payments.offchain.pain001 import Initiation, Instruction
from dure.contract.language import Hash
from dure.core.types import Address, AssetId

REFUSED_AS: Final[Mapping[str, str]] = {
    "that is more than the limit of one payment": "AM14",
    "that is more than the limit of one day": "AM14",
    "the account has not so much money": "AM04",
    "the payment is ordered already": "AM05",
    "the account is blocked or closed": "AC06",
    "there is no such account": "AC01",
    "an amount is above zero": "AM01",
    "nothing would move": "AC03",
}
"""Codes of what the contract refuses; anything else is MS03, no reason given."""
REASON_UNSAID: Final = "MS03"


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account that a number in a file stands for."""

    holder: Address
    money: AssetId
    currency: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """A payment that can be ordered, in minor units."""

    instruction: Instruction
    payer: KnownAccount
    payee: KnownAccount
    amount: int
    end_to_end: Hash


@dataclass(frozen=True, slots=True)
class Refused:
    """A payment that cannot, with the code of its reason."""

    instruction: Instruction
    reason: str


Decision = Ordered | Refused


def find_group_reason(initiation: Initiation) -> str:
    """Return why the file as a whole is refused: AM18, AM10; empty where it is not."""
    if initiation.payments_told != str(len(initiation.instructions)):
        return "AM18"
    added = sum((each.amount for each in initiation.instructions), Decimal(0))
    return "AM10" if initiation.sum_told not in (None, added) else ""


def decide(
    initiation: Initiation, accounts: Mapping[str, KnownAccount], salt: bytes
) -> tuple[Decision, ...]:
    """Return an order or a refusal for each payment, in the file's order.

    `salt` keeps the digests of references from being guessed; a payer keeps one and the same.
    """
    reason = find_group_reason(initiation)
    seen: set[tuple[str, str]] = set()
    decisions: list[Decision] = []
    for each in initiation.instructions:
        key = (each.information, each.end_to_end)
        is_again = key in seen and each.end_to_end != "NOTPROVIDED"
        seen.add(key)
        why = reason or ("AM05" if is_again else "")
        decisions.append(Refused(each, why) if why else _decide_one(each, accounts, salt))
    return tuple(decisions)


def _decide_one(
    instruction: Instruction, accounts: Mapping[str, KnownAccount], salt: bytes
) -> Decision:
    payer = accounts.get(instruction.debtor_account)
    payee = accounts.get(instruction.creditor_account)
    if instruction.method != "TRF":
        return Refused(instruction, "AG01")
    if payer is None:
        return Refused(instruction, "AC02")
    if payee is None:
        return Refused(instruction, "AC03")
    monies = {instruction.currency, payer.currency, payee.currency}
    if instruction.is_equivalent or len(monies) != 1:
        return Refused(instruction, "AM03")
    units = instruction.amount.scaleb(payer.decimals)
    if units != int(units) or not 0 < units < 2**63:
        return Refused(instruction, "AM12")
    digest = compute_reference(instruction, salt)
    return Ordered(instruction, payer, payee, int(units), digest)


def compute_reference(instruction: Instruction, salt: bytes) -> Hash:
    """Return the digest under which an order stands, so that no payment is ordered twice."""
    parts = (instruction.debtor_account, instruction.information, instruction.end_to_end)
    return Hash(sha256(salt + b"\0".join(part.encode() for part in parts)).digest())


def find_reason(refusal: str) -> str:
    """Return the code for what the contract said."""
    return next((code for words, code in REFUSED_AS.items() if words in refusal), REASON_UNSAID)
