"""What a bank tells its customer: status reports (pain.002), statements and notifications (camt).

pain.002.001.12, camt.053.001.08 and camt.054.001.08. Amounts are whole minor units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from dure.apps.payments.offchain.documents import Writer, begin_document, encode_document
from dure.apps.payments.offchain.pain001 import Initiation, Instruction
from dure.core.types import Instant

STATUS_OF: Final = {
    "CREATED": "PDNG",
    "AGREED": "ACCP",
    "APPROVED": "ACWP",
    "SENT": "ACSP",
    "SETTLED": "ACSC",
    "REJECTED": "RJCT",
    "RETURNED": "RJCT",
}
"""External payment transaction status for each step of an order."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one payment: a status, and the code of the reason where it was refused."""

    instruction: Instruction
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """One movement on an account; below zero where money left it."""

    reference: str
    end_to_end: str
    units: int
    at: Instant
    is_return: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """The account that a statement is about."""

    number: str
    currency: str
    decimals: int


def write_status_report(
    initiation: Initiation, outcomes: Sequence[Outcome], number: str, at: Instant
) -> bytes:
    """Return the pain.002 that answers a pain.001."""
    root, report = begin_document("pain.002.001.12", "CstmrPmtStsRpt")
    report.add("GrpHdr/MsgId", number)
    report.add("GrpHdr/CreDtTm", _moment(at))
    original = report.add("OrgnlGrpInfAndSts")
    original.add("OrgnlMsgId", initiation.number)
    original.add("OrgnlMsgNmId", initiation.message)
    original.add("OrgnlNbOfTxs", str(len(initiation.instructions)))
    original.add("GrpSts", compute_group_status([each.status for each in outcomes]))
    for information in dict.fromkeys(each.instruction.information for each in outcomes):
        group = report.add("OrgnlPmtInfAndSts")
        group.add("OrgnlPmtInfId", information)
        for outcome in outcomes:
            if outcome.instruction.information == information:
                _write_outcome(group, outcome)
    return encode_document(root)


def compute_group_status(statuses: Sequence[str]) -> str:
    """Return the status of a group: what all have, else PART."""
    return statuses[0] if len(set(statuses)) == 1 else "PART"


def write_statement(
    account: Account, opening: int, bookings: Sequence[Booking], number: str, at: Instant
) -> bytes:
    """Return the camt.053 of an account: opening balance, every booking, closing balance."""
    root, message = begin_document("camt.053.001.08", "BkToCstmrStmt")
    message.add("GrpHdr/MsgId", number)
    message.add("GrpHdr/CreDtTm", _moment(at))
    statement = message.add("Stmt")
    statement.add("Id", number)
    statement.add("CreDtTm", _moment(at))
    _write_account(statement, account)
    closing = opening + sum(each.units for each in bookings)
    for code, units in (("OPBD", opening), ("CLBD", closing)):
        balance = statement.add("Bal")
        balance.add("Tp/CdOrPrtry/Cd", code)
        _write_amount(balance, account, units)
        balance.add("Dt/Dt", _moment(at)[:10])
    for booking in bookings:
        _write_booking(statement, account, booking)
    return encode_document(root)


def write_notification(account: Account, booking: Booking, number: str, at: Instant) -> bytes:
    """Return the camt.054 that tells of one booking."""
    root, message = begin_document("camt.054.001.08", "BkToCstmrDbtCdtNtfctn")
    message.add("GrpHdr/MsgId", number)
    message.add("GrpHdr/CreDtTm", _moment(at))
    notification = message.add("Ntfctn")
    notification.add("Id", number)
    notification.add("CreDtTm", _moment(at))
    _write_account(notification, account)
    _write_booking(notification, account, booking)
    return encode_document(root)


def _write_outcome(group: Writer, outcome: Outcome) -> None:
    transaction = group.add("TxInfAndSts")
    if outcome.instruction.instruction:
        transaction.add("OrgnlInstrId", outcome.instruction.instruction)
    transaction.add("OrgnlEndToEndId", outcome.instruction.end_to_end)
    transaction.add("TxSts", outcome.status)
    if outcome.reason:
        transaction.add("StsRsnInf/Rsn/Cd", outcome.reason)


def _write_account(parent: Writer, account: Account) -> None:
    parent.add("Acct/Id/Othr/Id", account.number)
    parent.add("Acct/Ccy", account.currency)


def _write_amount(parent: Writer, account: Account, units: int) -> None:
    amount = Decimal(abs(units)).scaleb(-account.decimals)
    parent.add("Amt", f"{amount:f}", Ccy=account.currency)
    parent.add("CdtDbtInd", "DBIT" if units < 0 else "CRDT")


def _write_booking(parent: Writer, account: Account, booking: Booking) -> None:
    entry = parent.add("Ntry")
    entry.add("NtryRef", booking.reference)
    _write_amount(entry, account, booking.units)
    entry.add("Sts/Cd", "BOOK")
    entry.add("BookgDt/DtTm", _moment(booking.at))
    domain = entry.add("BkTxCd/Domn")
    domain.add("Cd", "PMNT")
    domain.add("Fmly/Cd", "RCDT" if booking.units > 0 and not booking.is_return else "ICDT")
    domain.add("Fmly/SubFmlyCd", "RRTN" if booking.is_return else "DMCT")
    entry.add("NtryDtls/TxDtls/Refs/EndToEndId", booking.end_to_end)


def _moment(at: Instant) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
