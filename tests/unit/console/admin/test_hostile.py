"""What other sites, other names, other hands and other bytes come to at the admin console."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.api.http.errors import InvalidRequest
from dure.console import build_pages
from dure.console.admin.acts import ACT_BYTES_MAX, ORGANISATIONS_MAX, read_act
from dure.console.admin.app import PAGES
from dure.console.pages import PAGES as PUBLIC_PAGES
from tests.unit.api.serving import Desk
from tests.unit.console.admin.office import HOST, ORIGIN, OWN, REFUSAL, Office, Operator

STOP = {"act": "stop", "network": "shop"}
START = {"act": "start", "network": "shop"}
GRAVE = [
    STOP,
    {"act": "remove", "network": "shop"},
    {"act": "add_member", "network": "shop", "organisation": "echo"},
    {"act": "upgrade", "network": "shop", "contract": "dure1abc", "source": "class A: ..."},
]
READS = [
    "/v1/networks",
    "/v1/networks/shop",
    "/v1/networks/shop/contracts",
    "/v1/networks/shop/nodes/bank/log",
    "/v1/networks/shop/copy",
    "/v1/networks/shop/copy/blocks/3",
    "/v1/networks/shop/copy/judgement",
    "/v1/audit",
]
POSTS = [
    "/v1/acts",
    "/v1/nonces",
    "/v1/operator/challenge",
    "/v1/operator/register",
    "/v1/operator/sign-in",
    "/v1/operator/sign-out",
]
HOSTS = [
    "evil.example",
    f"evil.example:{HOST.partition(':')[2]}",
    "localhost",
    "localhost:8691",
    "127.0.0.1:8690",
    "[::1]:8690",
    f"{HOST}.evil.example",
    "",
]


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


# Other names and other sites


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/v1/networks", "/static/console.css"])
def test_a_name_that_was_pointed_here_is_not_served(office: Office, host: str, path: str) -> None:
    async def visit(operator: Operator) -> httpx.Response:
        return await operator.get(path, host=host)

    answer = office.run(visit)
    assert (answer.status_code, code_of(answer)) == (421, "wrong_host")
    assert office.host.asked == []


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "http://localhost:8700", f"https://{HOST}"]
)
def test_other_sites_change_nothing(office: Office, path: str, origin: str | None) -> None:
    async def visit(operator: Operator) -> httpx.Response:
        headers = {"x-dure-operator": operator.token}
        headers |= {} if origin is None else {"origin": origin}
        body = {"act": json.dumps(START)} if path == "/v1/acts" else {}
        return await operator.client.post(path, json=body, headers=headers)

    answer = office.run(visit)
    assert (answer.status_code, code_of(answer)) == (403, "wrong_origin")
    assert office.host.acts == []


def test_a_form_of_another_site_is_no_request(office: Office) -> None:
    # What a browser sends for another site without asking first has one of these media types.
    async def visit(operator: Operator) -> list[int]:
        content = json.dumps({"act": json.dumps(START)})
        kinds = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "")
        return [
            (
                await operator.client.post(
                    "/v1/acts", content=content, headers=operator.headers | {"content-type": kind}
                )
            ).status_code
            for kind in kinds
        ]

    assert office.run(visit) == [400] * 4
    assert office.host.acts == []


@pytest.mark.parametrize("path", READS)
def test_nothing_is_read_without_a_session(office: Office, path: str) -> None:
    answer = office.run(lambda each: each.get(path), signed_in=False)
    assert (answer.status_code, code_of(answer)) == (401, "caller_unknown")
    assert office.host.asked == []


@pytest.mark.parametrize("path", READS)
def test_with_one_everything_is(office: Office, path: str) -> None:
    assert office.run(lambda each: each.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/acts", "/v1/nonces", "/v1/operator/sign-out"])
def test_nothing_is_done_without_a_session(office: Office, path: str) -> None:
    async def visit(operator: Operator) -> httpx.Response:
        return await operator.client.post(path, json={"act": json.dumps(START)}, headers=OWN)

    assert office.run(visit, signed_in=False).status_code == 401
    assert office.host.acts == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "GET"])
def test_acts_are_posted_and_nothing_else(office: Office, method: str) -> None:
    async def visit(operator: Operator) -> httpx.Response:
        return await operator.client.request(method, "/v1/acts", headers=operator.headers)

    answer = office.run(visit)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


def test_no_answer_is_for_other_origins_or_for_caches(office: Office) -> None:
    answer = office.run(lambda each: each.get("/v1/networks"))
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


# A passkey's word


@pytest.mark.parametrize("act", GRAVE, ids=lambda act: act["act"])
def test_grave_acts_need_a_word_of_their_own(office: Office, act: dict[str, Any]) -> None:
    answer = office.run(lambda each: each.act(act))
    assert (answer.status_code, code_of(answer)) == (403, "assertion_refused")
    assert office.host.acts == []
    told = office.read_audit()[-1]
    assert (told["act"], told["by"]) == (f"network_{act['act']}_refused", "laptop")


@pytest.mark.parametrize("act", GRAVE, ids=lambda act: act["act"])
def test_with_it_they_are_done(office: Office, act: dict[str, Any]) -> None:
    async def visit(operator: Operator) -> int:
        return (await operator.send(await operator.confirm(act))).status_code

    assert office.run(visit) == 200
    assert len(office.host.acts) == 1
    assert office.list_acts()[-1] == f"network_{act['act']}"


def test_a_fault_of_ours_is_written_down_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_act: object) -> None:
        raise KeyError("a fault of ours")

    monkeypatch.setattr(office.host, "perform", fail)
    office.run(lambda each: each.act(START))
    assert office.list_acts()[-2:] == ["network_start", "network_start_failed"]
    assert office.read_audit()[-1]["facts"] == {"network": "shop", "words": "KeyError"}


def test_a_word_is_good_once(office: Office) -> None:
    async def visit(operator: Operator) -> list[int]:
        body = await operator.confirm(STOP)
        return [(await operator.send(body)).status_code for _ in range(2)]

    assert office.run(visit) == [200, 403]
    assert len(office.host.acts) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"act": "remove", "network": "shop"},
        {"act": "stop", "network": "bank"},
        {"network": "shop", "act": "stop"},
    ],
    ids=["other act", "other network", "other bytes"],
)
def test_a_word_for_one_act_is_none_for_another(office: Office, other: dict[str, Any]) -> None:
    async def visit(operator: Operator) -> httpx.Response:
        body = await operator.confirm(STOP)
        return await operator.send(body | {"act": json.dumps(other)})

    answer = office.run(visit)
    assert (answer.status_code, code_of(answer)) == (403, "assertion_refused")
    assert office.host.acts == []


def test_a_number_of_another_session_does_not_count(office: Office) -> None:
    async def take(operator: Operator) -> str:
        return await operator.draw_nonce()

    async def use(operator: Operator) -> int:
        text = json.dumps(STOP)
        body = {"act": text, "confirmation": operator.build_word(stolen, text)}
        return (await operator.send(body)).status_code

    stolen = office.run(take)
    assert office.run(use) == 403
    assert office.host.acts == []


def test_a_number_does_not_last(office: Office) -> None:
    async def dawdle(operator: Operator) -> int:
        body = await operator.confirm(STOP)
        office.now += 121
        return (await operator.send(body)).status_code

    assert office.run(dawdle) == 403


def test_the_word_for_signing_in_is_none_for_an_act(office: Office) -> None:
    async def visit(operator: Operator) -> int:
        nonce, challenge = await operator.draw_nonce(), await operator.draw_challenge()
        word = operator.build_word(nonce, "")
        made = operator.device.get(challenge)
        word["assertion"] = {
            "authenticator_data": made.authenticator_data.hex(),
            "client_data_json": made.client_data_json.hex(),
            "signature": made.signature.hex(),
        }
        return (await operator.send({"act": json.dumps(STOP), "confirmation": word})).status_code

    assert office.run(visit) == 403


def test_a_wrong_word_is_refused_even_where_none_is_needed(office: Office) -> None:
    async def visit(operator: Operator) -> int:
        body = await operator.confirm(STOP)
        return (await operator.send(body | {"act": json.dumps(START)})).status_code

    assert office.run(visit) == 403


# Names, sizes, bytes

BAD_NAMES = [
    "../etc",
    "..",
    ".",
    "",
    "/etc/passwd",
    "shop/../../bank",
    "shop\x00",
    "shop\n",
    "Shop",
    "가게",
    "-shop",
    "a" * 33,
    "a" * 10_000,
    "shop\u202e",
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: repr(name[:12]))
@pytest.mark.parametrize("act", ["start", "stop", "remove", "create"])
def test_what_is_no_name_reaches_nobody(office: Office, act: str, name: str) -> None:
    body: dict[str, Any] = {"act": act, "network": name}
    if act == "create":
        body |= CREATE | {"network": name}
    answer = office.run(lambda each: each.act(body))
    assert (answer.status_code, code_of(answer)) == (400, "invalid_request")
    assert len(answer.content) < 1_000
    assert office.host.acts == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/networks/..",
        "/v1/networks/%2e%2e",
        "/v1/networks/..%2f..%2fetc",
        "/v1/networks/shop/nodes/..%2fbank/log",
        "/v1/networks/shop/nodes/%00/log",
        f"/v1/networks/{'a' * 10_000}",
        "/v1/networks/Shop",
        "/static/../admin/app.py",
        "/static/%2e%2e/rendering.py",
    ],
)
def test_no_path_leads_out(office: Office, path: str) -> None:
    answer = office.run(lambda each: each.get(path))
    assert answer.status_code == 404
    assert office.host.asked == []


CREATE = {
    "act": "create",
    "network": "shop",
    "kind": "consortium",
    "engine": "pbft",
    "organisations": ["alpha", "beta"],
    "rule": "shared",
    "test": True,
}


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "public"},
        {"engine": "pow"},
        {"organisations": []},
        {"organisations": [f"o{number}" for number in range(ORGANISATIONS_MAX + 1)]},
        {"organisations": ["../alpha"]},
        {"organisations": "alpha"},
        {"rule": "mine"},
        {"voting_hours": 0},
        {"voting_hours": 10**30},
        {"test": "yes"},
        {"folder": "/etc"},
        {"act": "burn"},
    ],
    ids=str,
)
def test_what_is_no_form_of_a_network_is_refused(office: Office, change: dict[str, Any]) -> None:
    answer = office.run(lambda each: each.act(CREATE | change))
    assert (answer.status_code, code_of(answer)) == (400, "invalid_request")
    assert office.host.acts == []


@pytest.mark.parametrize("size", [ACT_BYTES_MAX + 1, 3 * ACT_BYTES_MAX])
def test_large_bodies_are_cut_off(office: Office, size: int) -> None:
    async def visit(operator: Operator) -> int:
        body = {"act": "x" * size}
        return (await operator.send(body)).status_code

    assert office.run(visit) in {400, 413}
    assert office.host.acts == []


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        read_act(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        read_act("[" * 100_000)


# The log


def test_what_fails_is_written_down_and_told(office: Office) -> None:
    office.host.refuses = REFUSAL
    answer = office.run(lambda each: each.act(START))
    assert (answer.status_code, code_of(answer)) == (422, "configuration_error")
    assert answer.json()["error"]["message"] == REFUSAL.message
    assert office.list_acts()[-2:] == ["network_start", "network_start_failed"]


def test_what_an_act_came_to_beside_what_was_asked_is_written_down(office: Office) -> None:
    office.host.beside = {"left": "notes.txt"}
    assert office.run(lambda each: each.act(START)).status_code == 200
    assert office.list_acts()[-2:] == ["network_start", "network_start_done"]
    assert office.read_audit()[-1]["facts"] == {"network": "shop", "left": "notes.txt"}


def test_what_cannot_be_written_down_is_not_done(office: Office) -> None:
    async def visit(operator: Operator) -> int:
        log = office.folder / "audit.jsonl"
        log.unlink()
        log.mkdir()
        return (await operator.act(START)).status_code

    assert office.run(visit) == 500
    assert office.host.acts == []


def test_the_log_keeps_no_source_and_says_which_it_was(office: Office) -> None:
    async def visit(operator: Operator) -> int:
        return (await operator.send(await operator.confirm(GRAVE[-1]))).status_code

    assert office.run(visit) == 200
    facts = office.read_audit()[-1]["facts"]
    assert "class A" not in json.dumps(facts)
    assert len(facts["source_sha256"]) == 64
    assert facts["contract"] == "dure1abc"


# Where it is not


def test_the_public_console_has_none_of_this(tmp_path: Any) -> None:
    desk = Desk(tmp_path)
    desk.pages = build_pages(desk.chain, desk.index, [])
    try:
        for path in [*READS, *POSTS, *(set(PAGES) - {"/", "/sign-in"})]:
            way = path.replace("{network}", "shop")

            async def visit(client: httpx.AsyncClient, way: str = way) -> list[httpx.Response]:
                origin = {"origin": f"http://{client.base_url.netloc.decode()}"}
                return [await client.get(way), await client.post(way, json={}, headers=origin)]

            for answer in desk.run(visit):
                is_audit = way == "/v1/audit"
                assert answer.status_code in {404, 405} or (is_audit and answer.status_code == 401)
    finally:
        desk.index.close()
    assert {page.path for page in PUBLIC_PAGES}.isdisjoint(set(PAGES) - {"/"})


# Pages


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("path", sorted(PAGES))
def test_pages_hold_words_and_no_data(office: Office, path: str, language: str) -> None:
    way = path.replace("{network}", "no-such-shop")
    answer = office.run(lambda each: each.get(f"{way}?lang={language}"), signed_in=False)
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert "no-such-shop" not in answer.text.replace(f'"{way}', "")
    assert "style=" not in answer.text
    assert office.host.asked == []
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ORIGIN not in answer.text
