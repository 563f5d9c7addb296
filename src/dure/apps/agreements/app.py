"""Agreements between a few parties as the rest of Dure sees them."""

from dure.application import Application, Party
from dure.apps.agreements.contract import Agreements
from dure.apps.agreements.hottest import HOTTEST
from dure.apps.agreements.stories import (
    both_sides_hold_the_same_version,
    loan_is_read_checked_and_kept,
    nothing_is_used_twice,
    what_is_due_breaches_by_itself,
)

APP = Application(
    slug="agreements",
    title_en="Agreements between the parties only",
    title_ko="당사자끼리만 아는 약정",
    report_rows=("F3", "X23"),
    contracts=(Agreements,),
    roles=(
        Party("party", "당사자", "proposes, accepts, performs, keeps the terms"),
        Party("auditor", "감사인", "reads the terms, decides disputes"),
    ),
    stories=(
        both_sides_hold_the_same_version,
        loan_is_read_checked_and_kept,
        nothing_is_used_twice,
        what_is_due_breaches_by_itself,
    ),
    pages=("index", "deals"),
    package="dure.apps.agreements",
    hottest=HOTTEST,
)
