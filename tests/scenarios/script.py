"""What happens in a year of 200 mini-programs: 40 incidents of known size, and 20 traps.

An incident is what somebody wants to be told of; a trap only looks like one. Each has a mini-program of its
own, or all of them; the rest have a quiet year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from smartapp_watch.metrics.period import BEIJING
from smartapp_watch.simulator.apps import Page, SimulatedApp
from smartapp_watch.simulator.incidents import (
    ExitRateRise,
    Incident,
    LostRatioRise,
    NewUsersDrop,
    RetentionDrop,
    SessionTimeDrop,
    SourceLost,
    Stopped,
    UsersDrop,
)

BEGINS, FIRST, LAST = date(2025, 12, 1), date(2026, 1, 1), date(2027, 1, 10)
"""A month before the year, so that its first days have a past; and beyond its week 53."""

CLOSELY = (date(2026, 11, 3), date(2026, 11, 15))
"""The days of which it matters when they are read."""

FLAGSHIP = 200
EVERYBODY = 0
PLATFORM = None
WEEKLY = 80
"""The mini-program whose weeks are judged, too."""

HOME, DETAIL, HELP = "pages/index/index", "pages/detail/detail", "pages/help/help"
_PAGES = (Page(HOME, 60, 60, 0.38, 21), Page(DETAIL, 30, 30, 0.52, 41), Page(HELP, 0.4, 0.4, 0.45, 55))
_SMALLEST, _LARGEST, _FLAGSHIP_USERS = 150, 60_000, 2_000_000
_STANDSTILL = range(1, 49)
_MAY_SEEM_TO_RISE = (70, 72, 74, 100, 108)
_CREATED = {100: date(2026, 5, 20)}

_FEWER_PEOPLE = ("users-drop", "new-users-drop", "sessions-drop", "next-day-retention-drop", "users-move")
_PLATFORM_RULES = ("platform-users-drop", "platform-new-users-drop", "platform-sessions-drop")


class Said(StrEnum):
    """What a reading says of a day while it does not say how it was."""

    NOTHING = "nothing"
    ZEROS = "zeros"
    LESS = "less"
    HARDLY_ANYBODY_CAME_BACK = "hardly anybody came back"


@dataclass(frozen=True, slots=True)
class Misreading:
    """What readings say of ``day`` before ``until``."""

    day: date
    until: datetime
    said: Said

    @property
    def is_believed(self) -> bool:
        """Whether it is still said when the figures are final."""
        return self.said is Said.LESS and self.until > datetime.combine(
            self.day + timedelta(days=2), time(), BEIJING
        )


@dataclass(frozen=True, slots=True)
class Happening:
    """An incident, which ``found_by`` has to find; or a trap, where no rule has to.

    ``app``: the mini-program's number, PLATFORM or EVERYBODY. ``explains``: further rules that may fire.
    """

    name: str
    app: int | None
    first: date
    last: date
    found_by: str = ""
    explains: tuple[str, ...] = ()
    incidents: tuple[Incident, ...] = ()
    misreading: Misreading | None = None

    @property
    def is_trap(self) -> bool:
        """Whether nothing has to be found."""
        return not self.found_by

    @property
    def page(self) -> str:
        """The page that it is about, if any."""
        return next((each.page for each in self.incidents if isinstance(each, ExitRateRise)), "")

    def concerns(self, app: int | None, day: date) -> bool:
        """Whether it is about this mini-program on ``day``; of the day before, retention is what changes."""
        whose = self.app in (app, EVERYBODY)
        return whose and self.first - timedelta(days=1) <= day <= self.last

    def allows(self, rule: str) -> bool:
        """Whether it is a reason for the rule to fire."""
        return rule == self.found_by or rule in self.explains


def tags_of(number: int) -> tuple[str, ...]:
    """Which of the rules that only the test has are for it."""
    return ("weekly",) * (number == WEEKLY) + ("rise",) * (number in _MAY_SEEM_TO_RISE)


def reports_of(number: int) -> tuple[str, ...]:
    """What is polled: of every mini-program the trend and retention, of some the activity and the pages."""
    further = (("activity_user", number % 5 == 0), ("visit_page", number % 4 == 2))
    return ("user_trend", "retained_user", *(name for name, polled in further if polled))


def app_id(number: int) -> int:
    """The id of a mini-program."""
    return 1000 + number


def fleet() -> tuple[SimulatedApp, ...]:
    """Mini-programs from 150 to 60,000 users a day, in the order of size, and a flagship of two million."""
    return tuple(map(_app, range(1, FLAGSHIP + 1)))


def _app(number: int) -> SimulatedApp:
    users = round(_SMALLEST * (_LARGEST / _SMALLEST) ** ((number - 1) / (FLAGSHIP - 2)))
    # The share of new users falls from all to the usual within weeks; where it falls far, that is told.
    new_share = 0.7 if number in _CREATED else (0.2, 0.35, 0.5)[number % 3]
    return SimulatedApp(
        app_id(number),
        f"示例{number:03d}",
        _FLAGSHIP_USERS if number == FLAGSHIP else users,
        _CREATED.get(number),
        new_share=new_share,
        retention=(0.18, 0.28, 0.38, 0.24)[number % 4],
        lost_ratio=(15, 27, 40, 33, 22)[number % 5],
        sessions_per_user=(1.3, 1.6, 2.0)[number % 3],
        seconds=(35, 54, 90, 130)[number % 4],
        pages=_PAGES,
    )


def happenings() -> tuple[Happening, ...]:
    """Everything that is scripted."""
    return (*_of_apps(), *_of_the_platform(), *_traps(), *_traps_of_time())


def _day(text: str) -> date:
    return date.fromisoformat(text if len(text) > len("01-13") else f"2026-{text}")


def _at(text: str, hour: int) -> datetime:
    return datetime.combine(_day(text), time(hour), BEIJING)


def _incident(  # noqa: PLR0917 - a row of a table
    rule: str,
    app: int,
    first: str,
    days: int,
    kind: Callable[..., Incident],
    explains: tuple[str, ...] = (),
    **size: object,
) -> Happening:
    begin = _day(first)
    end = begin + timedelta(days=days - 1)
    name = f"{rule} {size} for {days} days"
    return Happening(name, app, begin, end, rule, explains, (kind(app_id(app), begin, last=end, **size),))


def _of_apps() -> Iterator[Happening]:
    """36 incidents of one mini-program each, a little larger than a rule promises to find."""
    for app, first, days, factor in (
        (75, "01-13", 2, 0.62),
        (88, "03-10", 10, 0.65),
        (101, "04-15", 1, 0.6),
        (118, "06-02", 5, 0.65),
        (108, "07-06", 3, 0.3),
    ):
        yield _incident("users-drop", app, first, days, UsersDrop, _FEWER_PEOPLE, factor=factor)
    yield _incident("users-drop", 145, "05-12", 4, SourceLost, _FEWER_PEOPLE, scene="11010020")
    for app, first, days, factor in (
        (90, "01-20", 3, 0.6),
        (104, "03-03", 1, 0.5),
        (112, "04-21", 7, 0.6),
        (125, "05-26", 2, 0.55),
        (147, "07-14", 10, 0.6),
        (158, "09-08", 4, 0.6),
        (170, "11-24", 5, 0.6),
    ):
        yield _incident("new-users-drop", app, first, days, NewUsersDrop, _FEWER_PEOPLE, factor=factor)
    for app, first, days, factor in (
        (92, "02-03", 4, 0.6),
        (115, "05-19", 2, 0.55),
        (140, "07-28", 8, 0.6),
        (163, "12-08", 3, 0.6),
    ):
        yield _incident("sessions-drop", app, first, days, UsersDrop, _FEWER_PEOPLE, factor=factor)
    for app, first, days, factor in (
        (95, "01-27", 3, 0.63),
        (110, "03-17", 1, 0.6),
        (130, "06-09", 9, 0.63),
        (150, "08-25", 5, 0.63),
        (172, "12-15", 2, 0.63),
    ):
        yield _incident("session-time-drop", app, first, days, SessionTimeDrop, factor=factor)
    for app, first, days, factor in (
        (120, "01-14", 2, 0.6),
        (127, "03-24", 5, 0.65),
        (142, "04-28", 2, 0.6),
        (155, "07-07", 10, 0.65),
        (168, "09-01", 1, 0.6),
        (180, "12-01", 4, 0.65),
    ):
        yield _incident("next-day-retention-drop", app, first, days, RetentionDrop, factor=factor)
    for app, first, days, points in ((85, "03-31", 4, 1.4), (185, "06-23", 7, 1.3), (175, "11-17", 2, 1.5)):
        yield _incident("lost-ratio-spike", app, first, days, LostRatioRise, points=points)
    for app, first, days, page, points in (
        (98, "01-21", 3, HOME, 14.0),
        (122, "03-25", 7, DETAIL, 14.0),
        (138, "06-30", 1, HOME, 16.0),
        (154, "08-04", 10, DETAIL, 14.0),
        (178, "12-22", 4, HOME, 13.0),
    ):
        yield _incident("page-exit-rate-rise", app, first, days, ExitRateRise, page=page, points=points)


def _of_the_platform() -> Iterator[Happening]:
    """Of the platform as a whole, of the flagship, and of a batch that does not come."""
    first, last = _day("07-21"), _day("07-23")
    loss = UsersDrop(app_id(FLAGSHIP), first, last=last, factor=0.3)
    yield Happening("the flagship's users", FLAGSHIP, first, last, "users-drop", _FEWER_PEOPLE, (loss,))
    yield Happening("the platform's users", PLATFORM, first, last, _PLATFORM_RULES[0], _PLATFORM_RULES)
    first, last = _day("09-15"), _day("09-16")
    off = tuple(Stopped(app_id(number), first, last=last) for number in _STANDSTILL)
    yield Happening("a quarter stands still", PLATFORM, first, last, "platform-apps-drop", (), off)
    day = _day("11-05")
    never = Misreading(day, _at("11-07", 12), Said.NOTHING)
    yield Happening("a day comes two days late", 61, day, day, "figures-late", misreading=never)


def _traps() -> Iterator[Happening]:
    """What is as it always is, or matters to nobody."""
    yield Happening("Spring Festival", EVERYBODY, _day("02-14"), _day("02-28"))
    yield Happening("Labour Day", EVERYBODY, _day("05-01"), _day("05-09"))
    yield Happening("a Sunday worked before Mid-Autumn", EVERYBODY, _day("09-20"), _day("09-27"))
    yield Happening("National Day", EVERYBODY, _day("10-01"), _day("10-11"))
    weeks = range((LAST - BEGINS).days // 7 + 1)
    mondays = [BEGINS + timedelta(weeks=week) for week in weeks]
    off = tuple(
        UsersDrop(app_id(70), monday + timedelta(days=5), last=monday + timedelta(days=6), factor=0.3)
        for monday in mondays
    )
    yield Happening("nobody works on weekends", 70, FIRST, LAST, incidents=off)
    for app, name, factor in ((72, "slow growth", 1.02), (74, "slow decline", 0.985)):
        slowly = tuple(
            UsersDrop(app_id(app), monday, last=monday + timedelta(days=6), factor=factor**week)
            for week, monday in enumerate(mondays)
        )
        yield Happening(name, app, FIRST, LAST, incidents=slowly)
    half = UsersDrop(app_id(3), _day("06-08"), last=_day("06-12"), factor=0.5)
    yield Happening("a small mini-program halves", 3, half.first, _day("06-12"), incidents=(half,))
    exits = ExitRateRise(app_id(54), _day("08-17"), last=_day("08-23"), page=HELP, points=50)
    yield Happening("from two exits to four", 54, exits.first, _day("08-23"), incidents=(exits,))
    gap = Stopped(app_id(78), _day("04-22"), last=_day("04-23"))
    yield Happening("two days are missing for good", 78, gap.first, _day("04-29"), incidents=(gap,))
    yield Happening("week 53", WEEKLY, _day("12-21"), LAST)
    yield Happening("a new mini-program", 100, _CREATED[100], LAST)
    yield Happening("an echo after a week", 108, _day("07-10"), _day("08-14"))


def _traps_of_time() -> Iterator[Happening]:
    """What looks like an incident for as long as not everything is known."""
    stopped = Stopped(app_id(82), _day("11-10"))
    yield Happening(
        "a stopped one", 82, stopped.first, LAST, explains=("figures-late",), incidents=(stopped,)
    )
    for app, name, day, until, said, explains in (
        (62, "a late batch", "11-04", _at("11-06", 11), Said.NOTHING, ("figures-late",)),
        (63, "a batch after noon", "11-09", _at("11-10", 13), Said.NOTHING, ()),
        (190, "an all-zero morning", "11-11", _at("11-12", 18), Said.ZEROS, ()),
        (65, "a day that is corrected", "11-12", _at("11-14", 11), Said.LESS, ()),
        (66, "a day that is not settled", "11-13", _at("11-14", 11), Said.LESS, ()),
        (67, "an unripe cohort", "11-10", _at("11-11", 23), Said.HARDLY_ANYBODY_CAME_BACK, ()),
    ):
        wrong = Misreading(_day(day), until, said)
        yield Happening(name, app, _day(day), _day(day), explains=explains, misreading=wrong)
