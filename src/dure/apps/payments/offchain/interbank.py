"""What banks tell one another of an order: transfers, returns, recalls and their answers.

pacs.008.001.08 (transfer), pacs.004.001.11 (return), camt.056.001.12 (recall) and camt.029.001.14
(its answer). On the chain the order's steps decide; the messages carry the same facts to systems
that know ISO 20022 alone. Amounts are whole minor units.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from dure.apps.payments.offchain.documents import (
    Node,
    Writer,
    begin_document,
    encode_document,
    read_document,
)
from dure.apps.payments.offchain.errors import UnreadableMessage
from dure.core.types import INT_MAX, Instant

TRANSFERS_MAX: Final = 10_000
TEXT_MAX: Final = 140
TRANSFER: Final = "pacs.008.001.08"
BIC: Final = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
"""ISO 9362: business party, country, location, and perhaps a branch."""
CODE: Final = re.compile(r"[A-Z0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with an account at a bank."""

    name: str
    account: str
    bank: str
    """The bank's BIC."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One customer's transfer from a bank to another."""

    transaction: str
    end_to_end: str
    currency: str
    decimals: int
    units: int
    debtor: Holder
    creditor: Holder
    text: str = ""


def write_transfers(transfers: Sequence[Transfer], number: str, at: Instant) -> bytes:
    """Return the pacs.008 that carries transfers; settlement is by a clearing, here the chain."""
    root, message = begin_document(TRANSFER, "FIToFICstmrCdtTrf")
    _begin_group(message, number, at, len(transfers))
    for transfer in transfers:
        entry = message.add("CdtTrfTxInf")
        entry.add("PmtId/EndToEndId", transfer.end_to_end)
        entry.add("PmtId/TxId", transfer.transaction)
        _add_amount(entry, "IntrBkSttlmAmt", transfer)
        entry.add("IntrBkSttlmDt", _day(at))
        entry.add("ChrgBr", "SLEV")
        entry.add("Dbtr/Nm", transfer.debtor.name)
        entry.add("DbtrAcct/Id/Othr/Id", transfer.debtor.account)
        entry.add("DbtrAgt/FinInstnId/BICFI", _check_bic(transfer.debtor.bank))
        entry.add("CdtrAgt/FinInstnId/BICFI", _check_bic(transfer.creditor.bank))
        entry.add("Cdtr/Nm", transfer.creditor.name)
        entry.add("CdtrAcct/Id/Othr/Id", transfer.creditor.account)
        if transfer.text:
            entry.add("RmtInf/Ustrd", transfer.text)
    return encode_document(root)


def read_transfers(data: bytes, decimals: int) -> tuple[str, tuple[Transfer, ...]]:
    """Return a pacs.008's number and its transfers; raise `UnreadableMessage`.

    `decimals` are those of the currency, in which amounts must be whole minor units. Every version
    of the message is read that names these elements alike.
    """
    name, message = read_document(data)
    if not name.startswith("pacs.008."):
        raise UnreadableMessage(f"this is {name} and no pacs.008")
    transfers = [_read_transfer(each, decimals) for each in message.list("CdtTrfTxInf")]
    if not 0 < len(transfers) <= TRANSFERS_MAX:
        raise UnreadableMessage(f"a message has 1 to {TRANSFERS_MAX} transfers")
    told = message.text("GrpHdr/NbOfTxs")
    if told != str(len(transfers)):
        raise UnreadableMessage(f"the message says {told!r} transfers and has {len(transfers)}")
    if len({each.transaction for each in transfers}) != len(transfers):
        raise UnreadableMessage("a transfer stands twice in the message")
    return _need(message, "GrpHdr/MsgId"), tuple(transfers)


def write_return(transfer: Transfer, reason: str, number: str, at: Instant) -> bytes:
    """Return the pacs.004 by which the payee's bank gives a transfer back, and why."""
    root, message = begin_document("pacs.004.001.11", "PmtRtr")
    _begin_group(message, number, at, 1)
    entry = message.add("TxInf")
    entry.add("RtrId", number)
    entry.add("OrgnlEndToEndId", transfer.end_to_end)
    entry.add("OrgnlTxId", transfer.transaction)
    _add_amount(entry, "RtrdIntrBkSttlmAmt", transfer)
    entry.add("IntrBkSttlmDt", _day(at))
    entry.add("RtrRsnInf/Rsn/Cd", _check_code(reason))
    return encode_document(root)


def write_recall(transfer: Transfer, original: str, reason: str, number: str, at: Instant) -> bytes:
    """Return the camt.056 by which the payer's bank asks for a transfer back.

    `original` is the number of the pacs.008 that carried it.
    """
    root, message = begin_document("camt.056.001.12", "FIToFIPmtCxlReq")
    _add_assignment(message, transfer.debtor.bank, transfer.creditor.bank, number, at)
    entry = message.add("Undrlyg/TxInf")
    entry.add("CxlId", number)
    _add_original(entry, transfer, original)
    _add_amount(entry, "OrgnlIntrBkSttlmAmt", transfer)
    entry.add("CxlRsnInf/Rsn/Cd", _check_code(reason))
    return encode_document(root)


def write_recall_answer(
    transfer: Transfer, original: str, refusal: str, number: str, at: Instant
) -> bytes:
    """Return the camt.029 that answers a recall; an empty `refusal` grants it."""
    root, message = begin_document("camt.029.001.14", "RsltnOfInvstgtn")
    _add_assignment(message, transfer.creditor.bank, transfer.debtor.bank, number, at)
    message.add("Sts/Conf", "RJCR" if refusal else "CNCL")
    entry = message.add("CxlDtls/TxInfAndSts")
    entry.add("CxlStsId", number)
    _add_original(entry, transfer, original)
    entry.add("TxCxlSts", "RJCR" if refusal else "ACCR")
    if refusal:
        entry.add("CxlStsRsnInf/Rsn/Cd", _check_code(refusal))
    return encode_document(root)


def _begin_group(message: Writer, number: str, at: Instant, count: int) -> None:
    message.add("GrpHdr/MsgId", number)
    message.add("GrpHdr/CreDtTm", _moment(at))
    message.add("GrpHdr/NbOfTxs", str(count))
    message.add("GrpHdr/SttlmInf/SttlmMtd", "CLRG")


def _add_assignment(message: Writer, by: str, to: str, number: str, at: Instant) -> None:
    message.add("Assgnmt/Id", number)
    message.add("Assgnmt/Assgnr/Agt/FinInstnId/BICFI", _check_bic(by))
    message.add("Assgnmt/Assgne/Agt/FinInstnId/BICFI", _check_bic(to))
    message.add("Assgnmt/CreDtTm", _moment(at))


def _add_original(entry: Writer, transfer: Transfer, original: str) -> None:
    entry.add("OrgnlGrpInf/OrgnlMsgId", original)
    entry.add("OrgnlGrpInf/OrgnlMsgNmId", TRANSFER)
    entry.add("OrgnlEndToEndId", transfer.end_to_end)
    entry.add("OrgnlTxId", transfer.transaction)


def _add_amount(entry: Writer, name: str, transfer: Transfer) -> None:
    amount = Decimal(transfer.units).scaleb(-transfer.decimals)
    entry.add(name, f"{amount:f}", Ccy=transfer.currency)


def _read_transfer(entry: Node, decimals: int) -> Transfer:
    amount = entry.find("IntrBkSttlmAmt")
    if amount is None:
        raise UnreadableMessage("a transfer has no amount")
    return Transfer(
        transaction=_need(entry, "PmtId/TxId", "PmtId/UETR", "PmtId/InstrId"),
        end_to_end=_need(entry, "PmtId/EndToEndId"),
        currency=amount.attribute("Ccy"),
        decimals=decimals,
        units=_read_units(amount.content, decimals),
        debtor=_read_holder(entry, "Dbtr"),
        creditor=_read_holder(entry, "Cdtr"),
        text=entry.text("RmtInf/Ustrd")[:TEXT_MAX],
    )


def _read_holder(entry: Node, side: str) -> Holder:
    account = f"{side}Acct/Id"
    bank = f"{side}Agt/FinInstnId"
    return Holder(
        name=entry.text(f"{side}/Nm"),
        account=entry.text(f"{account}/IBAN", f"{account}/Othr/Id"),
        bank=_check_bic(_need(entry, f"{bank}/BICFI", f"{bank}/BIC")),
    )


def _read_units(text: str, decimals: int) -> int:
    try:
        amount = Decimal(text).scaleb(decimals)
        units = int(amount)
    except (InvalidOperation, OverflowError, ValueError):
        raise UnreadableMessage(f"{text!r} is no amount") from None
    if units != amount or not 0 < units <= INT_MAX:
        raise UnreadableMessage(f"{text!r} is no amount in whole minor units")
    return units


def _need(node: Node, *paths: str) -> str:
    found = node.text(*paths)
    if not found:
        raise UnreadableMessage(f"{paths[0]} is missing")
    return found


def _check_bic(text: str) -> str:
    if not BIC.fullmatch(text):
        raise UnreadableMessage(f"{text!r} is no BIC")
    return text


def _check_code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise UnreadableMessage(f"{text!r} is no code of a reason")
    return text


def _moment(at: Instant) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(at: Instant) -> str:
    return _moment(at)[:10]
