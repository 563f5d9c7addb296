"""The alert about leaked identities as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.leak_alert.contract import LeakAlert
from dure.apps.leak_alert.hottest import HOTTEST
from dure.apps.leak_alert.stories import (
    false_alarm_is_undone_and_stays_on_record,
    leaked_identity_is_frozen_everywhere,
    member_that_keeps_silent_is_named,
    member_that_leaves_knows_no_key_in_use,
)

APP = Application(
    slug="leak-alert",
    title_en="Leaked identity alert",
    title_ko="개인정보 노출 경보",
    report_rows=("F19",),
    contracts=(LeakAlert,),
    roles=(
        Party("supervisor", "감독기관", "reports what leaked, calls false alarms off"),
        Party("member", "금융회사", "finds its own customers, freezes, tells, reviews"),
        Party("customer", "고객", "is told, and sees who looked"),
    ),
    stories=(
        leaked_identity_is_frozen_everywhere,
        false_alarm_is_undone_and_stays_on_record,
        member_that_keeps_silent_is_named,
        member_that_leaves_knows_no_key_in_use,
    ),
    pages=("index", "alerts"),
    package="dure.apps.leak_alert",
    hottest=HOTTEST,
)
