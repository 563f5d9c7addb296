"""The API of the admin console: what there is, and acts. Every answer is JSON.

Rules
-----
1. Nothing is answered without a session: its cookie and its token.
2. Acts happen one after the other, each written to the audit log before it happens; what fails,
   however it fails, what was refused for want of a passkey's word, and what was done beside what
   was asked, is written as well.
3. A grave act (`acts.GRAVE`) is done only with a passkey's assertion over a number of this session
   and the very bytes of the act. The number is used up whatever comes of it.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from dure.api.access.audit import Entry
from dure.console.admin.acts import (
    ACT_BYTES_MAX,
    GRAVE,
    AnyAct,
    compute_challenge,
    list_facts,
    name_act,
    read_act,
)
from dure.console.admin.auditing import Auditing
from dure.console.admin.door import Door, Nothing
from dure.console.admin.hosting import Hosting
from dure.console.admin.passkeys import AssertionForm, AssertionRefused, CredentialId
from dure.console.admin.requests import (
    answer_json,
    read_body,
    read_network,
    read_node,
    read_number,
)
from dure.console.admin.sessions import SECRET_LENGTH, Session
from dure.core.errors import AccessDenied, DureError

T = TypeVar("T")

BODY_BYTES_MAX = 2 * ACT_BYTES_MAX
"""Of a request that carries an act as JSON inside JSON."""


class Confirmation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A passkey's word for one act."""

    nonce: Annotated[str, Meta(max_length=SECRET_LENGTH)]
    id: CredentialId
    assertion: AssertionForm


class ActRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An act as the text that was signed, and what it was signed with."""

    act: Annotated[str, Meta(max_length=ACT_BYTES_MAX)]
    confirmation: Confirmation | None = None


class NonceAnswer(msgspec.Struct, frozen=True):
    """A number for one act."""

    nonce: str


class AuditAnswer(msgspec.Struct, frozen=True):
    """A part of the audit log."""

    entries: list[Entry]


class Desk:
    """The operations, over one host."""

    def __init__(self, hosting: Hosting, door: Door, auditing: Auditing) -> None:
        self._hosting = hosting
        self._door = door
        self._auditing = auditing
        self._turn = asyncio.Lock()

    async def list_networks(self, request: Request) -> Response:
        return await self._answer(request, self._hosting.list_networks)

    async def watch(self, request: Request) -> Response:
        network = read_network(request)
        return await self._answer(request, lambda: self._hosting.watch(network))

    async def read_log(self, request: Request) -> Response:
        network, node = read_network(request), read_node(request)
        return await self._answer(request, lambda: self._hosting.read_log(network, node))

    async def list_contracts(self, request: Request) -> Response:
        network = read_network(request)
        return await self._answer(request, lambda: self._hosting.list_contracts(network))

    async def show_copy(self, request: Request) -> Response:
        network = read_network(request)
        return await self._answer(request, lambda: self._hosting.show_copy(network))

    async def show_parts(self, request: Request) -> Response:
        network, height = read_network(request), read_number(request.path_params["height"])
        return await self._answer(request, lambda: self._hosting.show_parts(network, height))

    async def judge_copy(self, request: Request) -> Response:
        network = read_network(request)
        return await self._answer(request, lambda: self._hosting.judge_copy(network))

    async def read_audit(self, request: Request) -> Response:
        after = read_number(request.query_params.get("after", "0"))
        return await self._answer(request, lambda: AuditAnswer(self._auditing.read(after)))

    async def draw_nonce(self, request: Request) -> Response:
        session = self._door.find(request)
        await read_body(request, Nothing)
        return answer_json(NonceAnswer(session.draw_nonce().hex()))

    async def perform(self, request: Request) -> Response:
        """Do an act; return when it is done."""
        session = self._door.find(request)
        given = await read_body(request, ActRequest, bytes_max=BODY_BYTES_MAX)
        act = read_act(given.act)
        try:
            by = self._confirm(session, act, given)
        except AccessDenied as problem:
            self._write_end(act, "refused", session.passkey, problem)
            raise
        async with self._turn:
            self._auditing.write(name_act(act), by, list_facts(act))
            try:
                beside = await asyncio.to_thread(self._hosting.perform, act)
            except Exception as problem:
                # The outer edge of an act: what a fault of ours did by halves is told as well.
                self._write_end(act, "failed", by, problem)
                raise
            if beside:
                self._auditing.write(
                    f"{name_act(act)}_done", by, {"network": act.network, **beside}
                )
        return answer_json(Nothing())

    def _write_end(self, act: AnyAct, end: str, by: str, problem: Exception) -> None:
        words = problem.message if isinstance(problem, DureError) else type(problem).__name__
        facts = {"network": act.network, "words": words}
        self._auditing.write(f"{name_act(act)}_{end}", by, facts)

    def _confirm(self, session: Session, act: AnyAct, given: ActRequest) -> str:
        """Return whose act it is; raise `AssertionRefused` for a grave one that nobody signed."""
        word = given.confirmation
        if word is None:
            if isinstance(act, GRAVE):
                raise AssertionRefused("this needs your passkey's word for exactly this act")
            return session.passkey
        nonce = session.take_nonce(word.nonce)
        if nonce is None:
            raise AssertionRefused("that number was used, is too old, or is not this session's")
        challenge = compute_challenge(nonce, given.act)
        return self._door.confirm(session, word.id, challenge, word.assertion)

    async def _answer(self, request: Request, question: Callable[[], T]) -> Response:
        self._door.find(request)
        return answer_json(await asyncio.to_thread(question))
