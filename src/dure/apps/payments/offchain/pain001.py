"""Customer credit transfer initiations (pain.001), versions 03 to 13.

Names in comments are those of ISO 20022. What a file says is kept as it says it; whether a payment
can be made is decided in `intake.py`.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dure.apps.payments.offchain.documents import Node, read_document
from dure.apps.payments.offchain.errors import UnreadableMessage

PAYMENTS_MAX: Final = 10_000
_MESSAGE: Final = re.compile(r"pain\.001\.001\.(?:0[3-9]|1[0-3])")
_DECIMAL: Final = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,17})?")
_CURRENCY: Final = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One credit transfer."""

    information: str
    """PmtInfId: the group of payments from one account."""
    method: str
    """PmtMtd: TRF is a transfer, CHK a cheque."""
    instruction: str
    end_to_end: str
    amount: Decimal
    currency: str
    is_equivalent: bool
    """Whether the amount is in another currency than the transfer (EqvtAmt)."""
    debtor_account: str
    creditor: str
    creditor_account: str
    """IBAN or another number; empty where there is none."""
    purpose: str
    """Unstructured remittance information."""


@dataclass(frozen=True, slots=True)
class Initiation:
    """A whole file."""

    message: str
    number: str
    """MsgId."""
    payments_told: str
    """NbOfTxs, as the file says."""
    sum_told: Decimal | None
    """CtrlSum; none where the file says none."""
    instructions: tuple[Instruction, ...]


def read_initiation(data: bytes) -> Initiation:
    """Return what a pain.001 says; raise `UnreadableMessage` where it is none."""
    message, root = read_document(data)
    if not _MESSAGE.fullmatch(message) or root.name != "CstmrCdtTrfInitn":
        raise UnreadableMessage(f"this is {message[:40]}, not pain.001.001.03 to 13")
    instructions: list[Instruction] = []
    for payment in root.list("PmtInf"):
        for transfer in payment.list("CdtTrfTxInf"):
            if len(instructions) == PAYMENTS_MAX:
                raise UnreadableMessage(f"a file has at most {PAYMENTS_MAX} payments")
            instructions.append(_read_instruction(payment, transfer))
    number = root.text("GrpHdr/MsgId")
    if not instructions or not number:
        raise UnreadableMessage("the file has no message identification, or no payment")
    told = root.text("GrpHdr/CtrlSum")
    return Initiation(
        message=message,
        number=number,
        payments_told=root.text("GrpHdr/NbOfTxs"),
        sum_told=_read_decimal(told) if told else None,
        instructions=tuple(instructions),
    )


def _read_instruction(payment: Node, transfer: Node) -> Instruction:
    equivalent = transfer.find("Amt/EqvtAmt/Amt")
    amount = equivalent or transfer.find("Amt/InstdAmt")
    if amount is None or not _CURRENCY.fullmatch(amount.attribute("Ccy")):
        raise UnreadableMessage("a payment has no amount in a currency")
    return Instruction(
        information=payment.text("PmtInfId"),
        method=payment.text("PmtMtd"),
        instruction=transfer.text("PmtId/InstrId"),
        end_to_end=transfer.text("PmtId/EndToEndId"),
        amount=_read_decimal(amount.content),
        currency=amount.attribute("Ccy"),
        is_equivalent=equivalent is not None,
        debtor_account=payment.text("DbtrAcct/Id/IBAN", "DbtrAcct/Id/Othr/Id"),
        creditor=transfer.text("Cdtr/Nm"),
        creditor_account=transfer.text("CdtrAcct/Id/IBAN", "CdtrAcct/Id/Othr/Id"),
        purpose=" ".join(each.content for each in transfer.list("RmtInf/Ustrd")),
    )


def _read_decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise UnreadableMessage(f"no amount: {text[:40]!r}")
    return Decimal(text)
