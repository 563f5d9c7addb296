"""What the contract itself asks for; how the members decide is tested with a ledger that obeys it.

`tests/unit/chain/test_governance.py` and `test_governed_acts.py`.
"""

import pytest

from dure.chain.money import LEDGER
from dure.contract.language import Duration, seconds
from dure.contract.library.governance import Governance, VotingRule
from dure.testing import Refused, World


def test_there_is_time_to_vote(world: World) -> None:
    (ann,) = world.people("ann")
    begin = {"ledger": LEDGER, "rule": VotingRule.MAJORITY}
    with pytest.raises(Refused, match="there is time to vote"):
        world.deploy(Governance, by=ann, voting_period=Duration(0), **begin)
    world.deploy(Governance, by=ann, voting_period=seconds(1), **begin)
