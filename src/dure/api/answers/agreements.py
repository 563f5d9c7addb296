"""Agreements as answers: what a contract on the chain says to the people whom it binds.

The source is read at the head, on the event loop; reading it as an agreement takes longer than an
answer may, so it is done beside the loop, once a source, and kept.
"""

import asyncio
from collections import OrderedDict
from typing import Final

import msgspec

from dure.api.answers.contracts import Contracts
from dure.api.answers.shapes import AgreementAnswer
from dure.contract.agreement import Agreement, LanguageCode, explain, render
from dure.core.address import encode_address
from dure.core.types import Address, Hash

AGREEMENTS_MAX: Final = 64


class Agreements:
    """Reads what stands at the head of one node's ledger."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._known: OrderedDict[Hash, Agreement] = OrderedDict()

    async def describe(self, address: Address, language: LanguageCode) -> AgreementAnswer:
        """Return a contract's agreement; raise `NotFound`."""
        record, _ = self._contracts.load(address)
        agreement = await self.read(address)
        return AgreementAnswer(
            address=encode_address(address),
            version=record.version,
            code_hash=record.code_hash.hex(),
            language=language,
            text=await asyncio.to_thread(render, agreement, language),
            agreement=msgspec.to_builtins(agreement),
        )

    async def read(self, address: Address) -> Agreement:
        """Return the agreement of a contract's present version; raise `NotFound`."""
        record, source = self._contracts.load(address)
        known = self._known.get(record.code_hash)
        if known is None:
            known = await asyncio.to_thread(explain, source)
            self._known[record.code_hash] = known
            if len(self._known) > AGREEMENTS_MAX:
                self._known.popitem(last=False)
        return known
