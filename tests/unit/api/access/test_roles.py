"""Who may do what: the table, and every operation and WebSocket of the API against it."""

import asyncio
import re

import httpx
import pytest

from dure.api.access.roles import PERMITTED, Act, Role, is_permitted
from dure.api.routes.operation import Operation
from dure.api.routes.table import OPERATIONS
from tests.unit.api.access.callers import Gate, show
from tests.unit.api.serving import Desk

REFUSED = {401: "caller_unknown", 403: "role_missing"}
EXPECTED = {
    None: {Act.GREET},
    Role.READER: {Act.GREET, Act.READ},
    Role.SUBMITTER: {Act.GREET, Act.READ, Act.SUBMIT},
    Role.AUDITOR: {Act.GREET, Act.READ, Act.AUDIT},
    Role.OPERATOR: {Act.GREET, Act.READ, Act.SUBMIT, Act.AUDIT},
}
"""On a chain that is not open, written down a second time on purpose."""


def ask(desk: Desk, operation: Operation, headers: dict[str, str]) -> httpx.Response:
    """Ask with parameters that lead nowhere: whoever is let in gets another error, or an answer."""
    path = re.sub(r"{(\w+)}", "0", operation.path)
    return desk.run(lambda client: client.request(operation.method, path, headers=headers))


@pytest.mark.parametrize("role", [None, *Role])
def test_every_operation_lets_in_exactly_the_roles_of_the_table(
    closed: Gate, role: Role | None
) -> None:
    headers = {} if role is None else show(closed.admit(role))
    for operation in OPERATIONS:
        answer = ask(closed.desk, operation, headers)
        is_let_in = answer.status_code not in REFUSED
        assert is_let_in == (operation.act in EXPECTED[role]), (operation.path, answer.text)
        if not is_let_in:
            assert answer.status_code == (401 if role is None else 403)
            assert answer.json()["error"]["code"] == REFUSED[answer.status_code]


@pytest.mark.parametrize("role", [None, *Role])
def test_an_open_chain_adds_reading_and_submitting_for_all(opened: Gate, role: Role | None) -> None:
    headers = {} if role is None else show(opened.admit(role))
    for operation in OPERATIONS:
        answer = ask(opened.desk, operation, headers)
        may = EXPECTED[role] | {Act.GREET, Act.READ, Act.SUBMIT}
        assert (answer.status_code not in REFUSED) == (operation.act in may), operation.path


def test_no_route_of_the_listener_is_outside_the_table(closed: Gate) -> None:
    async def greet(client: httpx.AsyncClient) -> set[int]:
        paths = ("/openapi.json", "/docs", "/docs/style.css", "/healthz")
        return {(await client.get(path)).status_code for path in paths}

    assert closed.desk.run(greet) == {200}
    # Those of sealed data know who asks by a signature of the party's own, on each request.
    others = {each.path for each in OPERATIONS if each.act is Act.GREET}
    assert {path for path in others if not path.startswith("/v1/sealed/")} == {"/healthz"}


def test_what_an_open_chain_allows_nobody_loses_by_being_known() -> None:
    for role in Role:
        for act in Act:
            if is_permitted(act, None, open_reading=True):
                assert is_permitted(act, role, open_reading=True)


def test_roles_differ() -> None:
    assert len(set(PERMITTED.values())) == len(Role)


def test_the_document_says_who_is_let_in(opened: Gate) -> None:
    document = opened.desk.get("/openapi.json")
    assert set(document["components"]["securitySchemes"]) == {"token", "certificate", "page"}
    for operation in OPERATIONS:
        described = document["paths"][operation.path][operation.method.lower()]
        assert {"401", "403", "429"} <= set(described["responses"])
        assert described["x-roles"] == [r.value for r in Role if operation.act in EXPECTED[r]]
        assert ({} in described["security"]) == (operation.act is not Act.AUDIT)


def test_the_rule_is_the_chains_own_parameter_at_its_head(closed: Gate) -> None:
    async def ask_all() -> list[int]:
        async with closed.desk.open_client() as client:
            return [(await client.get("/v1/status")).status_code for _ in range(2)]

    assert asyncio.run(ask_all()) == [401, 401]
    assert closed.desk.chain.executor.parameters.open_reading is False
