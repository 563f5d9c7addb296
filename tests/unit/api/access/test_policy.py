"""How a caller shows who it is, and every way of showing it that must not count."""

import httpx
import pytest

from dure.api.access.known import Caller
from dure.api.access.roles import Role
from dure.api.access.tokens import generate_token
from dure.api.http.access import CERTIFICATE_SCOPE, COOKIE
from tests.unit.api.access.callers import NOW, Gate, show
from tests.unit.api.serving import HOST

OWN = f"http://{HOST}"
Headers = list[tuple[str, str]] | dict[str, str]


def get(gate: Gate, headers: Headers, path: str = "/v1/status") -> httpx.Response:
    return gate.desk.run(lambda client: client.get(path, headers=headers))


def code(answer: httpx.Response) -> str:
    return "" if answer.status_code < 400 else str(answer.json()["error"]["code"])


def test_a_token_lets_in_and_its_absence_says_how_to_show_one(closed: Gate) -> None:
    refused = get(closed, {})
    assert (refused.status_code, code(refused)) == (401, "caller_unknown")
    assert refused.headers["www-authenticate"] == 'Bearer realm="dure"'
    assert get(closed, show(closed.admit(Role.READER))).status_code == 200


def test_the_scheme_is_read_in_any_case_and_the_token_in_one(closed: Gate) -> None:
    token = closed.admit(Role.READER)
    assert get(closed, {"authorization": f"BEARER {token}"}).status_code == 200
    assert get(closed, {"authorization": f"Bearer {token.upper()}"}).status_code == 401


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "{}", "Bearer {} ", "Bearer  {}"]
)
def test_other_headers_are_refused_even_where_nobody_needs_one(opened: Gate, value: str) -> None:
    token = opened.admit(Role.READER)
    answer = get(opened, {"authorization": value.replace("{}", token)})
    # What surrounds a header's value is no part of it: HTTP takes it off before us.
    expected = "" if value == "Bearer {} " and answer.status_code == 200 else "caller_unknown"
    assert code(answer) == expected


def test_two_headers_are_refused_whichever_is_good(closed: Gate) -> None:
    good = ("authorization", f"Bearer {closed.admit(Role.READER)}")
    bad = ("authorization", f"Bearer {generate_token().text}")
    for headers in ([good, bad], [bad, good], [good, good]):
        assert code(get(closed, headers)) == "caller_unknown"


def test_a_token_is_taken_from_no_other_place(closed: Gate) -> None:
    token = closed.admit(Role.READER)
    for headers in ({"x-forwarded-authorization": f"Bearer {token}"}, {"token": token}):
        assert code(get(closed, headers)) == "caller_unknown"
    assert code(get(closed, {}, f"/v1/status?access_token={token}")) == "caller_unknown"


def test_unknown_revoked_and_expired_tokens_say_the_same(opened: Gate) -> None:
    revoked, expired = opened.admit(Role.READER), opened.admit(Role.READER, expires=NOW)
    opened.revoke(revoked)
    answers = [get(opened, show(t)) for t in (revoked, expired, generate_token().text)]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


def test_a_token_ends_at_its_millisecond(closed: Gate) -> None:
    token = closed.admit(Role.READER, expires=NOW + 1)
    assert get(closed, show(token)).status_code == 200
    closed.wall_ms = NOW + 1
    assert get(closed, show(token)).status_code == 401


def test_huge_tokens_are_refused_without_being_hashed(
    closed: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dure.api.access.known.is_digest_of", None)
    assert code(get(closed, {"authorization": "Bearer " + "a" * 1_000_000})) == "caller_unknown"


def test_no_token_is_ever_repeated_in_an_answer(closed: Gate) -> None:
    token = closed.admit(Role.READER)[:-1] + "~"
    answer = get(closed, show(token))
    assert token not in answer.text
    assert token not in str(answer.headers)


def cookie(token: str, **more: str) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={token}"} | {k.replace("_", "-"): v for k, v in more.items()}


def test_the_cookie_counts_for_what_this_nodes_pages_read(closed: Gate) -> None:
    token = closed.admit(Role.READER)
    assert get(closed, cookie(token)).status_code == 200
    for site in ("same-origin", "none"):
        assert get(closed, cookie(token, sec_fetch_site=site)).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "same-origin, cross-site"])
def test_the_cookie_does_not_count_for_pages_of_others(closed: Gate, site: str) -> None:
    answer = get(closed, cookie(closed.admit(Role.READER), sec_fetch_site=site))
    assert code(answer) == "caller_unknown"


def test_the_cookie_does_not_write_unless_the_browser_names_this_nodes_page(closed: Gate) -> None:
    token = closed.admit(Role.SUBMITTER)

    def post(**more: str) -> str:
        headers = cookie(token, content_type="application/octet-stream", **more)
        return code(
            closed.desk.run(
                lambda client: client.post("/v1/transactions", content=b"x", headers=headers)
            )
        )

    assert post() == "caller_unknown"
    assert post(origin="http://evil.example") == "wrong_origin"
    assert post(origin="null") == "wrong_origin"
    assert post(origin=OWN) == "malformed_transaction"


def test_two_cookies_and_huge_ones_count_as_none(closed: Gate) -> None:
    token = closed.admit(Role.READER)
    two = f"{COOKIE}={token}; {COOKIE}={token}"
    assert code(get(closed, {"cookie": two})) == "caller_unknown"
    assert code(get(closed, {"cookie": f"{COOKIE}={token}; a={'b' * 5_000}"})) == "caller_unknown"
    assert get(closed, {"cookie": f"other=1; {COOKIE}={token}; last"}).status_code == 200


def test_the_header_goes_before_the_cookie(closed: Gate) -> None:
    headers = cookie(closed.admit(Role.OPERATOR)) | show(closed.admit(Role.READER))
    assert code(get(closed, headers, "/v1/audit")) == "role_missing"


def test_a_header_cannot_pretend_to_be_a_certificate(closed: Gate) -> None:
    closed.known._read_certificate = lambda _der: Caller("x", "x", Role.OPERATOR)
    for name in (CERTIFICATE_SCOPE, "x-client-cert", "ssl-client-cert"):
        assert code(get(closed, {name: "anything"})) == "caller_unknown"


def test_a_caller_that_asks_too_much_is_told_when_to_come_back(closed: Gate) -> None:
    busy = closed.admit(Role.READER, requests_per_second=0.5, requests_burst=2.0)
    other = closed.admit(Role.READER)
    assert [get(closed, show(busy)).status_code for _ in range(3)] == [200, 200, 429]
    answer = get(closed, show(busy))
    error = answer.json()["error"]
    assert (error["code"], error["facts"]["limit"]) == ("too_many_requests", "caller")
    assert answer.headers["retry-after"] == "2"
    assert get(closed, show(other)).status_code == 200
    closed.seconds += 2
    assert get(closed, show(busy)).status_code == 200


def test_what_is_asked_for_in_vain_counts_too(closed: Gate) -> None:
    token = closed.admit(Role.READER, requests_per_second=0.01, requests_burst=1.0)
    assert get(closed, show(token), "/v1/audit").status_code == 403
    assert get(closed, show(token), "/v1/audit").status_code == 429


def test_an_address_is_limited_before_tokens_are_looked_at(closed: Gate) -> None:
    assert closed.desk.access is not None
    closed.desk.access.addresses._rate = type(closed.desk.access.addresses._rate)(0.001, 2)
    token = closed.admit(Role.READER)
    found = [get(closed, show(t)) for t in (generate_token().text, generate_token().text, token)]
    assert [answer.status_code for answer in found] == [401, 401, 429]
    assert found[-1].json()["error"]["facts"]["limit"] == "requests of an address"


def test_metrics_tell_how_many_were_let_in_by_role(closed: Gate) -> None:
    headers = show(closed.admit(Role.AUDITOR))

    async def ask(client: httpx.AsyncClient) -> str:
        await client.get("/v1/status", headers=headers)
        await client.get("/healthz")
        await client.get("/v1/status")
        return (await client.get("/metrics", headers=headers)).text

    text = closed.desk.run(ask)
    assert 'dure_api_authorized_total{role="auditor"} 2.0' in text
    assert 'dure_api_authorized_total{role="nobody"} 1.0' in text
    assert 'dure_api_requests_total{route="/v1/status",status="401"} 1.0' in text
