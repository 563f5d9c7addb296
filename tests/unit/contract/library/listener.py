"""A contract that hears what another chain says, for tests of what it inherits."""

from dure.contract.language import Address, Hash, call, init
from dure.contract.library.foreign_chain import ForeignChain, ForeignProof, ForeignValidator


class Listener(ForeignChain):
    """Hears each event once."""

    @init
    def begin(self, chain_id: Hash, validators: list[ForeignValidator]) -> None:
        """Begin with the other chain and who decides it."""
        self.know_chain(chain_id, validators)

    @call
    def hear(
        self, proof: ForeignProof, epoch: int, contract: Address, name: str, data: bytes
    ) -> None:
        """Take an event for true."""
        self.use_event(proof, epoch, contract, name, data)

    @call
    def begin_again(self, chain_id: Hash, validators: list[ForeignValidator]) -> None:
        """Try to know another chain."""
        self.know_chain(chain_id, validators)
