"""The files that pandas over daily rows starts from: a row per student and school day, and small ones.

They hold what was known on the day, so that pandas need not sort out versions of rows; where a student's
enrollments overlap, the spells are already told apart, as the daily rows are. That is kinder than any export.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from ews.engine import Session, literal
from tests.benchmarks.by_hand import prepare_events

DAYS = """
SELECT s.student_id, s.school_id, s.grade, s.school_year, CAST(d.date AS TIMESTAMP) AS date,
    coalesce(e.missed, false) AS absent, coalesce(e.exempt, false) AS exempt,
    CASE e.kind WHEN 1 THEN 'tardy' WHEN 2 THEN 'suspension' WHEN 3 THEN 'excused' WHEN 4 THEN 'unexcused'
    WHEN 5 THEN 'suspension' WHEN 6 THEN 'exempt' ELSE 'present' END AS kind,
    coalesce(e.part_day, false) AS part_day, d.around_break
FROM spells s
JOIN days d ON d.school_id = s.school_id AND d.date BETWEEN s.start AND s.stop AND d.instructional
LEFT JOIN events e ON e.student_id = s.student_id AND e.date = d.date
ORDER BY d.date, s.school_id, s.student_id
"""
"""One row per student and school day of three years, in the order of date."""

_KNOWN = "known_from < getvariable('cut') AND known_until >= getvariable('cut')"

BESIDE = {
    "spells": "SELECT student_id, school_id, school_year, CAST(start AS TIMESTAMP) AS start, "
    "CAST(stop AS TIMESTAMP) AS stop FROM spells",
    "enrollments": "SELECT student_id, school_id, school_year, grade, "
    "CAST(entry_date AS TIMESTAMP) AS entry_date, CAST(exit_date AS TIMESTAMP) AS exit_date "
    "FROM known_enrollments WHERE school_year BETWEEN getvariable('year') - 2 AND getvariable('year')",
    "calendar": "SELECT school_id, school_year, CAST(date AS TIMESTAMP) AS date, instructional FROM days",
    "schools": f"""
        SELECT school_id, s.cep, CAST(y.counted_to AS TIMESTAMP) AS counted_to
        FROM (SELECT school_id, coalesce(cep, false) AS cep FROM store.schools WHERE {_KNOWN}) s
        FULL JOIN (FROM school_years WHERE school_year = getvariable('year')) y USING (school_id)""",
    "visits": f"""
        SELECT student_id, CAST(date AS TIMESTAMP) AS date, category, disposition FROM store.nurse_visits
        WHERE {_KNOWN} AND date < getvariable('as_of') AND date >= (SELECT min(date) FROM days)""",
    "meals": f"""
        SELECT student_id, program, eligibility, CAST(start_date AS TIMESTAMP) AS start_date,
            CAST(CASE WHEN end_known_from < getvariable('cut') THEN end_date END AS TIMESTAMP) AS end_date
        FROM store.meal_programs WHERE {_KNOWN} AND start_date < getvariable('as_of')""",
}
"""Merged spells, enrollments and the calendar of the same years; the schools, with the day up to which their
attendance counts; visits to the nurse; meal programs."""


def write_daily_files(
    session: Session, as_of: dt.date, timezone: str, folder: Path, among: str = "true"
) -> None:
    """Write one Parquet file for each of :data:`BESIDE`, and ``days.parquet`` last.

    Parameters
    ----------
    session : Session
        With the store attached.
    among : str
        Condition on the daily rows, for a part of the students.
    """
    prepare_events(session, as_of, timezone)
    folder.mkdir(exist_ok=True)
    for name, query in (BESIDE | {"days": f"FROM ({DAYS}) WHERE {among}"}).items():
        session.execute(f"COPY ({query}) TO {literal(str(folder / f'{name}.parquet'))} (FORMAT parquet)")
