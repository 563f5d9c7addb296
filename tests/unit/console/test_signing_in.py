"""Pages of a chain that is not open: what a stranger sees, signing in and out, other sites."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from dure.api.access.roles import Role
from dure.api.access.tokens import generate_token
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.console import build_pages
from tests.unit.api import solo_chain
from tests.unit.api.access.callers import Gate
from tests.unit.api.serving import HOST, Desk
from tests.unit.console.conftest import APPLICATION

OWN = {"origin": f"http://{HOST}"}
PAGES = ["/", "/blocks/0", "/apps/guestbook", "/nonsense", f"/transactions/{'0' * 64}"]


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    parameters = msgspec.structs.replace(DEFAULT_PARAMETERS, open_reading=False)
    monkeypatch.setattr(solo_chain, "DEFAULT_PARAMETERS", parameters)
    desk = Desk(tmp_path)
    made = Gate(desk)
    desk.pages = build_pages(desk.chain, desk.index, [APPLICATION], desk.access)
    yield made
    desk.index.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_sees_the_door_and_nothing_of_the_chain(gate: Gate, path: str) -> None:
    answer = gate.desk.run(lambda client: client.get(path))
    assert answer.status_code == 401
    assert 'name="token"' in answer.text
    chain = gate.desk.chain.executor
    for word in (chain.genesis.name, chain.chain_id.hex()[:8], "방명록", "Guestbook"):
        assert word not in answer.text


@pytest.mark.parametrize(("language", "words"), [("en", "Sign in"), ("ko", "로그인")])
def test_the_door_speaks_both_languages(gate: Gate, language: str, words: str) -> None:
    answer = gate.desk.run(lambda client: client.get(f"/sign-in?lang={language}"))
    assert answer.status_code == 200
    assert words in answer.text
    assert f'<html lang="{language}"' in answer.text


def test_signing_in_sets_a_cookie_that_no_script_and_no_other_site_can_use(gate: Gate) -> None:
    token = gate.admit(Role.READER, name="reporting")

    async def visit(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        entered = await client.post("/sign-in", data={"token": token}, headers=OWN)
        return entered, await client.get("/")

    entered, page = gate.desk.run(visit)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "max-age" not in cookie
    assert "domain" not in cookie
    assert page.status_code == 200
    assert "reporting (reader)" in page.text
    assert token not in page.text


def test_over_tls_the_cookie_never_leaves_it(gate: Gate) -> None:
    token = gate.admit(Role.READER)

    async def visit(client: httpx.AsyncClient) -> str:
        client.base_url = httpx.URL(f"https://{HOST}")
        headers = {"origin": f"https://{HOST}"}
        answer = await client.post("/sign-in", data={"token": token}, headers=headers)
        return answer.headers["set-cookie"].lower()

    assert "secure" in gate.desk.run(visit)


def test_a_wrong_token_sets_nothing_and_is_not_repeated(gate: Gate) -> None:
    token = generate_token().text
    answer = gate.desk.run(
        lambda client: client.post("/sign-in", data={"token": token}, headers=OWN)
    )
    assert answer.status_code == 401
    assert "not known here" in answer.text
    assert "set-cookie" not in answer.headers
    assert token not in answer.text


def test_a_revoked_token_is_told_so_and_forgotten(gate: Gate) -> None:
    token = gate.admit(Role.READER)

    async def visit(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        await client.post("/sign-in", data={"token": token}, headers=OWN)
        gate.revoke(token)
        return await client.get("/"), await client.get("/sign-in")

    page, door = gate.desk.run(visit)
    assert (page.status_code, door.status_code) == (401, 401)
    assert "not known here" in page.text
    assert 'dure_token=""' in door.headers["set-cookie"]


def test_signing_out_forgets_the_token_in_this_browser(gate: Gate) -> None:
    token = gate.admit(Role.READER)

    async def visit(client: httpx.AsyncClient) -> tuple[httpx.Response, httpx.Response]:
        await client.post("/sign-in", data={"token": token}, headers=OWN)
        return await client.post("/sign-out", headers=OWN), await client.get("/")

    out, page = gate.desk.run(visit)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert page.status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://localhost:9"])
def test_the_forms_are_taken_from_this_nodes_pages_only(
    gate: Gate, path: str, origin: str | None
) -> None:
    token = gate.admit(Role.READER)
    headers = {} if origin is None else {"origin": origin}
    answer = gate.desk.run(lambda client: client.post(path, data={"token": token}, headers=headers))
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_the_door_lets_its_own_form_say_where_it_comes_from(gate: Gate) -> None:
    # With `no-referrer` a browser would send `Origin: null`, and the form would be refused.
    answer = gate.desk.run(lambda client: client.get("/sign-in"))
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"token=" + b"a" * 5_000, "application/x-www-form-urlencoded", 413),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded", 400),
        (b'{"token": "x"}', "application/json", 400),
        (b"", "application/x-www-form-urlencoded", 401),
    ],
)
def test_other_forms_are_refused(gate: Gate, content: bytes, media: str, status: int) -> None:
    headers = OWN | {"content-type": media}
    answer = gate.desk.run(lambda client: client.post("/sign-in", content=content, headers=headers))
    assert answer.status_code == status


def test_styles_are_there_for_everybody(gate: Gate) -> None:
    assert gate.desk.run(lambda client: client.get("/static/console.css")).status_code == 200


def test_who_asks_too_much_is_told_when_to_come_back(gate: Gate) -> None:
    token = gate.admit(Role.READER, requests_per_second=0.01, requests_burst=1.0)

    async def visit(client: httpx.AsyncClient) -> httpx.Response:
        await client.post("/sign-in", data={"token": token}, headers=OWN)
        await client.get("/")
        return await client.get("/")

    answer = gate.desk.run(visit)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_an_open_chain_shows_its_pages_and_offers_the_door(desk: Desk) -> None:
    page = desk.run(lambda client: client.get("/"))
    assert page.status_code == 200
    assert re.search(r'href="/sign-in[^"]*">Sign in<', page.text)
