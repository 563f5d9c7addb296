"""The life of a contract through the clients: upgraded, stopped, started, its sources proved."""

import asyncio
from typing import Any

import httpx
import pytest

from dure.contract.agreement import explain
from dure.contract.source import bundle
from dure.contract.values import InvalidValue
from dure.core.errors import NotFound
from dure.sdk import AsyncClient, ContractRefused, InvalidAnswer
from tests.unit.api.solo_chain import ALICE, BANK, GUESTBOOK
from tests.unit.sdk.town import Tampering, Town, open_town

BOOK = bundle(GUESTBOOK, "Guestbook")
BETTER = bundle(GUESTBOOK.replace("def write", "def note"), "Guestbook")


async def open_book(client: AsyncClient) -> Any:
    return await client.deploy(BOOK, by=BANK)


def test_an_upgrade_gives_the_contract_its_new_methods() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            book = await open_book(client)
            await book.write(by=ALICE, text="one")
            with pytest.raises(ContractRefused, match="members together"):
                await client.upgrade(book.address, BETTER, by=ALICE)
            better = await client.upgrade(book.address, BETTER, by=BANK)
            assert better.address == book.address
            assert (await better.note(by=ALICE, text="two")).result == 2
            assert await better.line(0) == "one"
            versions = await client.list_versions(book.address)
            assert [each.version for each in versions] == [1, 2]
            assert [each.height for each in versions] == [1, 4]

    asyncio.run(story())


def test_arguments_of_a_migration_that_there_is_not_are_refused_before_sending() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            book = await open_book(client)
            with pytest.raises(InvalidValue, match="no method migrate"):
                await client.upgrade(book.address, BETTER, by=BANK, arguments={"rate": 3})
            assert (await client.get_status()).height == 1

    asyncio.run(story())


def test_the_source_of_every_version_is_proved() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            book = await open_book(client)
            await client.upgrade(book.address, BETTER, by=BANK)
            assert await client.read_source(book.address, 1) == BOOK
            assert await client.read_source(book.address, 2) == BETTER
            with pytest.raises(NotFound, match="no version"):
                await client.read_source(book.address, 3)

    asyncio.run(story())


def test_what_a_contract_says_is_read_from_the_proved_source() -> None:
    def forge(request: httpx.Request, answer: Any) -> Any:
        is_version = request.url.path.endswith("/versions/2")
        return answer | {"source": GUESTBOOK} if is_version else answer

    async def story() -> None:
        async with open_town() as town, town.client() as client:
            book = await open_book(client)
            assert await client.explain(book.address) == explain(BOOK)
            await client.upgrade(book.address, BETTER, by=BANK)
            assert await client.explain(book.address) == explain(BETTER)
            with pytest.raises(NotFound, match="no contract"):
                await client.explain(ALICE.address)
            async with town.client(transport=Tampering(forge)) as lied_to:
                with pytest.raises(InvalidAnswer, match="another source"):
                    await lied_to.explain(book.address)

    asyncio.run(story())


@pytest.mark.parametrize(
    "change",
    [
        {"source": GUESTBOOK + "\n"},
        {"name": "Guest"},
        {"library": [{"name": "token", "text": "x = 1"}]},
    ],
    ids=str,
)
def test_a_node_cannot_show_another_source(change: dict[str, Any]) -> None:
    def forge(request: httpx.Request, answer: Any) -> Any:
        return answer | change if request.url.path.endswith("/versions/1") else answer

    async def story() -> None:
        async with open_town() as town, town.client() as client:
            book = await open_book(client)
            async with town.client(transport=Tampering(forge)) as lied_to:
                with pytest.raises(InvalidAnswer, match="another source"):
                    await lied_to.read_source(book.address, 1)

    asyncio.run(story())


def test_stop_and_start_are_acts_of_the_members() -> None:
    async def story() -> None:
        async with open_town() as town, town.client() as client:
            book = await open_book(client)
            with pytest.raises(ContractRefused, match="members together"):
                await client.stop(book.address, "never mind", by=ALICE)
            stopped = await client.stop(book.address, "a mistake", by=BANK)
            assert [event.name for event in stopped.events] == ["contract_stopped"]
            assert (await client.start(book.address, by=BANK)).verdict.is_proved

    asyncio.run(story())


def test_the_client_that_waits_does_the_same() -> None:
    def story(town: Town) -> None:
        with town.sync_client() as client:
            book = client.deploy(BOOK, by=BANK)
            better = client.upgrade(book.address, BETTER, by=BANK)
            assert better.note(by=ALICE, text="two").result == 1
            assert [each.version for each in client.list_versions(book.address)] == [1, 2]
            assert client.read_source(book.address, 1) == BOOK
            assert client.explain(book.address) == explain(BETTER)
            client.stop(book.address, "a mistake", by=BANK)
            assert client.start(book.address, by=BANK).receipt.status == "ok"

    async def serve() -> None:
        async with open_town() as town:
            await asyncio.to_thread(story, town)

    asyncio.run(serve())
