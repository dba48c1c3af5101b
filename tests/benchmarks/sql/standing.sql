-- Where everyone on the roster stands, and the rest of the school and grade.

CREATE OR REPLACE TEMP TABLE standing AS
WITH counted AS (
    SELECT p.student_id, p.school_id, p.grade, coalesce(c.this_year, false) AS has_days,
        coalesce(c.clock_0, 0) - coalesce(s.exempt, 0) AS enrolled_days, coalesce(s.absent, 0) AS absent,
        CASE WHEN p.entry_date <= y.last_day
            THEN y.days - greatest(y.counted_days, d.number - d.instructional::INT, 0)
            ELSE 0 END AS days_remaining,
        c.schools_this_year, c.schools_last_year, c.days_missed_before_entry
    FROM people p
    LEFT JOIN school_years y ON y.school_id = p.school_id AND y.school_year = getvariable('year')
    LEFT JOIN days d ON d.school_id = p.school_id AND d.date = p.entry_date
    LEFT JOIN clocks c ON c.student_id = p.student_id
    LEFT JOIN sums s ON s.student_id = p.student_id
), left_over AS (
    SELECT *, -- With 10%: the most k with (absent + k) / (enrolled + remaining) below it.
        greatest(least((enrolled_days + coalesce(days_remaining, 0) - absent * 10 - 1) // 10,
            coalesce(days_remaining, 0)), 0) AS absences_left
    FROM counted
)
SELECT * REPLACE (coalesce(days_remaining, 0) AS days_remaining),
    share(absent, enrolled_days) AS absence_rate
FROM left_over;

CREATE OR REPLACE TEMP TABLE roster_features AS
SELECT student_id, school_id,
    CASE grade WHEN 'PK' THEN -1 WHEN 'KG' THEN 0 ELSE CAST(grade AS INTEGER) END AS grade,
    days_remaining, absences_left,
    nullif(schools_this_year, 0) AS schools_this_year, nullif(schools_last_year, 0) AS schools_last_year,
    days_missed_before_entry,
    CAST(coalesce(schools_last_year, 0) > 0 AS INTEGER) AS enrolled_last_year,
    share(sum(absent) OVER school - absent, sum(enrolled_days) OVER school - enrolled_days)
        AS school_absence_rate,
    share(sum(absent) OVER class - absent, sum(enrolled_days) OVER class - enrolled_days)
        AS grade_absence_rate
FROM standing
WINDOW school AS (PARTITION BY school_id), class AS (PARTITION BY school_id, standing.grade);
