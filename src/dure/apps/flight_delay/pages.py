"""The page of flights: where they go, which were late, and what became of one policy.

Everything stands in the contract's events; of the data set come only the places of airports.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from dure.application import ApplicationPage, DeployedContract, Reader, ToldEvent
from dure.apps.flight_delay.airports import Airport, load_airports

ROUTES_SHOWN: Final = 60
CARRIERS_SHOWN: Final = 12
REPORT_WITHIN_MS: Final = 48 * 3_600_000
_SETTLED: Final = {
    "CoverPaid": "paid",
    "PremiumRefunded": "refunded",
    "PolicyEnded": "ended",
}
_WORST_LAST: Final = ("waiting", "done", "current", "stopped", "late")


@dataclass(slots=True)
class Policy:
    """What the contract told of one policy."""

    number: int
    flight: str
    departs: int
    sold: ToldEvent
    reported: ToldEvent | None = None
    settled: ToldEvent | None = None

    @property
    def carrier(self) -> str:
        """The carrier's two letters."""
        return self.flight[:2]

    @property
    def amount(self) -> int:
        """What came back to the traveller; 0 where nothing did, or not yet."""
        return 0 if self.settled is None else int(self.settled.fields.get("amount", 0))

    def get_leg_state(self, ledger_time: int) -> str:
        """Return how the flight stands at that time, as maps call it."""
        if self.reported is not None:
            outcome = self.reported.fields.get("outcome")
            return {"LATE": "late", "CANCELLED": "stopped"}.get(str(outcome), "done")
        if self.departs <= ledger_time < self.departs + REPORT_WITHIN_MS:
            return "current"
        return "waiting" if ledger_time < self.departs else "stopped"


@dataclass(slots=True)
class _Route:
    source: str
    target: str
    state: str = "waiting"
    flights: set[tuple[str, int]] = field(default_factory=set)


async def show_flights(reader: Reader) -> Mapping[str, object]:
    """Return what `pages/flights.html` shows."""
    contracts = await reader.list_contracts()
    if not contracts:
        return {"contract": None}
    contract = contracts[-1]
    events = list(reversed(await reader.list_events(contract)))
    policies = read_policies(events)
    chosen = _choose(policies, reader.query.get("policy", ""))
    money = (await reader.find_money(contract)).get("money")
    return {
        "contract": contract,
        "money": money,
        "terms": await _read_terms(reader, contract),
        "counts": _count(policies.values()),
        "legs": build_legs(policies.values(), reader.ledger_time, load_airports()),
        "carriers": build_carriers(policies.values()),
        "policy": chosen,
        "steps": () if chosen is None else build_steps(chosen, reader.ledger_time),
        "last": max(policies, default=0),
    }


def read_policies(events: Iterable[ToldEvent]) -> dict[int, Policy]:
    """Return the policies that events, the oldest first, tell of, by number."""
    policies: dict[int, Policy] = {}
    by_flight: dict[tuple[str, int], list[Policy]] = {}
    for event in events:
        fields = event.fields
        if event.name == "PolicySold":
            policy = Policy(fields["policy"], fields["flight"], fields["departs"], event)
            policies[policy.number] = policy
            by_flight.setdefault((policy.flight, policy.departs), []).append(policy)
        elif event.name == "FlightReported":
            for policy in by_flight.get((fields["flight"], fields["departs"]), ()):
                policy.reported = event
        elif event.name in _SETTLED and fields.get("policy") in policies:
            policies[fields["policy"]].settled = event
    return policies


def build_legs(
    policies: Iterable[Policy], ledger_time: int, airports: Mapping[str, Airport]
) -> list[dict[str, Any]]:
    """Return the insured routes, the worst state of each one's flights."""
    routes: dict[str, _Route] = {}
    for policy in policies:
        ends = read_route(policy.flight)
        if ends is None:
            continue
        route = routes.setdefault("-".join(ends), _Route(*ends))
        route.flights.add((policy.flight, policy.departs))
        state = policy.get_leg_state(ledger_time)
        route.state = max(route.state, state, key=_WORST_LAST.index)
    chosen = sorted(routes.values(), key=lambda each: -len(each.flights))[:ROUTES_SHOWN]
    return [
        {
            "source": _place(route.source, airports),
            "target": _place(route.target, airports),
            "state": route.state,
            "share": 50 if route.state == "current" else 0,
            "note": str(len(route.flights)),
        }
        for route in chosen
    ]


def read_route(flight: str) -> tuple[str, str] | None:
    """Return the ends of a flight such as `UA1545 EWR-IAH`; None where its name has no route."""
    source, mark, target = flight.rpartition(" ")[2].partition("-")
    return (source, target) if mark and source and target else None


def build_carriers(policies: Iterable[Policy]) -> list[tuple[str, int, int]]:
    """Return carrier, premiums and what was paid back, of the carriers with most premiums."""
    taken: dict[str, list[int]] = {}
    for policy in policies:
        sums = taken.setdefault(policy.carrier, [0, 0])
        sums[0] += int(policy.sold.fields.get("premium", 0))
        sums[1] += policy.amount
    ordered = sorted(taken.items(), key=lambda each: (-each[1][0], each[0]))
    return [(carrier, premiums, paid) for carrier, (premiums, paid) in ordered[:CARRIERS_SHOWN]]


def build_steps(policy: Policy, ledger_time: int) -> Sequence[Mapping[str, Any]]:
    """Return how far a policy is; `label` and `note` are keys of the page's texts."""
    has_left = ledger_time >= policy.departs
    is_over = policy.reported is not None or policy.settled is not None
    outcome = policy.reported.fields.get("outcome", "") if policy.reported else ""
    flown = {"CANCELLED": "refused", "": "skipped"}.get(outcome, "done")
    return (
        {"label": "step_sold", "state": "done", "time": None},
        {
            "label": "step_departs",
            "state": "done" if has_left or is_over else "current",
            "time": policy.departs,
        },
        {
            "label": "step_lands",
            "state": flown if is_over else "current" if has_left else "waiting",
            "time": None,
            "note": outcome,
            "late_minutes": policy.reported.fields.get("late_minutes") if policy.reported else None,
        },
        {
            "label": f"step_{_SETTLED[policy.settled.name]}" if policy.settled else "step_settled",
            "state": "done" if policy.settled else "current" if is_over else "waiting",
            "time": None,
        },
    )


def _count(policies: Iterable[Policy]) -> dict[str, int]:
    counts = dict.fromkeys(("sold", *_SETTLED.values()), 0)
    for policy in policies:
        counts["sold"] += 1
        if policy.settled is not None:
            counts[_SETTLED[policy.settled.name]] += 1
    return counts


def _choose(policies: Mapping[int, Policy], asked: str) -> Policy | None:
    """Return the policy that was asked for, else the newest that was paid, else the newest."""
    if asked.isascii() and asked.isdigit() and len(asked) < 12:
        return policies.get(int(asked))
    newest = list(policies.values())[::-1]
    paid = (each for each in newest if each.settled and each.settled.name == "CoverPaid")
    return next(paid, newest[0] if newest else None)


async def _read_terms(reader: Reader, contract: DeployedContract) -> Mapping[str, Any]:
    terms: Mapping[str, Any] = await reader.view(contract, "terms")
    reserve = await reader.view(contract, "free_reserve")
    return {"premium": terms["premium"], "cover": terms["cover"], "free_reserve": reserve}


def _place(code: str, airports: Mapping[str, Airport]) -> dict[str, Any]:
    known = airports.get(code)
    return {
        "name": code,
        "latitude": known.latitude if known else None,
        "longitude": known.longitude if known else None,
    }


PAGES = (ApplicationPage("flights", show_flights),)
