"""Crowdfunding as the rest of Dure sees it."""

from dure.application import Application, Party
from dure.apps.crowdfunding.contract import Crowdfunding
from dure.apps.crowdfunding.hottest import HOTTEST
from dure.apps.crowdfunding.stories import (
    missed_goal_pays_everybody_back,
    organiser_keeps_what_was_raised,
)

APP = Application(
    slug="crowdfunding",
    title_en="Crowdfunding",
    title_ko="크라우드펀딩",
    report_rows=("X8",),
    contracts=(Crowdfunding,),
    roles=(
        Party("platform", "중개 업체", "runs the campaigns, takes its fee"),
        Party("processor", "결제 대행사", "takes the fee for processing"),
        Party("organiser", "모금자", "asks for money"),
        Party("backer", "후원자", "puts money in"),
    ),
    stories=(missed_goal_pays_everybody_back, organiser_keeps_what_was_raised),
    pages=("index",),
    package="dure.apps.crowdfunding",
    hottest=HOTTEST,
)
