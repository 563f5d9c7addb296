"""The chain that a simulation runs: keys and accounts of its members, genesis, and transactions.

Everything is derived from names, so two simulations of one size have the same chain.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from dure.chain import money, system
from dure.chain.genesis.document import (
    Allocation,
    Asset,
    ChainKind,
    EngineKind,
    Genesis,
    GenesisDocument,
    Organisation,
    compute_allocations_hash,
    compute_chain_id,
)
from dure.chain.parameters import DEFAULT_PARAMETERS
from dure.chain.transaction import (
    Body,
    Call,
    Envelope,
    KeyPolicy,
    PolicyProof,
    compute_address,
    compute_asset_id,
    compute_transaction_id,
)
from dure.core.attestation import (
    Attestation,
    AttestationStatement,
    compute_attestation_message,
)
from dure.core.codec import encode
from dure.core.types import Address, Amount, BlockId, ChainId, Gas, Height, Instant, PublicKey
from dure.core.validators import Validator, build_validator_set
from dure.identity.keys import SigningKey

START: Final = 1_700_000_000_000
"""Virtual time at which a simulation begins, in milliseconds."""
SUPPLY: Final = Amount(1_000_000_000)
TRANSFER_GAS: Final = Gas(50_000)
GOVERNANCE_GAS: Final = Gas(5_000_000)


_compute_chain_id = lru_cache(maxsize=16)(compute_chain_id)


@lru_cache(maxsize=256)
def derive_key(label: str) -> SigningKey:
    """Return the key that a label stands for."""
    return SigningKey(sha256(label.encode()).digest())


def derive_voting_key(index: int) -> SigningKey:
    """Return the voting key of a member."""
    return derive_key(f"validator {index}")


class Founding:
    """Who takes part at the start: `members` validators, and `spares` that follow."""

    def __init__(self, members: int, spares: int = 0) -> None:
        count = members + spares
        self.members = members
        self.names = tuple(f"member-{index}" for index in range(count))
        self.authority = derive_key("authority")
        """Key of the account that deploys contracts and changes the validators."""
        self.accounts = tuple(derive_key(f"account {index}") for index in range(count))
        self.voting_keys = tuple(derive_voting_key(index) for index in range(count))
        self.document = self._build_document()
        self.asset = compute_asset_id(self.get_address(0), "KRW")

    @property
    def chain_id(self) -> ChainId:
        """The chain's id."""
        return _compute_chain_id(self.document.genesis)

    def get_letter(self, index: int) -> str:
        """Return A, B, C … in the order of the voting keys, which is that of the turns."""
        keys = [key.public for key in self.voting_keys]
        return chr(65 + sorted(keys).index(keys[index]))

    def get_address(self, index: int) -> Address:
        """Return the account of a member, which holds money from the start."""
        return compute_address(KeyPolicy(self.accounts[index].public))

    def build_transfer(self, target: int, amount: int) -> Call:
        """Return the call that pays a member."""
        given = system.TransferArguments(self.asset, self.get_address(target), Amount(amount))
        return Call(money.LEDGER, "transfer", encode(given), None)

    def build_validator_change(
        self, members: Sequence[int], from_height: Height, attestations: Sequence[Attestation]
    ) -> Call:
        """Return the call, for the authority, by which these members decide from a height on."""
        given = system.SetValidatorsArguments(
            members=tuple(self._build_validator(index) for index in members),
            from_height=from_height,
            attestations=tuple(attestations),
        )
        return Call(money.LEDGER, "set_validators", encode(given), None)

    def attest(self, index: int, height: Height, block_id: BlockId, time: Instant) -> Attestation:
        """Return a member's word that it is there, and how high."""
        key = self.voting_keys[index]
        statement = AttestationStatement(
            chain_id=self.chain_id,
            validator=key.public,
            height=height,
            block_id=block_id,
            time=time,
        )
        return Attestation(statement, key.sign(compute_attestation_message(statement)))

    def sign(
        self,
        key: SigningKey,
        call: Call,
        *,
        valid_until: Instant,
        salt: bytes,
        gas: Gas = TRANSFER_GAS,
    ) -> bytes:
        """Return the envelope of one call of the account that a key stands for."""
        policy = KeyPolicy(key.public)
        body = encode(
            Body(
                version=1,
                chain_id=self.chain_id,
                sender=compute_address(policy),
                payer=None,
                valid_until=valid_until,
                salt=salt,
                gas_limit=gas,
                fee_limit=Amount(0),
                calls=(call,),
            )
        )
        proof = PolicyProof(policy, (key.sign(compute_transaction_id(body)),))
        return encode(Envelope(body, (proof,)))

    def find_name(self, key: PublicKey) -> str:
        """Return the name of the member with a voting key."""
        keys = [signing_key.public for signing_key in self.voting_keys]
        return self.names[keys.index(key)] if key in keys else key.hex()[:8]

    def _build_validator(self, index: int) -> Validator:
        return Validator(self.voting_keys[index].public, self.names[index])

    def _build_document(self) -> GenesisDocument:
        allocations = tuple(
            Allocation(self.get_address(index), name, (SUPPLY,))
            for index, name in enumerate(self.names)
        )
        solo = self.members == 1
        genesis = Genesis(
            version=1,
            name="simulation",
            kind=ChainKind.PRIVATE if solo else ChainKind.CONSORTIUM,
            engine=EngineKind.SOLO if solo else EngineKind.PBFT,
            time=Instant(START - 1_000_000),
            test=True,
            offset=0,
            story_clock=self.get_address(0),
            parameters=DEFAULT_PARAMETERS,
            validators=build_validator_set(
                [self._build_validator(index) for index in range(self.members)]
            ),
            organisations=tuple(
                Organisation(name, KeyPolicy(derive_key(name).public), None) for name in self.names
            ),
            authority=KeyPolicy(self.authority.public),
            assets=(Asset("KRW", 0, self.get_address(0)),),
            allocations_hash=compute_allocations_hash(allocations),
            predecessor=None,
        )
        return GenesisDocument(genesis, allocations, (), None)
