"""Chain ID as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.chain_id.contract import ChainIdentity
from dure.apps.chain_id.hottest import HOTTEST
from dure.apps.chain_id.stories import (
    expelled_issuer_takes_nobody_along,
    lost_phone_is_worth_nothing_to_its_finder,
    person_sees_who_looked,
    verified_once_accepted_everywhere,
)

APP = Application(
    slug="chain-id",
    title_en="Chain ID",
    title_ko="체인 아이디",
    report_rows=("F14", "F16", "F18", "F20", "P9", "X27"),
    contracts=(ChainIdentity,),
    roles=(
        Party("association", "협회", "admits institutions, suspends and expels them"),
        Party("issuing institution", "발행 기관", "verifies people and issues certificates"),
        Party("institution", "기관", "accepts what another institution verified"),
        Party("person", "본인", "holds the key, signs in, sees who used the identity"),
    ),
    stories=(
        verified_once_accepted_everywhere,
        lost_phone_is_worth_nothing_to_its_finder,
        person_sees_who_looked,
        expelled_issuer_takes_nobody_along,
    ),
    pages=("index", "phone", "provider"),
    package="dure.apps.chain_id",
    hottest=HOTTEST,
)
