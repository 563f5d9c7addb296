"""What people call an address: an organisation, a device, a contract, the ledger itself.

Names come from the chain's own state, so nobody can call an account by another member's name. Read
at the head, once a request.
"""

from dure.chain import state
from dure.chain.genesis.governance import GOVERNANCE
from dure.chain.money import LEDGER
from dure.console.facts.organisations import find_account_name
from dure.console.language import get_text
from dure.console.tables import Cell
from dure.contract.agreement import LanguageCode
from dure.contract.bundle import Source
from dure.core.address import decode_address, encode_address
from dure.core.types import Address
from dure.node.gateway import Gateway


class Names:
    """The names of one request."""

    def __init__(self, gateway: Gateway, language: LanguageCode) -> None:
        self._language = language
        self._view = gateway.executor.view()
        self._authority = state.get_authority(self._view)
        self._known: dict[Address, str | None] = {}

    def find(self, address: Address) -> str | None:
        """Return the name of an address; None where the chain has none for it."""
        if address not in self._known:
            self._known[address] = self._look_up(address)
        return self._known[address]

    def find_text(self, text: str) -> str | None:
        """Return the name of an address that stands as text."""
        return self.find(decode_address(text))

    def is_contract(self, address: Address) -> bool:
        """Say whether a contract stands there; the ledger itself is none."""
        return self._view.get(state.key_contract(address)) is not None

    def is_contract_text(self, text: str) -> bool:
        """Say whether a contract stands at an address that stands as text."""
        return self.is_contract(decode_address(text))

    @staticmethod
    def write(address: Address) -> str:
        """Return an address as people read it."""
        return encode_address(address)

    def show(self, address: Address | None) -> Cell | None:
        """Return a cell that leads to the account's page, or the contract's."""
        if address is None:
            return None
        page = "contracts" if self.is_contract(address) else "accounts"
        text = encode_address(address)
        return Cell(text, self.find(address) or "", f"/{page}/{text}")

    def _look_up(self, address: Address) -> str | None:
        if address == LEDGER:
            return get_text(self._language, "name_ledger")
        record = self._view.load(state.ContractRecord, state.key_contract(address))
        if record is not None:
            return self._view.require(Source, state.key_source(record.code_hash)).class_name
        if address == self._authority != GOVERNANCE:
            return get_text(self._language, "name_members")
        return find_account_name(self._view, address)
