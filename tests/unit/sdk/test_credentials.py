"""Showing a token: in every request and stream, over TLS or not at all, and never in a message."""

import asyncio

import httpx
import pytest

from dure.core.errors import AccessDenied, CallerUnknown, ConfigurationError, RoleMissing
from dure.core.types import ChainId
from dure.sdk import AsyncClient, Client, Credentials
from dure.sdk.connection.credentials import find_credentials
from dure.sdk.errors import build_error

TOKEN = "dure_0123456789abcdef_" + "x" * 43
CHAIN = ChainId(bytes(32))


def collect(seen: list[str | None]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        body = {"error": {"code": "caller_unknown", "message": "who?", "facts": {}}}
        return httpx.Response(401, json=body)

    return httpx.MockTransport(answer)


def test_both_clients_show_the_token_and_hear_that_it_is_worth_nothing() -> None:
    seen: list[str | None] = []
    url = "http://localhost:1"
    with (
        Client(url, chain_id=CHAIN, token=TOKEN, transport=collect(seen)) as client,
        pytest.raises(CallerUnknown, match="who"),
    ):
        client.get_status()

    async def main() -> None:
        transport = collect(seen)
        async with AsyncClient(url, chain_id=CHAIN, token=TOKEN, transport=transport) as client:
            with pytest.raises(CallerUnknown):
                await client.get_status()

    asyncio.run(main())
    assert seen == [f"Bearer {TOKEN}"] * 2


def test_the_environment_may_have_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []
    monkeypatch.setenv("DURE_TOKEN", TOKEN)
    for given in (None, "another"):
        options = {"chain_id": CHAIN, "transport": collect(seen)}
        with (
            Client("http://[::1]:1", token=given, **options) as client,  # type: ignore[arg-type]  # options by name
            pytest.raises(CallerUnknown),
        ):
            client.get_status()
    assert seen == [f"Bearer {TOKEN}", "Bearer another"]


def test_without_a_token_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURE_TOKEN", "")
    assert find_credentials().build_headers(["http://node.example"]) == {}


@pytest.mark.parametrize("url", ["http://node.example:8700", "http://localhost.example", "ws://a"])
def test_a_token_does_not_leave_this_machine_in_clear(url: str) -> None:
    with pytest.raises(ConfigurationError, match="in clear"):
        Credentials(TOKEN).build_headers(["https://node.example", url])


@pytest.mark.parametrize(
    "url", ["https://node.example", "wss://node.example", "http://127.0.0.1:8700", "ws://localhost"]
)
def test_over_tls_or_on_this_machine_it_is_shown(url: str) -> None:
    assert Credentials(TOKEN).build_headers([url]) == {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("text", ["", "a b", "a\r\nx-evil: 1", "토큰", "x" * 257])
def test_what_cannot_be_a_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        find_credentials(text)
    assert not text or text not in refused.value.message


def test_a_token_is_in_no_repr() -> None:
    assert TOKEN not in repr(find_credentials(TOKEN))


def test_refusals_come_back_as_their_own_classes() -> None:
    assert isinstance(build_error("role_missing", "no", 403), RoleMissing)
    assert isinstance(build_error("caller_unknown", "no", 401), AccessDenied)
