"""The patient's page tells consents, readings, emergencies and rewards, and only one's own."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from dure.application import ToldEvent
from dure.apps.health.pages import (
    list_patients,
    read_consents,
    read_emergencies,
    read_readings,
    read_rewards,
)

NOW = 1_000


def tell(*events: tuple[str, Mapping[str, Any]]) -> list[ToldEvent]:
    told = [
        SimpleNamespace(name=name, fields=fields, time=time, height=time)
        for time, (name, fields) in enumerate(events)
    ]
    return cast("list[ToldEvent]", told)


EVENTS = tell(
    ("ConsentGiven", {"consent": 1, "subject": "ann", "ends": 2_000}),
    ("ConsentGiven", {"consent": 2, "subject": "ann", "ends": 900}),
    ("ConsentGiven", {"consent": 3, "subject": "bob", "ends": 2_000}),
    ("ConsentUsed", {"consent": 1, "subject": "ann", "uses": 2}),
    ("ConsentGiven", {"consent": 4, "subject": "ann", "ends": 2_000}),
    ("ConsentWithdrawn", {"consent": 4, "subject": "ann"}),
    ("AccessLogged", {"patient": "ann", "basis": "CONSENT"}),
    ("AccessLogged", {"patient": "bob", "basis": "OWN"}),
    ("EmergencyOpened", {"emergency": 1, "patient": "ann", "ends": 2_000}),
    ("EmergencyContested", {"emergency": 1, "patient": "ann"}),
    ("EmergencyOpened", {"emergency": 2, "patient": "ann", "ends": 2_000}),
    ("EmergencyDecided", {"emergency": 1, "patient": "ann", "state": "UNJUSTIFIED"}),
    ("SharingRewarded", {"patient": "ann", "amount": 5}),
    ("CareRewarded", {"patient": "ann", "amount": 7}),
)


def test_consents_have_their_standing_and_uses() -> None:
    told = [(each["consent"], each["standing"], each["uses"]) for each in mine()]
    assert told == [(4, "withdrawn", 0), (2, "ended", 0), (1, "given", 2)]


def mine() -> list[dict[str, Any]]:
    return read_consents(EVENTS, "ann", NOW)


def test_nobody_sees_what_is_about_another_patient() -> None:
    assert [each["basis"] for each in read_readings(EVENTS, "ann")] == ["CONSENT"]
    assert read_readings(EVENTS, "cho") == []
    assert list_patients(EVENTS) == ["bob", "ann"]


def test_emergencies_and_rewards_come_newest_first() -> None:
    states = [(each["emergency"], each["state"]) for each in read_emergencies(EVENTS, "ann")]
    assert states == [(2, "OPENED"), (1, "UNJUSTIFIED")]
    paid = [(each["for_what"], each["amount"]) for each in read_rewards(EVENTS, "ann")]
    assert paid == [("care", 7), ("sharing", 5)]
