"""A bill's life in the words of DCSA, held against the association's schemas where they are."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dure.apps.trade.dcsa import (
    Action,
    BillParty,
    Link,
    SurrenderAnswer,
    SurrenderCode,
    UnreadableBillMessage,
    read_surrender_answer,
    write_endorsement_chain,
    write_surrender_answer,
    write_surrender_request,
)
from dure.core.types import Address, Instant

SHARED = Path(__file__).resolve().parents[6] / "shared" / "data" / "dcsa"
CARRIER, EXPORTER, BANK = (
    BillParty(name, Address(bytes([number]) * 32))
    for number, name in enumerate(("HMM", "Hanbit Electronics", "Dure Bank"), start=1)
)
AT = Instant(1_767_603_600_123)
LIFE = (
    Link(AT, Action.ISSUE, CARRIER, EXPORTER, "ab" * 32),
    Link(Instant(AT + 1), Action.ENDORSE, EXPORTER, BANK),
    Link(Instant(AT + 2), Action.SURRENDER_FOR_DELIVERY, BANK, CARRIER),
)
REQUEST = write_surrender_request("R-1", "HDMU0000001", SurrenderCode.DELIVERY, LIFE, "urgent")


def validate(data: bytes, file: str, name: str) -> None:
    if not SHARED.exists():
        pytest.skip("the schemas of DCSA are not beside the project")
    jsonschema: Any = pytest.importorskip("jsonschema")
    yaml: Any = pytest.importorskip("yaml")
    document = yaml.safe_load((SHARED / file).read_text("utf-8"))
    whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.Draft202012Validator(whole).validate(json.loads(data))


def test_what_is_written_is_valid_by_the_associations_schemas() -> None:
    validate(REQUEST, "EBL_SUR_v3.0.3.yaml", "SurrenderRequestDetails")
    answer = write_surrender_answer(SurrenderAnswer("R-1", is_accepted=False, comments="unpaid"))
    validate(answer, "EBL_SUR_v3.0.3.yaml", "SurrenderRequestAnswer")
    chain = write_endorsement_chain("HDMU0000001", LIFE[:2])
    validate(chain, "EBL_END_v3.0.4.yaml", "EndorsementChain")


def test_the_chain_says_who_gave_the_bill_to_whom() -> None:
    chain = json.loads(REQUEST)["endorsementChain"]
    assert [each["actionCode"] for each in chain] == ["ISSUE", "ENDORSE", "SURRENDER_FOR_DELIVERY"]
    assert chain[0]["actionDateTime"] == "2026-01-05T09:00:00.123Z"
    assert chain[0]["auditReference"] == "ab" * 32
    assert chain[1]["actor"]["identifyingCodes"][0]["partyCode"].startswith("dure1")


@pytest.mark.parametrize("is_accepted", [True, False])
def test_an_answer_is_read_as_it_was_written(is_accepted: bool) -> None:
    answer = SurrenderAnswer("R-1", is_accepted, "as agreed")
    assert read_surrender_answer(write_surrender_answer(answer)) == answer


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{}", "no answer of DCSA"),
        (b"[" * 100_000, "at most 65536 bytes"),
        (b"[" * 60_000, "no answer of DCSA"),
        (b'{"surrenderRequestReference": "R", "action": "MAYBE"}', "neither SURR nor SREJ"),
        (b'{"surrenderRequestReference": " R", "action": "SURR"}', "no space at its ends"),
        (b'{"surrenderRequestReference": "\xff", "action": "SURR"}', "no answer of DCSA"),
    ],
)
def test_an_answer_that_breaks_the_rules_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableBillMessage, match=words):
        read_surrender_answer(data)


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ((), "begins with its issue"),
        (LIFE[1:], "begins with its issue"),
        ((LIFE[0], LIFE[2]), "is who received it"),
        ((LIFE[0], replace(LIFE[1], at=Instant(0))), "follow one another"),
        ((replace(LIFE[0], actor=replace(CARRIER, name="x" * 71)),), "1 to 70 characters"),
    ],
)
def test_a_chain_hangs_together(links: tuple[Link, ...], words: str) -> None:
    with pytest.raises(UnreadableBillMessage, match=words):
        write_endorsement_chain("HDMU0000001", links)
