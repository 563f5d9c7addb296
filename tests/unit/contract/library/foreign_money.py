"""Calls that no honest client builds: money of another kind than the method accepts."""

from collections.abc import Sequence

from dure.chain.transaction import Call, Payment
from dure.core.types import Amount
from dure.testing import Deployed, MemoryStage, Person, World


def pay_with(
    world: World,
    asset: str,
    method: str,
    *arguments: object,
    contract: Deployed,
    by: Person,
) -> Sequence[bytes]:
    """Call the method with 100 units of the asset; return the results, or raise `Refused`."""
    stage = world._stage
    assert isinstance(stage, MemoryStage)
    data = contract.agreement.values.encode_arguments(method, arguments, {})
    payment = Payment(world.asset(asset), Amount(100))
    return stage.send(by.account, [Call(contract.address, method, data, payment)]).results
