"""What is predicted: chronic absence by the end of the school year unless ``training.label`` says otherwise.

A label is null while it cannot be observed. It uses everything the store knows today, corrections included;
features use only what was known at ``as_of``. A student who leaves the district is judged on the days up to
the exit. With fewer than ``min_enrolled_days`` in the whole year the student is in no rate of chronic
absence, and has no label.

Two labels look ahead from an as-of date, which is the first day that they count. ``chronic_over_the_rest``
judges the days from then on like a year of their own: a leaver on the days up to the exit, nobody on fewer
than ``min_enrolled_days``. ``absences`` ``within_days`` counts days of absence on the student's next days of
the clock, at whatever school; someone who has fewer such days left, or leaves before, has no label, however
many absences there were: else leavers could only ever be counted as absent. No label reaches past the days
for which a school delivered attendance; one that reaches to the year's last five days reaches to its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import narwhals as nw
import pandas as pd

from ews.attendance_rules import absent_units, exempt_days, is_chronic, totals
from ews.config import AbsencesWithin, Config
from ews.engine import Engine, Frame
from ews.extracts.facts import DAY_UNITS
from ews.school_calendar import as_of_dates, district_days
from ews.school_days import SchoolDays, place
from ews.snapshot import calendar_frame, covered_days, covered_in_hindsight, hindsight
from ews.store.frames import day_number

COMPLETE_WITHIN_DAYS = 5
"""A year is over when attendance reaches to within so many instructional days of its last one."""


def complete_years(session: Engine) -> list[int]:
    """Return the school years whose outcome can be observed, in order.

    A year is complete when at least half of its schools delivered attendance for one of its last
    :data:`COMPLETE_WITHIN_DAYS` instructional days or for a later day (one stray row decides nothing), and
    at least half of them for any day of the year itself (a year without attendance is not a year of perfect
    attendance).
    """
    calendar = calendar_frame(session)
    covered = covered_days(session)
    return [year for year in sorted(set(calendar["school_year"])) if _is_complete(calendar, covered, year)]


def _is_complete(calendar: pd.DataFrame, covered: pd.DataFrame, year: int) -> bool:
    days = [pd.Timestamp(day) for day in district_days(calendar, year)]
    if not days:
        return False
    schools = set(calendar.loc[calendar["school_year"] == year, "school_id"])
    own = covered.loc[covered["school_id"].isin(schools)]
    reached = own.loc[own["date"] >= days[-COMPLETE_WITHIN_DAYS:][0], "school_id"].nunique()
    recorded = own.loc[own["date"].between(days[0], days[-1]), "school_id"].nunique()
    return 2 * min(reached, recorded) >= len(schools)


def outcomes(session: Engine, config: Config, dates: Sequence[dt.date] | None = None) -> pd.DataFrame:
    """Return what became of every student in every complete school year, by ``training.label``.

    Grain: for ``chronic_by_end`` one row per student_id and school_year (with ``grain: school`` also per
    school_id), with ``enrolled_days``, ``absence_units`` and ``label`` (0 or 1). For the other labels one
    row per student_id, school_year and as_of_date (``chronic_over_the_rest`` with ``grain: school`` also
    per school_id), with ``label``. Rows without a label are left out.

    Parameters
    ----------
    dates : sequence of date, optional
        The as-of dates of labels that depend on one; by default those of ``training.as_of``.
    """
    found: list[pd.DataFrame] = []
    for day, school_year, frame in outcome_frames(session, config, dates):
        rows = session.collect(frame)
        found.append(rows if day is None else rows.assign(school_year=school_year, as_of_date=day))
    if not found:
        dated = [] if config.training.label == "chronic_by_end" else ["as_of_date"]
        return pd.DataFrame(columns=["student_id", "school_year", *dated, "label"])
    order = [key for key in ("as_of_date", "school_year", "student_id") if key in found[0]]
    labels: pd.DataFrame = pd.concat(found, ignore_index=True).sort_values(order, ignore_index=True)
    return labels


def outcome_frames(
    session: Engine, config: Config, dates: Sequence[dt.date] | None = None
) -> Iterator[tuple[dt.date | None, int | None, Frame]]:
    """Yield :func:`outcomes` lazily: the as-of date and its school year, and a frame of the rest.

    For ``chronic_by_end`` there is one frame for all dates, which has the ``school_year``; both come as None.
    On DuckDB a frame is valid until the next one is asked for.
    """
    years = complete_years(session)
    if not years:
        return
    school_days = _in_hindsight(session, config, years)
    if config.training.label == "chronic_by_end":
        yield None, None, _by_end(school_days, years, config)
    else:
        yield from _from_dates_on(session, config, school_days, years, dates)


def _by_end(school_days: SchoolDays, years: Sequence[int], config: Config) -> Frame:
    by_school = config.definition.grain == "school"
    return (
        totals(school_days, config.definition, by_school=by_school)
        .filter(nw.col("school_year").is_in(years))
        .filter(nw.col("enrolled_days") >= config.definition.min_enrolled_days)
        .with_columns(label=nw.when(is_chronic(config.definition)).then(1).otherwise(0))
    )


def label_keys(outcomes: pd.DataFrame) -> list[str]:
    """Return the columns by which outcomes belong to rows of a student and an as-of date."""
    return [
        key for key in ("student_id", "school_year", "school_id", "as_of_date") if key in outcomes.columns
    ]


def label_name(config: Config) -> str:
    """Return the name of what is predicted: that of the configuration, or ``absences_within``."""
    label = config.training.label
    return "absences_within" if isinstance(label, AbsencesWithin) else label


def label_in_words(config: Config) -> str:
    """Return what is predicted, as the end of a sentence about a student."""
    label = config.training.label
    if label == "chronic_by_end":
        return "is chronically absent at the end of the school year"
    if label == "chronic_over_the_rest":
        return "is chronically absent over the rest of the school year, counted from the as-of date on"
    if label.within_days == 1:
        return "is absent on the next instructional day, counted from the as-of date on"
    return (
        f"is absent on at least {label.absences} of the next {label.within_days} instructional days, "
        "counted from the as-of date on"
    )


def _in_hindsight(session: Engine, config: Config, years: Sequence[int]) -> SchoolDays:
    calendar = calendar_frame(session)
    last_day = pd.Timestamp(calendar.loc[calendar["school_year"].isin(years), "date"].max()).date()
    return place(hindsight(session, last_day + dt.timedelta(days=1), config), first_year=min(years))


def _from_dates_on(
    session: Engine,
    config: Config,
    school_days: SchoolDays,
    years: Sequence[int],
    dates: Sequence[dt.date] | None,
) -> Iterator[tuple[dt.date, int, Frame]]:
    calendar = calendar_frame(session)
    for year in years:
        days = district_days(calendar, year)
        near_end = day_number(days[-COMPLETE_WITHIN_DAYS:][0])
        observed = session.materialize(_observed(session, school_days, year, near_end), "observed")
        scheduled = as_of_dates(calendar, year, config.training.as_of)
        within = [day for day in dates or () if days[0] <= day <= days[-1]]
        for day in scheduled if dates is None else within:
            yield day, year, _labels_from(day_number(day), year, school_days, observed, config)


def _observed(session: Engine, school_days: SchoolDays, year: int, near_end: int) -> Frame:
    """Return the school's own day number up to which absence can be seen, as ``observed``.

    That of its newest day with attendance, or the year's last one: by the rule of :func:`complete_years`.
    """
    years = school_days.school_years.filter(nw.col("school_year") == year)
    days = school_days.days.filter(nw.col("school_year") == year)
    reached = (
        covered_in_hindsight(session)
        .join(years.select("school_id", "first_day", "last_day"), on="school_id", how="inner")
        .filter(nw.col("day") >= nw.col("first_day"))
        .with_columns(
            day=nw.when(nw.col("day") >= near_end).then(nw.col("last_day")).otherwise(nw.col("day"))
        )
        .group_by("school_id")
        .agg(nw.col("day").max().alias("reached"))
    )
    return (
        days.join(reached, on="school_id", how="inner")
        .filter(nw.col("day") <= nw.col("reached"))
        .group_by("school_id")
        .agg(nw.col("number").max().alias("observed"))
    )


def _labels_from(as_of: int, year: int, school_days: SchoolDays, observed: Frame, config: Config) -> Frame:
    passed = (
        school_days.days.filter(nw.col("school_year") == year, nw.col("day") < as_of)
        .group_by("school_id")
        .agg(nw.col("number").max().alias("passed"))
    )
    last = nw.col("number_before") + nw.col("days")
    spells = (
        school_days.spells.filter(nw.col("school_year") == year)
        .join(passed, on="school_id", how="left")
        .join(observed, on="school_id", how="left")
        .with_columns(
            ahead=last - nw.max_horizontal(nw.col("number_before"), nw.col("passed").fill_null(0)),
            observed=nw.col("observed").fill_null(0),
        )
        .with_columns(ahead=nw.max_horizontal(nw.col("ahead"), nw.lit(0)))
    )
    events = school_days.events.filter(nw.col("school_year") == year, nw.col("day") >= as_of).with_columns(
        absent=absent_units(config.definition), exempt=exempt_days(config.definition)
    )
    label = config.training.label
    if isinstance(label, AbsencesWithin):
        return _within(label, spells, events)
    return _over_the_rest(spells, events, config)


def _over_the_rest(spells: Frame, events: Frame, config: Config) -> Frame:
    """Label the days from ``as_of`` to the year's end, or to the exit, like a year of their own."""
    keys = ["student_id", *(["school_id"] if config.definition.grain == "school" else [])]
    unseen = (nw.col("ahead") > 0) & (nw.col("number_before") + nw.col("days") > nw.col("observed"))
    enrolled = (
        spells.with_columns(unseen=nw.when(unseen).then(1).otherwise(0))
        .group_by(*keys)
        .agg(nw.col("ahead").sum().cast(nw.Int64), nw.col("unseen").sum().cast(nw.Int64))
    )
    absent = events.group_by(*keys).agg(nw.col("absent", "exempt").sum().cast(nw.Int64))
    return (
        enrolled.filter(nw.col("unseen") == 0)
        .join(absent, on=keys, how="left")
        .with_columns(
            enrolled_days=nw.col("ahead") - nw.col("exempt").fill_null(0),
            absence_units=nw.col("absent").fill_null(0),
        )
        .filter(nw.col("enrolled_days") >= config.definition.min_enrolled_days)
        .with_columns(label=nw.when(is_chronic(config.definition)).then(1).otherwise(0))
        .select(*keys, "label")
    )


def _within(label: AbsencesWithin, spells: Frame, events: Frame) -> Frame:
    """Label the student's next days of the clock; all of them enrolled and seen, or there is no label."""
    clocks = (
        spells.with_columns(behind=nw.col("days") - nw.col("ahead"))
        .group_by("student_id")
        .agg(nw.col("behind", "ahead").sum().cast(nw.Int64))
        .filter(nw.col("ahead") >= label.within_days)
        .with_columns(until=nw.col("behind") + label.within_days)
        .select("student_id", "until")
    )
    parts = spells.filter(nw.col("ahead") > 0).join(clocks, on="student_id", how="inner")
    in_window = nw.min_horizontal(nw.col("days"), nw.col("until") - nw.col("before"))
    unseen = (nw.col("before") < nw.col("until")) & (nw.col("number_before") + in_window > nw.col("observed"))
    seen = (
        parts.with_columns(unseen=nw.when(unseen).then(1).otherwise(0))
        .group_by("student_id")
        .agg(nw.col("unseen").sum().cast(nw.Int64))
        .filter(nw.col("unseen") == 0)
        .join(clocks, on="student_id", how="inner")
    )
    absent = (
        events.join(clocks, on="student_id", how="inner")
        .filter(nw.col("clock") <= nw.col("until"))
        .group_by("student_id")
        .agg(nw.col("absent").sum().cast(nw.Int64))
    )
    enough = nw.col("absent").fill_null(0) >= label.absences * DAY_UNITS
    return (
        seen.join(absent, on="student_id", how="left")
        .with_columns(label=nw.when(enough).then(1).otherwise(0))
        .select("student_id", "label")
    )
