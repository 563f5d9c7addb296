"""Messages between banks: valid by the schemas, and read back as they were written."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.payments.offchain.documents import read_document
from dure.apps.payments.offchain.errors import UnreadableMessage
from dure.apps.payments.offchain.interbank import (
    Holder,
    Transfer,
    read_transfers,
    write_recall,
    write_recall_answer,
    write_return,
    write_transfers,
)
from dure.apps.payments.tests.test_offchain import find_package, validate
from dure.core.types import Instant

AT = Instant(1_767_603_600_000)
RENT = Transfer(
    transaction="order-17",
    end_to_end="rent of January",
    currency="KRW",
    decimals=0,
    units=900_000,
    debtor=Holder("Kim Minji", "110-01", "PAYRKRSE"),
    creditor=Holder("Park & Son <Ltd>", "220-02", "PAYEKRSEXXX"),
    text="rent",
)


def get_schema(package: str, name: str) -> Path:
    return find_package(package) / "templates" / name / f"{name}.xsd"


def test_what_banks_are_told_is_valid_against_the_schemas() -> None:
    transfers = write_transfers([RENT, replace(RENT, transaction="order-18")], "M1", AT)
    validate(transfers, get_schema("pacs008", "pacs.008.001.08"))
    recall = write_recall(RENT, "M1", "DUPL", "C1", AT)
    validate(recall, get_schema("camt_exceptions", "camt.056.001.12"))
    for refusal in ("", "CUST"):
        answer = write_recall_answer(RENT, "M1", refusal, "A1", AT)
        validate(answer, get_schema("camt_exceptions", "camt.029.001.14"))


def test_a_return_names_the_transfer_and_the_reason() -> None:
    # No package carries the whole schema of pacs.004: what stands in the message is looked at.
    name, message = read_document(write_return(RENT, "AC04", "R1", AT))
    assert name == "pacs.004.001.11"
    (entry,) = message.list("TxInf")
    assert entry.text("OrgnlTxId") == RENT.transaction
    assert entry.text("RtrdIntrBkSttlmAmt") == "900000"
    assert entry.text("RtrRsnInf/Rsn/Cd") == "AC04"
    assert message.text("GrpHdr/SttlmInf/SttlmMtd") == "CLRG"


@given(
    st.integers(1, 2**63 - 1),
    st.integers(0, 3),
    st.text("abc <>&\"'가나", min_size=1, max_size=20).map(str.strip).filter(bool),
)
def test_transfers_are_read_as_they_were_written(units: int, decimals: int, text: str) -> None:
    transfer = replace(RENT, units=units, decimals=decimals, text=text, end_to_end=text)
    number, (found,) = read_transfers(write_transfers([transfer], "M1", AT), decimals)
    assert (number, found) == ("M1", transfer)


def test_samples_of_others_are_read() -> None:
    samples = sorted((find_package("pacs008") / "templates").glob("pacs.008.001.08/*.xml"))
    assert samples
    for sample in samples:
        if b"{{" in sample.read_bytes():
            continue
        _, transfers = read_transfers(sample.read_bytes(), 2)
        assert all(each.units > 0 for each in transfers)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"<NbOfTxs>1</NbOfTxs>", b"<NbOfTxs>2</NbOfTxs>", "says '2' transfers and has 1"),
        (b">900000<", b">900000.5<", "whole minor units"),
        (b">900000<", b">-1<", "whole minor units"),
        (b">900000<", b">NaN<", "is no amount"),
        (b">900000<", b">1e999999<", "no amount"),
        (b"PAYRKRSE", b"payrkrse", "is no BIC"),
        (b"<TxId>order-17</TxId>", b"", "PmtId/TxId is missing"),
        (b"<MsgId>M1</MsgId>", b"", "GrpHdr/MsgId is missing"),
        (b"pacs.008.001.08", b"pacs.009.001.08", "no pacs.008"),
        (b"IntrBkSttlmAmt", b"OtherAmt", "no amount"),
    ],
)
def test_what_breaks_the_message_is_refused(old: bytes, new: bytes, words: str) -> None:
    data = write_transfers([RENT], "M1", AT)
    assert old in data
    with pytest.raises(UnreadableMessage, match=words):
        read_transfers(data.replace(old, new), 0)


def test_wrong_codes_and_doubled_transfers_are_refused() -> None:
    with pytest.raises(UnreadableMessage, match="no code of a reason"):
        write_return(RENT, "because", "R1", AT)
    with pytest.raises(UnreadableMessage, match="stands twice"):
        read_transfers(write_transfers([RENT, RENT], "M1", AT), 0)
    with pytest.raises(UnreadableMessage, match="1 to 10000 transfers"):
        read_transfers(write_transfers([], "M1", AT), 0)
