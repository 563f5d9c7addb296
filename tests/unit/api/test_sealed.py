"""The routes about sealed data refuse whatever is not in order before anybody is asked."""

import pytest

from dure.core.address import encode_address
from dure.core.types import Address
from tests.unit.api.serving import Desk

ADDRESS = encode_address(Address(b"k" * 32))
RECORD = f"/v1/sealed/{ADDRESS}/{'0' * 64}"
ROUTES = [
    ("GET", "?version=1"),
    ("PUT", "/file?version=1&offset=0"),
    ("GET", "/file?version=1&offset=0&length=1"),
    ("PUT", "/keys?version=1"),
    ("GET", "/keys?version=1"),
    ("POST", "/readings?version=1"),
]


def ask(desk: Desk, method: str, path: str, content: bytes = b'{"keys":{}}') -> tuple[int, str]:
    answer = desk.run(lambda client: client.request(method, path, content=content))
    return answer.status_code, answer.json()["error"]["message"]


@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_a_node_that_keeps_nothing_says_so(desk: Desk, method: str, rest: str) -> None:
    assert ask(desk, method, RECORD + rest) == (404, "this node keeps no sealed data")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", RECORD),
        ("GET", f"{RECORD}?version=0"),
        ("GET", f"{RECORD}?version={2**63}"),
        ("GET", f"{RECORD}?version=1&version=1"),
        ("GET", f"{RECORD}?version=1&more=1"),
        ("GET", f"/v1/sealed/{ADDRESS}/short?version=1"),
        ("GET", f"/v1/sealed/{ADDRESS}/{'A' * 64}?version=1"),
        ("GET", f"/v1/sealed/dure1wrong/{'0' * 64}?version=1"),
        ("GET", f"{RECORD}/file?version=1&offset=-1&length=1"),
        ("GET", f"{RECORD}/file?version=1&offset=0&length=0"),
        ("GET", f"{RECORD}/file?version=1&offset=0&length={2 * 1024 * 1024 + 1}"),
    ],
)
def test_a_request_out_of_order_is_refused(desk: Desk, method: str, path: str) -> None:
    assert ask(desk, method, path)[0] == 400


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"keys":{"dure1wrong":"00"}}',
        b'{"keys":{"%s":"zz"}}' % ADDRESS.encode(),
        b'{"keys":{%s}}' % b",".join(b'"%d":""' % number for number in range(66)),
    ],
)
def test_keys_out_of_order_are_refused(desk: Desk, content: bytes) -> None:
    assert ask(desk, "PUT", f"{RECORD}/keys?version=1", content)[0] == 400
