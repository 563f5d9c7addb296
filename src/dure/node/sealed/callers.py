"""Who asks a keeper's node, and whether the same request was seen before."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from dure.chain import state
from dure.chain.execution.delegation import Permission, list_sessions
from dure.chain.transaction import KeyPolicy, compute_address
from dure.core.errors import Unavailable
from dure.core.types import Address
from dure.identity.envelopes.requests import (
    LIFE_MS,
    VERSION,
    RequestStatement,
    UnsignedRequest,
    compute_body_hash,
    read_request,
)
from dure.node.sealed.ledger import KeeperLedger

SEEN_MAX: Final = 200_000
NAMING: Final = "name_reading_key"
"""The contract's call by which an account says to which key data is sealed for it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    header: str
    method: str
    target: str
    """Path and query."""
    body: bytes = b""


class Callers:
    """Believes a request once: signed by its account, for this keeper, about what was sent."""

    def __init__(self, ledger: KeeperLedger) -> None:
        self._ledger = ledger
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    def authenticate(self, asked: Asked, contract: Address) -> RequestStatement:
        """Return what the account that asks about a contract's records has signed.

        Raise `UnsignedRequest`.
        """
        statement = read_request(asked.header).statement
        now = self._ledger.now()
        if (statement.version, statement.chain_id, statement.keeper) != (
            VERSION,
            self._ledger.chain_id,
            self._ledger.address,
        ):
            raise UnsignedRequest("the request is for another chain or another keeper")
        if (statement.method, statement.target) != (asked.method, asked.target):
            raise UnsignedRequest("the request was signed for something else")
        if statement.body != compute_body_hash(asked.body):
            raise UnsignedRequest("the body is not the one that was signed")
        if abs(statement.time - now) > LIFE_MS:
            raise UnsignedRequest("the request is too old, or its clock is wrong", now=now)
        key = KeyPolicy(statement.key)
        is_reading = asked.method != "PUT"
        is_reader = is_reading and self._reads_for(statement.account, key, contract)
        if not is_reader and not self._acts_alone(statement.account, key):
            raise UnsignedRequest("the key is not the one that acts for the account")
        return statement

    def spend(self, statement: RequestStatement) -> None:
        """Remember a request that is going to be answered; raise `UnsignedRequest` where it was."""
        now, used = self._ledger.now(), statement.account + statement.salt
        while self._seen and next(iter(self._seen.values())) < now - 2 * LIFE_MS:
            self._seen.popitem(last=False)
        if used in self._seen:
            raise UnsignedRequest("the request was sent before")
        if len(self._seen) >= SEEN_MAX:
            raise Unavailable("too many requests about sealed data; try again later")
        self._seen[used] = now

    def _acts_alone(self, account: Address, key: KeyPolicy) -> bool:
        view = self._ledger.view()
        known = view.load(state.Account, state.key_account(account))
        if known is not None and known.policy is not None:
            return known.policy == key
        return compute_address(key) == account

    def _reads_for(self, account: Address, key: KeyPolicy, contract: Address) -> bool:
        """Say whether an account has let a session key name its reading key at a contract.

        Such a key could name one of its own, so it may as well ask for what is sealed.
        """
        naming, now = Permission(contract, NAMING), self._ledger.get_block_time()
        return any(
            session.key == key and naming in session.permissions and now <= session.expires
            for session in list_sessions(self._ledger.view(), account)
        )
