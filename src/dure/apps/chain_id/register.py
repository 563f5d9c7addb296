"""The register as a node answers it: the port of `offchain` over the SDK.

A view is the word of one node. Whoever issues or accepts identities asks a node of their own; a
person's phone believes what it has signed itself, because receipts are proved.
"""

import enum
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from dure.apps.chain_id.contract import Application, Check, Entry, Identity, Status
from dure.chain.transaction import Call
from dure.contract.language import Time
from dure.contract.library.association import Institution
from dure.contract.values import encode_arguments
from dure.core.errors import ViewRefused
from dure.core.types import Address, Hash, Instant
from dure.sdk import (
    Account,
    AsyncClient,
    AsyncContractProxy,
    Done,
    Draft,
    SignedTransaction,
    build_draft,
)
from dure.sdk.client import wall_time
from dure.sdk.transactions import VALID_FOR


class NodeRegister:
    """One contract, asked through one client."""

    def __init__(self, client: AsyncClient, contract: Address) -> None:
        self._client = client
        self._proxy: AsyncContractProxy | None = None
        self.contract = contract

    async def call(self, method: str, *, by: Account, **arguments: object) -> Done:
        """Have the contract do something; return the proved receipt, raise `ContractRefused`."""
        done: Done = await getattr(await self._open(), method)(by=by, **arguments)
        return done

    async def build_call(self, method: str, **arguments: object) -> Call:
        """Return a call of the contract, for a draft."""
        interface = (await self._open()).interface
        return Call(self.contract, method, encode_arguments(interface, method, (), arguments), None)

    async def draft(self, calls: Sequence[Call], *, by: Account) -> Draft:
        """Return an unsigned transaction, which blocks may take for a minute."""
        chain_id = await self._client.get_chain_id()
        return build_draft(chain_id, by, calls, valid_until=Instant(wall_time() + VALID_FOR))

    async def send(self, signed: SignedTransaction) -> None:
        """Have it done; return when it is final and proved, raise what was refused."""
        await self._client.wait(await self._client.submit(signed))

    async def find_acting_key(self, account: Address) -> bytes | None:
        """Return the key that a node says acts alone; empty where several have to."""
        policy = (await self._client.get_account(account)).policy
        return None if policy is None else bytes.fromhex(str(policy.get("key", "")))

    async def check(self, certificate: Hash) -> Check:
        found: Check = await self._ask("check", Check, certificate)
        return found

    async def find_answer(self, institution: Address, challenge: Hash) -> Entry | None:
        found: Entry | None = await self._find("answer", Entry, institution, challenge)
        return found

    async def find_identity(self, holder: Address) -> int | None:
        found: int | None = await self._find("number_of", int, holder)
        return found

    async def get_status(self, identity: int) -> Status:
        found: Status = await self._ask("status_of", Status, identity)
        return found

    async def get_identity(self, identity: int) -> Identity:
        found: Identity = await self._ask("identity", Identity, identity)
        return found

    async def find_application(self, applicant: Address) -> Application | None:
        found: Application | None = await self._find("application", Application, applicant)
        return found

    async def get_institution(self, institution: Address) -> Institution:
        found: Institution = await self._ask("institution", Institution, institution)
        return found

    async def get_site(self, institution: Address) -> str:
        found: str = await self._ask("site", str, institution)
        return found

    async def count_history(self, identity: int) -> int:
        found: int = await self._ask("history_length", int, identity)
        return found

    async def list_history(self, identity: int, start: int) -> Sequence[Entry]:
        found: Sequence[Entry] = await self._ask("history", list[Entry], identity, start)
        return found

    async def _find(self, method: str, type_: Any, *arguments: object) -> Any:
        try:
            return await self._ask(method, type_, *arguments)
        except ViewRefused:
            return None

    async def _ask(self, method: str, type_: Any, *arguments: object) -> Any:
        value = await getattr(await self._open(), method)(*arguments)
        return build_value(type_, value)

    async def _open(self) -> AsyncContractProxy:
        if self._proxy is None:
            self._proxy = await self._client.contract(self.contract)
        return self._proxy


def build_value(type_: Any, value: Any) -> Any:
    """Return a plain value of the SDK as the class that the contract's file declares."""
    if get_origin(type_) is list:
        (item,) = get_args(type_)
        return [build_value(item, each) for each in value]
    if isinstance(type_, type) and issubclass(type_, enum.Enum):
        return type_[value]
    if type_ is Time:
        return Time(value)
    if isinstance(type_, type) and is_dataclass(type_):
        hints = get_type_hints(type_)
        parts = {
            each.name: build_value(hints[each.name], value[each.name]) for each in fields(type_)
        }
        return type_(**parts)
    return value
