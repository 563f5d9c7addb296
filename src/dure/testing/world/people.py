"""People of a story: they have a key, an address and money."""

from dure.core.types import Address
from dure.testing.world.errors import list_names
from dure.testing.world.stage import NamedAccount, Stage


class Party:
    """Whoever has an address on the chain, and may stand where a contract asks for one."""

    def __init__(self, address: Address) -> None:
        self.address = address


class Person(Party):
    """Somebody who acts: `traveller.won` is what the traveller holds now."""

    def __init__(self, account: NamedAccount, stage: Stage) -> None:
        super().__init__(account.address)
        self.account = account
        self._stage = stage

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def name(self) -> str:
        """What the story calls this person."""
        return self.account.name

    def __getattr__(self, asset: str) -> int:
        """Return the person's minor units of the money of that name."""
        if asset.startswith("_") or asset not in self._stage.assets:
            known = "" if asset.startswith("_") else list_names(self._stage.assets)
            raise AttributeError(f"a person has .name, .address and money ({known}), no .{asset}")
        return self._stage.get_balance(self._stage.assets[asset], self.address)
