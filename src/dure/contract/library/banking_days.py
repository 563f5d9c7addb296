"""Banking days: on which days banks are open at a place, and when a number of them is over.

A contract that inherits this keeps a calendar beside each thing whose deadlines it counts.
"""

from dure.contract.language import (
    Contract,
    Duration,
    Record,
    Time,
    days,
    hours,
    require,
)

EXAMINATION_DAYS = 5
CALENDAR_DAYS = 90
HOLIDAYS_MAX = 40
WEEKEND_MAX = 3


class BankingCalendar(Record):
    """On which days banks are closed at the place of the credit.

    `offset` is how far its clock is ahead of UTC. In `weekend` stand days of the week, 0 for
    Monday; in `holidays` days since 1 January 1970.
    """

    offset: Duration
    weekend: list[int]
    holidays: list[int]


class BankingDays(Contract):
    """Counts the days on which banks are open, by the clock of their place."""

    # Shared parts

    def require_calendar(self, calendar: BankingCalendar) -> None:
        in_day = hours(-14) <= calendar.offset <= hours(14)
        require(in_day, "clocks differ from UTC by at most 14 hours")
        require(len(calendar.weekend) <= WEEKEND_MAX, "a weekend has at most three days")
        require(len(calendar.holidays) <= HOLIDAYS_MAX, "a calendar has at most 40 holidays")

    def day_of(self, calendar: BankingCalendar, moment: Time) -> int:
        return (moment + calendar.offset - Time(0)) // days(1)

    def end_of(self, calendar: BankingCalendar, day: int) -> Time:
        return Time(0) + days(1) * (day + 1) - calendar.offset

    def is_open_on(self, calendar: BankingCalendar, day: int) -> bool:
        # 1 January 1970 was a Thursday.
        weekday = (day + 3) % 7
        return weekday not in calendar.weekend and day not in calendar.holidays

    def last_moment(self, calendar: BankingCalendar, moment: Time) -> Time:
        """Return the end of that day, or of the first banking day after it (article 29, a)."""
        day = self.day_of(calendar, moment)
        for step in range(CALENDAR_DAYS):
            if self.is_open_on(calendar, day):
                break
            day += 1
        return self.end_of(calendar, day)

    def examination_ends(self, calendar: BankingCalendar, moment: Time) -> Time:
        """Return the close of the fifth banking day following that day (article 14, b)."""
        day = self.day_of(calendar, moment)
        left = EXAMINATION_DAYS
        for step in range(CALENDAR_DAYS):
            if left == 0:
                break
            day += 1
            if self.is_open_on(calendar, day):
                left -= 1
        return self.end_of(calendar, day)


"""en:
offset = how far the clock is ahead of UTC
weekend = days of the week on which banks are closed
holidays = holidays, in days since 1970
moment = moment
EXAMINATION_DAYS = banking days of an examination
CALENDAR_DAYS = most days looked ahead
HOLIDAYS_MAX = most holidays of a calendar
WEEKEND_MAX = most days of a weekend
require_calendar = sound calendar
day_of = day at the place
end_of = end of the day
is_open_on = banking day
last_moment = end of the day or of the first banking day after it
examination_ends = close of the fifth banking day
"""

"""ko:
BankingDays = 은행 영업일: 그 곳의 시계에 따라 은행이 문을 여는 날을 센다.
BankingCalendar = 은행 영업일 달력
calendar = 영업일 달력
offset = 세계 표준시보다 빠른 시간
weekend = 쉬는 요일
holidays = 공휴일
moment = 시각
day = 날
weekday = 요일
left = 남은 영업일
in_day = 하루 안의 시차인지
require_calendar = 달력 확인
day_of = 그 곳의 날
end_of = 그날의 끝
is_open_on = 영업일인지
last_moment = 그날이나 그 뒤 첫 영업일의 끝
examination_ends = 다섯째 영업일의 끝
clocks differ from UTC by at most 14 hours = 시차는 14시간까지이다
a weekend has at most three days = 쉬는 요일은 사흘까지이다
a calendar has at most 40 holidays = 달력의 공휴일은 40일까지이다
EXAMINATION_DAYS = 서류 심사 영업일 수
CALENDAR_DAYS = 앞으로 살피는 최대 날수
HOLIDAYS_MAX = 달력의 최대 공휴일 수
WEEKEND_MAX = 쉬는 요일의 최대 수
"""
