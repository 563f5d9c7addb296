"""Moments and lengths of time, in whole milliseconds."""

import dataclasses
from typing import overload


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Duration:
    """A length of time."""

    milliseconds: int

    def __add__(self, other: "Duration") -> "Duration":
        return Duration(self.milliseconds + other.milliseconds)

    def __sub__(self, other: "Duration") -> "Duration":
        return Duration(self.milliseconds - other.milliseconds)

    def __mul__(self, count: int) -> "Duration":
        return Duration(self.milliseconds * count)

    @overload
    def __floordiv__(self, other: int) -> "Duration": ...
    @overload
    def __floordiv__(self, other: "Duration") -> int: ...
    def __floordiv__(self, other: "int | Duration") -> "Duration | int":
        if isinstance(other, Duration):
            return self.milliseconds // other.milliseconds
        return Duration(self.milliseconds // other)


@dataclasses.dataclass(frozen=True, order=True, slots=True)
class Time:
    """A moment: milliseconds since 1970-01-01T00:00:00Z."""

    milliseconds: int

    def __add__(self, other: Duration) -> "Time":
        return Time(self.milliseconds + other.milliseconds)

    @overload
    def __sub__(self, other: Duration) -> "Time": ...
    @overload
    def __sub__(self, other: "Time") -> Duration: ...
    def __sub__(self, other: "Duration | Time") -> "Time | Duration":
        if isinstance(other, Time):
            return Duration(self.milliseconds - other.milliseconds)
        return Time(self.milliseconds - other.milliseconds)


def seconds(count: int) -> Duration:
    """Return so many seconds."""
    return Duration(count * 1_000)


def minutes(count: int) -> Duration:
    """Return so many minutes."""
    return Duration(count * 60_000)


def hours(count: int) -> Duration:
    """Return so many hours."""
    return Duration(count * 3_600_000)


def days(count: int) -> Duration:
    """Return so many days of 24 hours."""
    return Duration(count * 86_400_000)
