"""Whatever strangers send to a node, it answers in its own words, stays up and goes on working."""

import contextlib
import json
import os
import socket
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dure.cli.access import load_authority
from dure.contract.library.token import Token
from dure.contract.source import read_source
from dure.core.address import encode_address
from dure.core.codec import decode, encode
from dure.sdk.connection.frames import Answer, NodeFrame, Submit
from tests.e2e.hostile import list_bad, mutate, sign
from tests.e2e.processes import Town, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

BINARY = {"content-type": "application/octet-stream"}
JSON = {"content-type": "application/json"}
VICTIM = "insurer"
A_FEW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def api(town: Town) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=town.get_url(VICTIM), timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def replayed(town: Town, api: httpx.Client) -> bytes:
    """A transaction that is final."""
    envelope = sign(town, town.get_account(VICTIM))
    assert send_final(api, envelope).status_code == 200
    return envelope


@pytest.fixture(autouse=True)
def still_well(town: Town, api: httpx.Client) -> Iterator[None]:
    """After each test the node is healthy and a good transaction becomes final."""
    yield
    assert api.get("/healthz").json()["ready"]
    answer = send_final(api, sign(town, town.get_account(VICTIM)))
    assert answer.status_code == 200, answer.text
    assert answer.json()["finality"] == "final"


def send_final(api: httpx.Client, envelope: bytes) -> httpx.Response:
    return api.post("/v1/transactions?wait=final", content=envelope, headers=BINARY)


def read_code(answer: httpx.Response) -> str:
    """Return an error's code, after a look at its shape."""
    error = answer.json()["error"]
    assert set(error) == {"code", "message", "facts"}
    assert error["message"]
    return str(error["code"])


def get_address(town: Town) -> tuple[str, int]:
    host, port = town.get_url(VICTIM).removeprefix("http://").split(":")
    return host, int(port)


def open_socket(town: Town, path: str, **options: str) -> ClientConnection:
    url = town.get_url(VICTIM).replace("http://", "ws://")
    return connect(url + path, additional_headers=options, close_timeout=2, max_size=None)


def test_every_bad_transaction_has_its_own_refusal(
    town: Town, api: httpx.Client, replayed: bytes
) -> None:
    for bad in list_bad(town, replayed):
        for wait in ("", "?wait=final"):
            answer = api.post(f"/v1/transactions{wait}", content=bad.envelope, headers=BINARY)
            assert (read_code(answer), answer.status_code) == (bad.code, bad.status), bad


def test_the_binary_stream_refuses_the_same_with_the_same_codes(
    town: Town, replayed: bytes
) -> None:
    bad = list_bad(town, replayed)
    with open_socket(town, "/v1/stream") as stream:
        for number, chosen in enumerate((bad, bad[::-1])):
            stream.send(encode(Submit(number, tuple(each.envelope for each in chosen))))
            answer: NodeFrame = decode(NodeFrame, as_bytes(stream.recv(20)))
            assert isinstance(answer, Answer)
            assert answer.number == number
            codes = [None if refusal is None else refusal[0] for refusal in answer.refusals]
            assert codes == [each.code for each in chosen]


def as_bytes(message: str | bytes) -> bytes:
    assert isinstance(message, bytes)
    return message


@A_FEW
@given(body=st.binary(max_size=2_000), as_json=st.booleans())
def test_no_body_confuses_the_node(api: httpx.Client, body: bytes, as_json: bool) -> None:
    answer = api.post("/v1/transactions", content=body, headers=JSON if as_json else BINARY)
    expected = {"invalid_request"} if as_json else {"malformed_transaction"}
    assert answer.status_code in {400, 422}
    assert read_code(answer) in expected


@A_FEW
@given(
    places=st.lists(st.integers(0, 10_000), min_size=1, max_size=3, unique=True),
    change=st.integers(1, 255),
)
def test_no_change_of_a_good_transaction_is_taken(
    town: Town, api: httpx.Client, places: list[int], change: int
) -> None:
    good = sign(town, town.get_account(VICTIM))
    changed = mutate(good, places, change)
    if changed != good:
        answer = api.post("/v1/transactions", content=changed, headers=BINARY)
        assert answer.status_code == 422
        read_code(answer)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("POST", "/v1/transactions", b"{}", {}, 400, "invalid_request"),
        ("POST", "/v1/transactions", b"", JSON, 400, "invalid_request"),
        ("POST", "/v1/transactions", b'{"envelope": "xyz"}', JSON, 400, "invalid_request"),
        ("POST", "/v1/transactions", b'{"envelope": 5}', JSON, 400, "invalid_request"),
        ("POST", "/v1/transactions", b'{"envelope": "", "x": 1}', JSON, 400, "invalid_request"),
        ("POST", "/v1/transactions", b"[" * 100_000, JSON, 400, "invalid_request"),
        ("POST", "/v1/transactions?wait=soon", b"", BINARY, 400, "invalid_request"),
        ("POST", "/v1/transactions?timeout_s=nan", b"", BINARY, 400, "invalid_request"),
        ("POST", "/v1/transactions?timeout_s=3000", b"", BINARY, 400, "invalid_request"),
        ("POST", "/v1/transactions", bytes(3 * 1024 * 1024 + 1), BINARY, 413, "request_too_large"),
        ("DELETE", "/v1/transactions", b"", {}, 405, "method_not_allowed"),
        ("GET", "/v1/nothing", b"", {}, 404, "not_found"),
        ("GET", "/v1/blocks/-1", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/blocks/99999999999999999999", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/blocks/900000000", b"", {}, 404, "not_found"),
        ("GET", "/v1/blocks?limit=0", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/blocks?limit=1&limit=2", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/blocks?nothing=1", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/transactions/zz", b"", {}, 400, "invalid_request"),
        ("GET", f"/v1/transactions/{'0' * 64}", b"", {}, 404, "not_found"),
        ("GET", "/v1/accounts/dure1nobody", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/events?after=1-2-3-4-5", b"", {}, 400, "invalid_request"),
        ("GET", "/v1/state/0/proof", b"", {}, 400, "invalid_request"),
        ("GET", "/healthz", b"", {"host": "evil.example"}, 421, "wrong_host"),
        ("GET", "/healthz", b"", {"host": "localhost"}, 421, "wrong_host"),
        ("GET", "/v1/status", b"", {"origin": "http://evil.example"}, 403, "wrong_origin"),
        ("GET", "/v1/status", b"", {"origin": "null"}, 403, "wrong_origin"),
    ],
)
def test_a_wrong_request_has_its_status_and_code(  # noqa: PLR0917 - a row of the table
    api: httpx.Client,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = api.request(method, path, content=body, headers=headers)
    assert (answer.status_code, read_code(answer)) == (status, code)


def test_an_endless_body_is_cut_off(api: httpx.Client) -> None:
    sent = 0

    def pour() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 1024 * 1024
            yield bytes(1024 * 1024)

    try:
        answer = api.post("/v1/transactions", content=pour(), headers=BINARY)
    except httpx.WriteError:
        assert sent < 64 * 1024 * 1024
    else:
        assert answer.status_code == 413
        assert read_code(answer) == "request_too_large"


def test_views_take_no_arguments_but_their_own(town: Town, api: httpx.Client) -> None:
    with town.connect(VICTIM) as client:
        token = client.deploy(
            read_source(Token),
            by=load_authority(town.folder),
            owner=town.get_address("bank"),
            arguments={"code": "KRW", "decimals": 0},
        )
    path = f"/v1/contracts/{encode_address(token.address)}/views"
    assert api.post(f"{path}/supply", content=b"{}", headers=JSON).json()["result"] == 0
    bodies: list[object] = [None, 1, "x", [1], {"x": 1}, [[[[]]]], {"": {}}, [2**70]]
    for body in bodies:
        answer = api.post(f"{path}/supply", content=json.dumps(body), headers=JSON)
        assert answer.status_code == 400, body
    for method in ("issue", "nothing", "__init__", "found"):
        answer = api.post(f"{path}/{method}", content=b"{}", headers=JSON)
        assert answer.status_code in {400, 404}, method
        read_code(answer)


def test_raw_bytes_on_the_port_disturb_nobody(town: Town) -> None:
    requests = [
        os.urandom(4096),
        b"\0" * 100_000,
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 200_000,
        b"POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"GET /v1/status HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ]
    for request in requests:
        with socket.create_connection(get_address(town), timeout=10) as stranger:
            # The node may have hung up before all of it was sent.
            with contextlib.suppress(OSError):
                stranger.sendall(request)
                stranger.shutdown(socket.SHUT_WR)
            answer = read_all(stranger)
            assert b" 200 " not in answer.partition(b"\r\n")[0]


def read_all(stranger: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    taken = b""
    try:
        while part := stranger.recv(65_536):
            taken += part
    except ConnectionError:
        pass
    return taken


def test_slow_clients_keep_nobody_waiting(town: Town, api: httpx.Client) -> None:
    slow = [socket.create_connection(get_address(town), timeout=10) for _ in range(100)]
    try:
        for index, stranger in enumerate(slow):
            head = b"POST /v1/transactions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n"
            stranger.sendall(head if index % 2 else head + b"\r\n" + b"x" * 10)
        assert api.get("/v1/status").status_code == 200
        assert send_final(api, sign(town, town.get_account("bank"))).status_code == 200
    finally:
        for stranger in slow:
            stranger.close()


@pytest.mark.parametrize(
    "message",
    [b"", b"\xc1", b"\x93\xa6submit\x00\x91", os.urandom(500), "text", b"\x91" * 50_000],
    ids=["empty", "never used", "cut off", "random", "text", "nested"],
)
def test_a_wrong_frame_ends_its_stream_and_says_why(town: Town, message: str | bytes) -> None:
    with open_socket(town, "/v1/stream") as stream, pytest.raises(ConnectionClosed) as ended:
        send_until_closed(stream, message)
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1007
    assert ended.value.rcvd.reason.startswith(("invalid_encoding: ", "invalid_request: "))


def send_until_closed(stream: ClientConnection, message: str | bytes) -> None:
    stream.send(message)
    drain(stream)


def drain(stream: ClientConnection) -> None:
    """Read until the node closes; raise `ConnectionClosed`."""
    while True:
        stream.recv(10)


def test_an_oversized_frame_ends_its_stream(town: Town) -> None:
    with open_socket(town, "/v1/stream") as stream, pytest.raises(ConnectionClosed) as ended:
        send_until_closed(stream, bytes(8 * 1024 * 1024 + 1))
    assert ended.value.rcvd is None or ended.value.rcvd.code == 1009


def test_what_is_no_websocket_frame_ends_the_connection(town: Town) -> None:
    for path in ("/v1/stream", "/v1/events"):
        with open_socket(town, path) as stream:
            stream.socket.sendall(b"\xff" * 2_000)
            with pytest.raises(ConnectionClosed):
                drain(stream)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/stream", {"origin": "http://evil.example"}, 403),
        ("/v1/events", {"origin": "http://evil.example"}, 403),
        ("/v1/events?from_height=x", {}, 400),
        ("/v1/events?from_height=-1", {}, 400),
        ("/v1/nothing", {}, 404),
    ],
)
def test_a_wrong_socket_is_not_opened(
    town: Town, path: str, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(town, path, **headers)
    assert refused.value.response.status_code == status


def test_a_thousand_silent_sockets_are_bounded_and_go_away(town: Town, api: httpx.Client) -> None:
    opened: list[socket.socket] = []
    try:
        statuses = [upgrade(town, opened) for _ in range(1_000)]
        assert set(statuses) == {b"101", b"503"}
        assert api.get("/v1/status").status_code == 200
    finally:
        close_all(opened)
    try:
        wait_until(lambda: upgrade(town, opened) == b"101", "a new socket may be opened again")
    finally:
        close_all(opened)


def close_all(opened: list[socket.socket]) -> None:
    """Close the sockets; closing twice is harmless."""
    for each in opened:
        each.close()


def upgrade(town: Town, opened: list[socket.socket]) -> bytes:
    """Ask for a WebSocket that nobody will read; return the status of the answer."""
    host, port = get_address(town)
    stranger = socket.create_connection((host, port), timeout=10)
    opened.append(stranger)
    stranger.sendall(
        f"GET /v1/events HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    return stranger.recv(4096).split(b" ")[1]
