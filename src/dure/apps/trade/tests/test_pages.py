"""The page of credits tells, of each party, what it did last in each phase."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from dure.application import ToldEvent
from dure.apps.trade.pages import PARTIES, PHASES, build_lanes

STORY = (
    ("CreditApplied", {"credit": 1}),
    ("CreditApplied", {"credit": 2}),
    ("CreditIssued", {"credit": 1}),
    ("DocumentsPresented", {"credit": 1, "presentation": 1}),
    ("DocumentsPresented", {"credit": 2, "presentation": 2}),
    ("PresentationRefused", {"presentation": 1}),
    ("PresentationPaid", {"presentation": 2}),
)


def tell(*events: tuple[str, Mapping[str, int]]) -> list[ToldEvent]:
    return [cast("ToldEvent", SimpleNamespace(name=name, fields=fields)) for name, fields in events]


def read_cell(lanes: Any, party: str, phase: str) -> str | None:
    cell = lanes[PARTIES.index(party)]["cells"][PHASES.index(phase)]
    return None if cell is None else str(cell["state"])


def test_each_credit_is_told_by_its_own_events() -> None:
    lanes = build_lanes(tell(*STORY), 1)
    assert read_cell(lanes, "importer", "applied") == "done"
    assert read_cell(lanes, "issuing_bank", "examined") == "refused"
    assert read_cell(lanes, "exporter", "paid") is None
    assert read_cell(build_lanes(tell(*STORY), 2), "exporter", "paid") == "done"


def test_the_newest_act_is_told() -> None:
    after = (
        ("DiscrepanciesWaived", {"presentation": 1}),
        ("PresentationAccepted", {"presentation": 1}),
        ("DocumentsReturned", {"presentation": 1}),
    )
    lanes = build_lanes(tell(*STORY, *after), 1)
    assert read_cell(lanes, "importer", "examined") == "done"
    assert read_cell(lanes, "issuing_bank", "examined") == "done"
    assert read_cell(lanes, "exporter", "presented") == "returned"
