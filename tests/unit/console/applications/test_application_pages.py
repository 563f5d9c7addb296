"""Every page of every application over the blocks of each of its stories, in both languages."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dure.application import Application, find_application, find_applications, find_pages
from dure.console import build_pages
from dure.console.settings import LANGUAGES
from tests.unit.api.serving import Desk
from tests.unit.console.applications.played import serve
from tests.unit.console.conftest import APPLICATION
from tests.unit.console.test_console import Markup

PLAYED = [(each, each.stories[0]) for each in find_applications()]
HANGUL = re.compile("[가-힣]")
FLIGHT_DELAY = find_application("flight-delay")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    """Give one desk for each application; nothing here changes a chain."""
    desks = {
        application.slug: serve(tmp_path_factory.mktemp("played"), application, story)
        for application, story in PLAYED
    }
    yield desks
    for desk in desks.values():
        desk.index.close()


@pytest.fixture(params=PLAYED, ids=lambda played: played[0].slug)
def played(request: pytest.FixtureRequest, served: dict[str, Desk]) -> tuple[Application, Desk]:
    application, _ = request.param
    return application, served[application.slug]


@pytest.fixture
def flights(served: dict[str, Desk]) -> Desk:
    return served["flight-delay"]


def load(desk: Desk, path: str, status: int = 200) -> str:
    answer = desk.run(lambda client: client.get(path))
    assert answer.status_code == status, answer.text
    return answer.text


def list_told(desk: Desk) -> list[dict[str, Any]]:
    """Return what the contracts of a desk said, the oldest first."""
    told = desk.run(lambda client: client.get("/v1/events?limit=100")).json()
    return [each["event"] for each in told["events"]]


def list_paths(application: Application) -> list[str]:
    root = f"/apps/{application.slug}"
    own = [f"{root}/pages/{page.name}" for page in find_pages(application)]
    return [root, f"{root}/use", f"{root}/tables", f"{root}/stories", *own]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_of_an_application_renders_clean(
    played: tuple[Application, Desk], language: str
) -> None:
    application, desk = played
    for path in list_paths(application):
        text = load(desk, f"{path}?lang={language}")
        markup = Markup(text)
        assert (markup.handlers, markup.styles) == ([], 0), path
        assert all(link.startswith(("/", "#", "data:,", "?")) for link in markup.loads), path
        assert all((script.get("src") or "").startswith("/static/") for script in markup.scripts)
        assert bool(HANGUL.search(text.partition("<main")[2])) == (language == "ko"), path


def test_the_default_page_is_enough_to_use_an_application(
    played: tuple[Application, Desk],
) -> None:
    application, desk = played
    text = load(desk, f"/apps/{application.slug}?lang=en")
    for role in application.roles:
        assert role.does in text
    for story in application.stories:
        assert f"/apps/{application.slug}/stories/{story.__name__}" in text
    forms = load(desk, f"/apps/{application.slug}/use?lang=en")
    assert "data-call" in forms
    assert "data-ask" in forms


def test_every_table_of_an_application_is_shown_and_downloads(
    played: tuple[Application, Desk],
) -> None:
    application, desk = played
    described = [t for t in desk.index.lists.describe_tables() if t.application]
    assert described
    for table in described:
        path = f"/apps/{application.slug}/tables/{table.name}"
        for language in LANGUAGES:
            load(desk, f"{path}?lang={language}")
        text = load(desk, f"{path}?table={table.name}&format=csv")
        rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
        assert set(table.key) <= set(rows[0]) or rows[0]


def test_a_bought_policy_stands_in_tables_forms_and_events(flights: Desk) -> None:
    text = load(flights, "/apps/flight-delay?lang=en")
    assert "UA1545 EWR-IAH" in text
    assert "200\u202f000 won" in text
    assert "A late traveller got the money." in text
    korean = load(flights, "/apps/flight-delay/tables/policies?lang=ko")
    assert "여행자" in korean
    assert "200\u202f000 won" in korean


def test_forms_stand_by_who_may_use_them(flights: Desk) -> None:
    text = load(flights, "/apps/flight-delay/use?lang=en")
    order = [text.index(f'data-method="{name}"') for name in ("withdraw", "report", "buy")]
    assert order[2] == max(order), "what everybody may do comes last"
    assert 'data-ask data-contract="dure1' in text


def test_the_page_of_flights_tells_what_became_of_a_policy(flights: Desk) -> None:
    text = load(flights, "/apps/flight-delay/pages/flights?lang=en")
    assert "131 minutes late" in text
    assert 'data-state="late"' in text
    assert re.search(r'data-latitude="40\.69\d+"', text)
    assert "+195\u202f000" in text
    assert "Policy 1" in text
    for asked in ("999", "x", '"><script>', "9" * 40):
        load(flights, f"/apps/flight-delay/pages/flights?policy={asked}")


def test_the_page_of_alerts_says_where_a_report_stands(served: dict[str, Desk]) -> None:
    desk, path = served["leak-alert"], "/apps/leak-alert/pages/alerts"
    text = load(desk, f"{path}?lang=en")
    assert "Batch 1" in text
    assert "2 of 2" in text
    assert "Accounts are free again" in text
    batch = next(each for each in list_told(desk) if each["name"] == "LeakReported")
    assert all(digest not in text for digest in batch["fields"]["digests"])
    for asked in ("999", "x", '"><script>', "9" * 40):
        load(desk, f"{path}?batch={asked}&case={asked}")


def test_a_person_finds_the_own_case_by_its_number_and_who_looked(served: dict[str, Desk]) -> None:
    desk, path = served["leak-alert"], "/apps/leak-alert/pages/alerts"
    opened = next(each for each in list_told(desk) if each["name"] == "CasesOpened")
    text = load(desk, f"{path}?lang=en&case={opened['fields']['cases'][0].upper()}")
    assert "new credentials, free" in text
    assert opened["fields"]["member"] in text
    assert "Nobody has looked yet." in text
    unknown = load(desk, f"{path}?lang=en&case={'0' * 64}")
    assert "There is no case of that number." in unknown
    assert "There is no case of that number." not in load(desk, f"{path}?lang=en")


def test_the_page_of_deals_says_who_accepted_and_what_is_owed(served: dict[str, Desk]) -> None:
    desk, path = served["agreements"], "/apps/agreements/pages/deals"
    text = load(desk, f"{path}?lang=en")
    assert "Agreement 1" in text
    assert "Proposal 2: another version" in text
    assert "all have accepted" in text
    for outcome in ("performed", "replaced by another", "not due yet"):
        assert f'<span class="step-note">{outcome}</span>' in text
    documents = [e["fields"]["document"] for e in list_told(desk) if e["name"] == "VersionAccepted"]
    assert all(each not in text for each in documents)
    for asked in ("999", "x", '"><script>', "9" * 40):
        load(desk, f"{path}?agreement={asked}")


def test_a_page_before_any_contract_says_so(desk: Desk) -> None:
    desk.catch_up()
    desk.pages = build_pages(desk.chain, desk.index, [FLIGHT_DELAY, APPLICATION])
    for path in (*list_paths(FLIGHT_DELAY), "/apps/guestbook/stories", "/apps/guestbook/use"):
        load(desk, path)


@pytest.mark.parametrize(
    "path",
    [
        "/apps/nonsense",
        "/apps/nonsense/stories",
        "/apps/flight-delay/tables/nonsense",
        "/apps/flight-delay/pages/nonsense",
        "/apps/flight-delay/pages/index",
        "/apps/flight-delay/pages/..%2Fapp",
        "/apps/flight-delay/static/..%2Fflights.html",
        "/apps/flight-delay/stories/nonsense",
    ],
)
def test_what_an_application_does_not_have_is_not_found(flights: Desk, path: str) -> None:
    load(flights, path, 404)


def test_a_receipt_is_checked_on_the_page_of_a_ballot_box(served: dict[str, Desk]) -> None:
    desk, path = served["ballot"], "/apps/ballot/pages/box"
    cast = [each["fields"]["digest"] for each in list_told(desk) if each["name"] == "BallotCast"]
    first, last = (load(desk, f"{path}?lang=en&receipt={digest}") for digest in cast[:2])
    assert "was replaced by a later one" in first
    assert "it counts." not in first
    assert "is the last one of its voter" in last
    assert "Its proofs hold: it counts." in last
    assert "Ballots that count: 3" in last
    for asked in ("0" * 64, "x", '"><script>', "9" * 40):
        assert "no ballot with this number" in load(desk, f"{path}?lang=en&receipt={asked}")
        load(desk, f"{path}?election={asked}")
