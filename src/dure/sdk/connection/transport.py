"""Carrying requests to nodes over HTTP: several addresses, bounded answers, bounded time.

A request goes to the node that answered last. Where it cannot be reached, or says that it is not
ready, the others are asked in turn. What a node refuses is final: another would refuse it too.
"""

import asyncio
import ssl
import time
from collections.abc import Generator, Sequence
from typing import Any, Final, TypeVar

import httpx

from dure.core.errors import ConfigurationError, Unavailable
from dure.sdk.connection.credentials import Credentials
from dure.sdk.connection.exchange import Operation, Pause, Request, Response, Step
from dure.sdk.errors import InvalidAnswer

ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
CONNECT_TIMEOUT_S: Final = 3.0
NOT_READY: Final = 503

T = TypeVar("T")


class Nodes:
    """The nodes' addresses, the one that answered last first."""

    def __init__(self, urls: str | Sequence[str]) -> None:
        self.urls = [urls] if isinstance(urls, str) else list(urls)
        if not self.urls or any(not url.startswith(("http://", "https://")) for url in self.urls):
            message = "give the address of at least one node, such as http://localhost:8700"
            raise ConfigurationError(message)

    @property
    def current(self) -> str:
        """The address that is asked first."""
        return self.urls[0]

    def ask_in_turn(self) -> Generator[str, Response | httpx.TransportError, Response]:
        """Yield addresses and take what came of each; return the first answer that counts.

        Raise `Unavailable` where none does.
        """
        problems: list[str] = []
        for url in list(self.urls):
            outcome = yield url
            if isinstance(outcome, httpx.TransportError):
                problems.append(f"{url}: {str(outcome) or type(outcome).__name__}")
            elif outcome.status == NOT_READY and url != self.urls[-1]:
                problems.append(f"{url} is not ready")
            else:
                self.urls.remove(url)
                self.urls.insert(0, url)
                return outcome
        raise Unavailable("no node answered: " + "; ".join(problems), nodes=len(problems))


class SyncTransport:
    """Carries operations out by waiting."""

    def __init__(
        self,
        urls: str | Sequence[str],
        transport: httpx.BaseTransport | None,
        credentials: Credentials,
    ) -> None:
        self.nodes = Nodes(urls)
        self._http = httpx.Client(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            headers=credentials.build_headers(self.nodes.urls),
            verify=_build_tls(self.nodes, credentials),
        )

    def close(self) -> None:
        self._http.close()

    def run(self, operation: Operation[T]) -> T:
        """Carry an operation out and return its result."""
        try:
            step = next(operation)
            while True:
                try:
                    response = self._perform(step)
                except Unavailable as problem:
                    step = operation.throw(problem)
                else:
                    step = operation.send(response)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        finally:
            operation.close()

    def _perform(self, step: Step) -> Response:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return Response(200, b"", time.monotonic())
        attempts = self.nodes.ask_in_turn()
        url = next(attempts)
        try:
            while True:
                url = attempts.send(self._try(url, step))
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    def _try(self, url: str, request: Request) -> Response | httpx.TransportError:
        content = bytearray()
        try:
            with self._http.stream(**_build_arguments(url, request)) as answer:
                for chunk in answer.iter_bytes():
                    _add_bounded(content, chunk)
        except httpx.TransportError as problem:
            return problem
        return Response(answer.status_code, bytes(content), time.monotonic())


class AsyncTransport:
    """Carries operations out by awaiting."""

    def __init__(
        self,
        urls: str | Sequence[str],
        transport: httpx.AsyncBaseTransport | None,
        credentials: Credentials,
    ) -> None:
        self.nodes = Nodes(urls)
        self._http = httpx.AsyncClient(
            transport=transport,
            follow_redirects=False,
            trust_env=False,
            headers=credentials.build_headers(self.nodes.urls),
            verify=_build_tls(self.nodes, credentials),
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def run(self, operation: Operation[T]) -> T:
        """Carry an operation out and return its result."""
        try:
            step = next(operation)
            while True:
                try:
                    response = await self._perform(step)
                except Unavailable as problem:
                    step = operation.throw(problem)
                else:
                    step = operation.send(response)
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]
        finally:
            operation.close()

    async def _perform(self, step: Step) -> Response:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return Response(200, b"", time.monotonic())
        attempts = self.nodes.ask_in_turn()
        url = next(attempts)
        try:
            while True:
                url = attempts.send(await self._try(url, step))
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    async def _try(self, url: str, request: Request) -> Response | httpx.TransportError:
        content = bytearray()
        try:
            async with self._http.stream(**_build_arguments(url, request)) as answer:
                async for chunk in answer.aiter_bytes():
                    _add_bounded(content, chunk)
        except httpx.TransportError as problem:
            return problem
        return Response(answer.status_code, bytes(content), time.monotonic())


def _build_arguments(url: str, request: Request) -> dict[str, Any]:
    headers = {"content-type": request.media} if request.content else {}
    return {
        "method": request.method,
        "url": url.rstrip("/") + request.path,
        "params": dict(request.query),
        "content": request.content,
        "headers": headers,
        "timeout": httpx.Timeout(request.timeout_s, connect=CONNECT_TIMEOUT_S),
    }


def _add_bounded(content: bytearray, chunk: bytes) -> None:
    content += chunk
    if len(content) > ANSWER_BYTES_MAX:
        raise InvalidAnswer(f"the node's answer has more than {ANSWER_BYTES_MAX} bytes")


def _build_tls(nodes: Nodes, credentials: Credentials) -> ssl.SSLContext:
    """Return whom to trust; plain HTTP need not wait a tenth of a second for the authorities."""
    if credentials.tls is not None:
        return credentials.tls
    if any(url.startswith("https:") for url in nodes.urls):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
