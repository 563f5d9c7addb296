"""What is refused before it reaches the ledger, and what is never told."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.api.http.allowance import CLIENTS_MAX, Allowance
from dure.api.http.errors import STATUS, TooManyRequests, get_status
from dure.core.errors import DureError
from dure.node.gateway import NodeStatus
from tests.unit.api.serving import HOST, Desk
from tests.unit.api.solo_chain import SoloChain

BYTES = {"content-type": "application/octet-stream"}


def post(desk: Desk, content: bytes, **headers: str) -> httpx.Response:
    return desk.run(
        lambda client: client.post("/v1/transactions", content=content, headers=BYTES | headers)
    )


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost", "localhost:1", "127.0.0.1:8700.evil.example", ""]
)
def test_other_host_names_are_misdirected(desk: Desk, host: str) -> None:
    answer = desk.run(lambda client: client.get("/v1/status", headers={"host": host}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", [HOST, "127.0.0.1:8700", "[::1]:8700", "LOCALHOST:8700"])
def test_own_host_names_are_served(desk: Desk, host: str) -> None:
    answer = desk.run(lambda client: client.get("/v1/status", headers={"host": host}))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:8701", "https://localhost", ""]
)
def test_pages_of_other_sites_are_refused(desk: Desk, origin: str) -> None:
    signed = desk.chain.pay(1)
    answer = post(desk, signed.envelope, origin=origin)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "wrong_origin")
    assert len(desk.chain.blocks) == 1


def test_own_pages_are_served(desk: Desk) -> None:
    assert post(desk, desk.chain.pay(1).envelope, origin=f"http://{HOST}").status_code == 202


def test_a_body_too_large_is_refused_by_its_header_alone(desk: Desk) -> None:
    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        headers = BYTES | {"content-length": str(desk.settings.request_bytes_max + 1)}
        return await client.post("/v1/transactions", content=b"", headers=headers)

    answer = desk.run(ask)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_a_body_without_length_is_cut_off_at_its_limit(desk: Desk) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10_000):
            read += 65_536
            yield bytes(65_536)

    answer = desk.run(
        lambda client: client.post("/v1/transactions", content=endless(), headers=BYTES)
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=300))
def test_garbage_is_a_malformed_transaction(desk: Desk, content: bytes) -> None:
    answer = post(desk, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "malformed_transaction")


def test_each_bad_transaction_has_its_own_code(desk: Desk) -> None:
    signed = desk.chain.pay(1)
    broken = bytearray(signed.envelope)
    broken[-1] ^= 1
    expired = desk.chain.pay(2)
    cases = {
        "wrong_signature": bytes(broken),
        "wrong_chain": SoloChain(name="elsewhere").pay(1).envelope,
    }
    for code, envelope in cases.items():
        answer = post(desk, envelope)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert post(desk, signed.envelope).status_code == 202
    answer = post(desk, signed.envelope)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "transaction_replayed")
    desk.chain.clock += 120_000
    answer = post(desk, expired.envelope)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "transaction_expired")


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"{", "application/json"),
        (b'{"envelope": 1}', "application/json"),
        (b'{"envelope": "zz"}', "application/json"),
        (b'{"envelope": "00", "more": 1}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
        (b"", "text/plain"),
    ],
)
def test_bodies_of_another_form_are_refused(desk: Desk, content: bytes, media: str) -> None:
    headers = {"content-type": media}
    answer = desk.run(
        lambda client: client.post("/v1/transactions", content=content, headers=headers)
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_unknown_paths_and_methods_have_the_same_shape(desk: Desk) -> None:
    assert desk.get("/v1/nonsense", 404)["error"]["code"] == "not_found"
    answer = desk.run(lambda client: client.delete("/v1/status"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


class Broken(SoloChain):
    def get_status(self) -> NodeStatus:
        raise RuntimeError("the secret of the house")


def test_unexpected_errors_leave_an_id_and_no_word(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.chain = Broken()
    answer = desk.get("/v1/status", 500)
    assert answer["error"]["code"] == "internal_error"
    assert "secret" not in str(answer)
    logged = capsys.readouterr().out
    assert answer["error"]["facts"]["id"] in logged
    assert "the secret of the house" in logged


def test_a_client_that_asks_too_much_is_told_when_to_come_back(desk: Desk) -> None:
    desk.settings = replace(desk.settings, submissions_per_second=0.001, submissions_burst=2)

    async def flood(client: httpx.AsyncClient) -> list[httpx.Response]:
        sent = [desk.chain.pay(amount).envelope for amount in (1, 2, 3)]
        return [await client.post("/v1/transactions", content=e, headers=BYTES) for e in sent]

    answers = desk.run(flood)
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    error = answers[-1].json()["error"]
    assert error["code"] == "too_many_requests"
    assert error["facts"]["retry_after_ms"] > 0
    assert int(answers[-1].headers["retry-after"]) >= error["facts"]["retry_after_ms"] / 1000


def test_an_allowance_grows_with_time_up_to_its_burst() -> None:
    now = 0.0
    allowance = Allowance(10, 20, lambda: now)
    allowance.take("a", 20)
    with pytest.raises(TooManyRequests):
        allowance.take("a")
    allowance.take("b", 20)
    now = 1.0
    allowance.take("a", 10)
    with pytest.raises(TooManyRequests):
        allowance.take("a")
    now = 1_000.0
    with pytest.raises(TooManyRequests):
        allowance.take("a", 21)
    allowance.take("a", 20)


def test_allowances_of_many_clients_stay_bounded() -> None:
    allowance = Allowance(1, 1, lambda: 0.0)
    for number in range(CLIENTS_MAX + 10):
        allowance.take(str(number))
    allowance.take("0")
    with pytest.raises(TooManyRequests):
        allowance.take(str(CLIENTS_MAX + 9))


def test_every_error_class_has_a_status() -> None:
    def walk(root: type[DureError]) -> list[type[DureError]]:
        return [root, *(each for sub in root.__subclasses__() for each in walk(sub))]

    for each in STATUS:
        assert get_status(each("x")) == STATUS[each]
    for each in walk(DureError):
        if each.__init__ is DureError.__init__:
            assert 400 <= get_status(each("x")) <= 504
