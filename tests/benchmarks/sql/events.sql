-- Every exception of three years on the student's own clock, marked with what the features ask about it.
-- One row per student and instructional day; a day with rows of two schools counts once, the larger absence.
-- Default definition: half a day or more is a day; in-school suspension is attendance.

CREATE OR REPLACE TEMP TABLE events AS
WITH per_day AS (
    SELECT student_id, date, max(absent_units * 10 + CASE kind WHEN 'tardy' THEN 1
        WHEN 'in_school_suspension' THEN 2 WHEN 'absent_excused' THEN 3 WHEN 'absent_unexcused' THEN 4
        WHEN 'absent_suspension' THEN 5 WHEN 'exempt' THEN 6 ELSE 0 END) AS weight
    FROM store.attendance
    WHERE known_from < getvariable('cut') AND known_until >= getvariable('cut')
        AND date < getvariable('as_of') AND date >= (SELECT min(date) FROM days) AND kind <> 'present'
    GROUP BY student_id, date
), placed AS (
    SELECT p.student_id, s.years_ago, s.school_id, s.grade, p.date, d.around_break,
        s.before + d.number - s.number_before AS clock,
        p.weight // 10 AS units, p.weight % 10 AS kind
    FROM per_day p
    JOIN spells s ON s.student_id = p.student_id AND p.date BETWEEN s.start AND s.stop
    JOIN days d ON d.school_id = s.school_id AND d.date = p.date
    WHERE d.instructional
)
SELECT student_id, CAST(years_ago AS TINYINT) AS years_ago, school_id, grade, date,
    CAST(clock AS SMALLINT) AS clock, around_break,
    units >= 5000 AND kind IN (1, 3, 4, 5) AS missed, units >= 5000 AND kind = 6 AS exempt,
    CAST(kind AS TINYINT) AS kind, units > 0 AND units < 10000 AS part_day,
    dayofweek(date) IN (1, 5) AS at_weekend
FROM placed;
