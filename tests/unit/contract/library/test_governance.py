"""What the contract itself asks for; how the members decide is tested with a ledger that obeys it.

`tests/unit/chain/test_governance.py` and `test_governed_acts.py`.
"""

from functools import partial

import pytest

from dure.chain.money import LEDGER
from dure.contract.language import Duration, seconds
from dure.contract.library.governance import Governance, VotingRule
from dure.testing import Refused, World


def test_there_is_time_to_vote(world: World) -> None:
    (ann,) = world.people("ann")
    begin = partial(world.deploy, Governance, by=ann, ledger=LEDGER, rule=VotingRule.MAJORITY)
    with pytest.raises(Refused, match="there is time to vote"):
        begin(voting_period=Duration(0))
    begin(voting_period=seconds(1))
