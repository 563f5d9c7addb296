"""The patient's page: what they consented to, who read what when and why, what they were paid.

Everything stands in the contracts' events. No name is known here: a patient is an address.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, Reader, ToldEvent

READINGS_SHOWN: Final = 100
_REWARDED: Final = {"SharingRewarded": "sharing", "CareRewarded": "care"}


async def show_patient(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/patient.html` shows."""
    newest = {each.name: each for each in await reader.list_contracts()}
    contract = newest.get("HealthRecords")
    events = [] if contract is None else await _list_oldest_first(reader, contract)
    paying = [newest[name] for name in ("SharedSets", "Care") if name in newest]
    paid = [event for each in paying for event in await _list_oldest_first(reader, each)]
    patients = list_patients([*events, *paid])
    asked = reader.query.get("patient", "")
    chosen = asked or (patients[-1] if patients else "")
    monies = await reader.find_money(paying[0]) if paying else {}
    return {
        "is_deployed": contract is not None or bool(paying),
        "chosen": chosen,
        "is_known": chosen in patients,
        "consents": read_consents(events, chosen, reader.ledger_time),
        "readings": read_readings(events, chosen)[:READINGS_SHOWN],
        "emergencies": read_emergencies(events, chosen),
        "rewards": read_rewards(paid, chosen),
        "money": monies.get("money"),
    }


async def _list_oldest_first(reader: Reader, contract: DeployedContract) -> list[ToldEvent]:
    return list(reversed(await reader.list_events(contract)))


def list_patients(events: Iterable[ToldEvent]) -> Sequence[str]:
    """Return the addresses of patients, who was spoken of last at the end."""
    seen: dict[str, None] = {}
    for event in events:
        patient = event.fields.get("patient") or event.fields.get("subject")
        if patient is not None:
            seen.pop(patient, None)
            seen[patient] = None
    return list(seen)


def read_consents(events: Iterable[ToldEvent], patient: str, now: int) -> list[dict[str, Any]]:
    """Return a patient's consents, the newest first, with their standing and uses."""
    consents: dict[int, dict[str, Any]] = {}
    for event in events:
        fields = event.fields
        if fields.get("subject") != patient:
            continue
        if event.name == "ConsentGiven":
            standing = "given" if now < fields["ends"] else "ended"
            consents[fields["consent"]] = {**fields, "standing": standing, "uses": 0}
        elif event.name == "ConsentWithdrawn" and fields["consent"] in consents:
            consents[fields["consent"]]["standing"] = "withdrawn"
        elif event.name == "ConsentUsed" and fields["consent"] in consents:
            consents[fields["consent"]]["uses"] = fields["uses"]
    return list(reversed(consents.values()))


def read_readings(events: Iterable[ToldEvent], patient: str) -> list[dict[str, Any]]:
    """Return who was handed a key to a patient's records, the newest first."""
    mine = (e for e in events if e.name == "AccessLogged" and e.fields["patient"] == patient)
    return [{**event.fields, "time": event.time} for event in mine][::-1]


def read_emergencies(events: Iterable[ToldEvent], patient: str) -> list[dict[str, Any]]:
    """Return the emergencies in which a patient's records were opened, the newest first."""
    found: dict[int, dict[str, Any]] = {}
    for event in events:
        fields = event.fields
        if fields.get("patient") != patient:
            continue
        if event.name == "EmergencyOpened":
            found[fields["emergency"]] = {**fields, "time": event.time, "state": "OPENED"}
        elif event.name == "EmergencyContested" and fields["emergency"] in found:
            found[fields["emergency"]]["state"] = "CONTESTED"
        elif event.name == "EmergencyDecided" and fields["emergency"] in found:
            found[fields["emergency"]]["state"] = fields["state"]
    return list(reversed(found.values()))


def read_rewards(events: Iterable[ToldEvent], patient: str) -> list[dict[str, Any]]:
    """Return what a patient was paid, the newest first."""
    mine = [e for e in events if e.name in _REWARDED and e.fields["patient"] == patient]
    rewards = [
        {"time": e.time, "amount": e.fields["amount"], "for_what": _REWARDED[e.name]} for e in mine
    ]
    return sorted(rewards, key=lambda each: -int(each["time"]))


PAGES = (ApplicationPage("patient", show_patient),)
